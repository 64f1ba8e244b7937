"""Decides which files of a lake on one machine may be removed, and removes them."""
