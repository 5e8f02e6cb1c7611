"""Fuzzing: whatever is sent to an API, it answers as its document says."""
