"""Stages a load without touching published data, audits it, and then switches readers to it in the catalog."""
