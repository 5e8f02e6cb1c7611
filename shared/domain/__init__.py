"""Words that two services use; no input or output."""
