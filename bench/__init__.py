"""Measures the lake as ratios to a floor of the same run."""
