"""Packages the library of the jobs and the Lambda functions, and finds Node.js for CDK."""
