"""Compares two versions of the configuration, and reloads what a change affects."""
