"""The configuration of a deployment: its model and parts."""
