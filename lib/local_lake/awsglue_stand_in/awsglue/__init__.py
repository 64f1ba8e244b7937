"""Stands in for the Python library of AWS Glue, with only what the jobs use."""
