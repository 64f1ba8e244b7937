"""Reads the configuration of a workflow into typed values, and checks all of it before data is read, without Spark."""
