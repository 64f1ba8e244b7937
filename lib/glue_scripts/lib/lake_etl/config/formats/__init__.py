"""Describes the input formats, each in its own file, without Spark."""
