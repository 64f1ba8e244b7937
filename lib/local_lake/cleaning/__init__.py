"""Decides which files of a lake on this machine can be removed, and removes them."""
