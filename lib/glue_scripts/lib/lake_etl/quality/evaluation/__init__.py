"""Evaluates data quality rules in Spark, on the pass that writes the rows."""
