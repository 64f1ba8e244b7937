"""Stands in for AWS Glue's Python library where that is absent; holds only what the jobs use."""
