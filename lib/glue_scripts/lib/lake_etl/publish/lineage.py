"""Records what each step of a job did to a data set, as items of the lineage table."""
from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.controls.run_records import WRITE_OPERATION
from lake_etl.publish.audit import Audit, take_audit
from lake_etl.publish.openlineage import RuleAssertion

# As many as DynamoDB takes in one request.
FULL_BATCH = 25
WITH_SCHEMA = ('read', WRITE_OPERATION, 'mapping', 'sparksql')
NULL_DESTINATION = 'null'
Record = tuple[str, Mapping[str, Any]]


class LineageObserver(Protocol):
    """Is told of each operation that a generator is told of."""

    def note(self, df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> None:
        """Take note of an operation."""

    def note_rules(self, results: Sequence[RuleAssertion]) -> None:
        """Take note of the outcomes of quality rules."""


class DataLineageGenerator:
    """Writes lineage records in the order of the operations; without `data_lineage_table` in the arguments it is off.

    uniid       identifies the records of this generator; a new UUID unless given
    batch_size  how many records wait until they are written together; call `flush` at the end when it is not 1

    The attribute `observer` is told of all operations, also if there is no table.
    """

    def __init__(self, args: Mapping[str, Any], uniid: str | None = None, *, batch_size: int = 1):
        self.args = args
        self.table = args.get('data_lineage_table')
        self.uniid = uniid or self.generateuuid()
        self.job_id = args.get('JOB_RUN_ID') or self.uniid
        # The number of the next record.
        self.count = 1
        self.observer: LineageObserver | None = None
        self._batch_size = batch_size
        self._waiting: list[dict[str, Any]] = []

    def generateuuid(self) -> str:
        """Return a new UUID."""
        return str(uuid.uuid4())

    def generatecounts(self, df: DataFrame) -> dict[str, int]:
        """Return the numbers of rows and columns; counting the rows is a Spark job."""
        return {'row': df.count(), 'column': len(df.columns)}

    def update_lineage(self, df: DataFrame | None, dataset: str, operation: str, **kwargs: Any) -> None:
        """Record one operation on a data set.

        `kwargs` describe it. `transform` is a specification, with one record for each entry of a list; `map` has the
        rows of a mapping, with one record for each. For `numericaudit` pass `audit` when it is known already; otherwise
        it is computed from the frame in one Spark job.
        """
        if self.observer is not None:
            self.observer.note(df, operation, kwargs)
        if not self.table:
            return
        for name, information in _records(df, operation, kwargs):
            self.insert_table(dataset, name, information)

    def insert_table(self, dataset: str, operation: str, transform_spec: Any) -> None:
        """Write one record; `transform_spec` becomes its `info`, as JSON."""
        if not self.table:
            return
        self._waiting.append({
            'step_function_execution_id': self.args.get('execution_id') or self.uniid,
            'job_id_operation_seq': f'{self.job_id}-{self.count}',
            'operation_seq': self.count,
            'job_id': self.job_id,
            'job_name': self.args.get('JOB_NAME', ''),
            'dataset': dataset,
            'uuid': self.uniid,
            'time_of_operation': f'{datetime.now(UTC):%Y-%m-%d %H:%M:%S}',
            'dataset_operation': operation,
            'step_function_name': self.args.get('state_machine_name', ''),
            'info': json.dumps(transform_spec, default=str, ensure_ascii=False),
        })
        self.count += 1
        if len(self._waiting) >= self._batch_size:
            self.flush()

    def flush(self) -> None:
        """Write the records that wait; does nothing when there are none."""
        if self.table and self._waiting:
            waiting, self._waiting = self._waiting, []
            runtime.items(self.table).put_all(self.table, waiting)


def _records(df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records of an operation."""
    if operation == 'numericaudit':
        yield operation, _audit_information(df, details.get('audit'))
    elif operation == 'mapping' and 'map' in details:
        yield from map(_mapping_record, details['map'])
    elif 'transform' in details and len(details) == 1:
        yield from ((operation, {operation: entry}) for entry in _entries(details['transform']))
    else:
        yield operation, _information(df, operation, details)


def _mapping_record(row: Mapping[str, Any]) -> Record:
    if str(row.get('destname') or NULL_DESTINATION).lower() == NULL_DESTINATION:
        return 'dropped', {'dropped': row['sourcename']}
    return 'fuzzymapping' if row.get('threshold') else 'mapping', dict(row)


def _entries(specification: Any) -> Iterable[Any]:
    return specification if isinstance(specification, (list, tuple)) else [specification]


def _information(df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> dict[str, Any]:
    information = dict(details)
    if df is not None and operation in WITH_SCHEMA:
        information['schema'] = [{'name': field.name, 'type': field.dataType.simpleString()} for field in df.schema]
    return information


def _audit_information(df: DataFrame | None, audit: object) -> dict[str, Any]:
    if not isinstance(audit, Audit) and df is not None:
        audit = take_audit(df)
    if not isinstance(audit, Audit):
        return {}
    totals = {name: str(total) if isinstance(total, float) and not math.isfinite(total) else total
              for name, total in audit.totals.items()}  # JSON has no numbers for infinity and for no number.
    return {'rows': audit.rows, 'columns': audit.columns, 'totals': totals,
            'dataset_counts': {'row': audit.rows, 'column': audit.columns},
            'field_total': {name: str(total) for name, total in totals.items()}}
