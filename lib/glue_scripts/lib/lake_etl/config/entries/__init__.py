"""What the entries of each transform may say."""
