"""Writes a load beside the published data, audits it, and switches readers to it at one instant."""
