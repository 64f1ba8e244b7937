"""Models the configuration of a deployment."""
