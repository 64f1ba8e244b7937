"""Matches incoming rows to the entities of a primary table: keys, blocking, scoring, clustering and survivorship."""
