"""Lineage records, under the name that jobs and users' own code import."""
from __future__ import annotations

from lake_etl.publish.lineage import DataLineageGenerator

__all__ = ['DataLineageGenerator']
