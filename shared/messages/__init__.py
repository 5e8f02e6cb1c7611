"""The facts on the wire and the catalogue of topics."""
