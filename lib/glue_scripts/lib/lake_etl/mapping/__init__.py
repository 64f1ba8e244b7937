"""Decides which source column becomes which column of the table, and under which name."""
