"""Checks the rows of a load against its rules, quarantines those that fail, and keeps the results."""
