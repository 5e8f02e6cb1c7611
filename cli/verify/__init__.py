"""Totals against a recomputation from the records, by SQL that the engine lacks."""
