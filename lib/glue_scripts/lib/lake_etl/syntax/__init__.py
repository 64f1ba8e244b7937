"""Reads the texts that configuration is made of: records, JSON, SQL, patterns and types. Needs no Spark."""
