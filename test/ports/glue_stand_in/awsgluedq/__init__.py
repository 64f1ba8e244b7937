"""Stands in for AWS Glue Data Quality, to see what it is asked and how its answers are read."""
