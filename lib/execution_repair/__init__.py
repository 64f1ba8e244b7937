"""Repairs records of executions that have ended."""
