"""Runs the whole lake on a laptop: command line, Spark session, orchestration and reports."""
