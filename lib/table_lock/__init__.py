"""Runs one load of a table at a time, the oldest first."""
