"""Transforms: their registry, how neighbours become one select, and the columns that they build."""
