"""Holds the constructs that stacks share: buckets, functions, log groups, roles, tags."""
