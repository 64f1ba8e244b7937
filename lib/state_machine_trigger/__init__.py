"""Starts an execution for each file that lands in the Collect bucket."""
