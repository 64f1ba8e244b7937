"""The job scripts that AWS Glue and the laptop run, and the configuration of the sample workflows."""
