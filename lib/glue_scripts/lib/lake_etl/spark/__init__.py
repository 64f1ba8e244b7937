"""What the other layers need of Spark: session, columns by name, materialized frames, task order."""
