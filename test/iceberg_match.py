"""Merges rows into the two tables of an entity match with PyIceberg alone, as the job does with Spark."""
from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
from pyiceberg.catalog import Catalog

from lake_etl.ports import Cause
from lake_etl.publish.match_history import MATCH, merge_properties
from lake_etl.publish.protected_state import ProtectedColumns

DATABASE, PRIMARY, REFERENCE = 'gen_consume', 'people', 'people_xref'


def merge(catalog: Catalog, folder: str, run: str, *numbers: int, protection: ProtectedColumns | None = None,
          only_reference: bool = False) -> None:
    """Add an entity with a key for each number, the cross-reference first; an empty run leaves no name behind."""
    catalog.create_namespace_if_not_exists(DATABASE)
    amounts = pa.array([Decimal(number) / 4 for number in numbers], pa.decimal128(16, 2))
    ids = pa.array([f'id-{number}' for number in numbers])
    keys = pa.table({'match_key': pa.array([f'key-{number}' for number in numbers]), 'globalid': ids})
    people = pa.table({'globalid': ids, 'amount': amounts})
    for name, rows, key in ((REFERENCE, keys, 'match_key'), (PRIMARY, people, 'globalid')):
        if only_reference and name == PRIMARY:
            return
        table = catalog.create_table_if_not_exists((DATABASE, name), rows.schema, f'{folder}/{DATABASE}/{name}',
                                                   properties={'format-version': '2'})
        now = table.current_snapshot()
        before = dict(now.summary.additional_properties) if now else None
        properties = merge_properties(Cause(MATCH, run, f'Gen/A01/{run}.csv'), key, before, protection) if run else {}
        table.append(rows, snapshot_properties=properties)


def numbers_in(catalog: Catalog) -> tuple[list[int], list[int]]:
    """Return what readers see now in the primary table and in the cross-reference, by numbers."""
    found = []
    for name, key in ((PRIMARY, 'globalid'), (REFERENCE, 'match_key')):
        rows = catalog.load_table((DATABASE, name)).scan().to_arrow()
        found.append(sorted(int(text.rpartition('-')[2]) for text in rows[key].to_pylist()))
    return found[0], found[1]
