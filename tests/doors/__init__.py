"""The doors: tokens of all kinds, and how often one may knock."""
