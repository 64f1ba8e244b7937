"""Column lineage: where each column comes from, computed from configuration without Spark and without data."""
