"""Runs the jobs of a lake on one machine."""
