"""The lake: job scripts for AWS Glue in `glue_scripts`, the same lake on a laptop in `local_lake`."""
