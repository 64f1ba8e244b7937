"""Keeps loads of one table apart, and lets the oldest go first."""
