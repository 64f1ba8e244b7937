"""Records how an execution ended."""
