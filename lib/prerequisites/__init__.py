"""What an administrator does once for each account, before the first deployment."""
