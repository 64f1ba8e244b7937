"""Parts that the stacks share: buckets, functions, log groups, roles, tags."""
