"""Implementations of the ports on one machine."""
