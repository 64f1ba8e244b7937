"""Matches incoming rows to the entities of a primary table: keys, blocks, scores, clusters, and the merge."""
