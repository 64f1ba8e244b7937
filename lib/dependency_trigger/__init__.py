"""Starts executions that waited for the success of another workflow."""
