"""What may be defined and what may not; no input or output."""
