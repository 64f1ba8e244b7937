"""Describes the input formats without Spark, each in its own file."""
