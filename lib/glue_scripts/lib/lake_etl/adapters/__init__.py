"""Implementations of the ports, on AWS and on one machine."""
