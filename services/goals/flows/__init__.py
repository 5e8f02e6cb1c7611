"""What a write does, step by step: read, decide, store, announce."""
