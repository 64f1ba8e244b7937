"""Transforms: their registry, how consecutive ones are fused into one select, and the columns that they build."""
