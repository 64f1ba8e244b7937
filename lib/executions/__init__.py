"""What the Lambda functions share: the record of an execution, its start, and what it waits for."""
