"""Invented insurance data of any size, the same bytes every time for the same data set, rows and seed."""
from __future__ import annotations

from .catalog import DATA_SETS, DataSet, write_all, write_sample

__all__ = ['DATA_SETS', 'DataSet', 'write_all', 'write_sample']
