"""Translates queries in the dialect of Athena into queries for DuckDB that give the same answers."""
