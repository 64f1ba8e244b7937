"""Parses COBOL copybooks and lays out the records that they describe, without Spark and without data."""
