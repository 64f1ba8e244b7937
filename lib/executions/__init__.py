"""Holds what the Lambda functions share: records of executions, their start, and notifications."""
