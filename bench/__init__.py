"""Benchmarks: ratios measured in one run against a floor; nothing here is a test."""
