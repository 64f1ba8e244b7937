"""The whole lake on a laptop: command line, session, orchestration and reports."""
