"""Stages a load without touching published data, audits it, and switches readers to it at one instant."""
