"""What every other layer needs of Spark: the session, columns by name, observations, task order."""
