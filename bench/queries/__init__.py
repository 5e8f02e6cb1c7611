"""Whether a record is slower when many goals have queries."""
