"""The steps of the three jobs, and the life of a job run."""
