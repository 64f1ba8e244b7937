"""The data quality definition language: its parser and its values. Needs no Spark."""
