"""Records what each step of a job did to a data set, as items of the lineage table."""
from __future__ import annotations

import atexit
import json
import logging
import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.publish.audit import Audit, take_audit

LOG = logging.getLogger(__name__)
BATCH = 25


class DataLineageGenerator:
    """Writes lineage records in the order of the operations; without `data_lineage_table` in the arguments it is off.

    Records are written in batches: when 25 have gathered, at `flush`, and at the end of the process.
    """

    def __init__(self, args: Mapping[str, Any], uniid: str | None = None):
        self.args = args
        self.table = args.get('data_lineage_table')
        self.unique_id = uniid or str(uuid.uuid4())
        self.job_id = args.get('JOB_RUN_ID') or self.unique_id
        self.sequence = 0
        self._waiting: list[dict[str, Any]] = []
        if self.table:
            atexit.register(self.flush)

    def update_lineage(self, df: DataFrame | None, dataset: str, operation: str, **kwargs: Any) -> None:
        """Record one operation on a data set.

        `kwargs` describe it: `transform` (the specification), `mapping`, `query`, … For `numericaudit` pass `audit`
        when it is known already; otherwise it is computed from the frame in one Spark job.
        """
        if not self.table:
            return
        self.sequence += 1
        self._waiting.append({
            'step_function_execution_id': self.args.get('execution_id') or self.unique_id,
            'job_id_operation_seq': f'{self.job_id}-{self.sequence:04d}',
            'operation_seq': self.sequence,
            'job_id': self.job_id,
            'job_name': self.args.get('JOB_NAME', ''),
            'dataset': dataset,
            'uuid': self.unique_id,
            'time_of_operation': datetime.now(UTC).isoformat(timespec='milliseconds'),
            'dataset_operation': operation,
            'step_function_name': self.args.get('state_machine_name', ''),
            'info': json.dumps(_information(df, operation, kwargs), default=str, ensure_ascii=False),
        })
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the records that wait; does nothing when there are none."""
        if self.table and self._waiting:
            waiting, self._waiting = self._waiting, []
            runtime.items(self.table).put_all(self.table, waiting)


def _information(df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> dict[str, Any]:
    if operation == 'numericaudit':
        audit = details.get('audit')
        if not isinstance(audit, Audit) and df is not None:
            audit = take_audit(df)
        return _audit_information(audit) if isinstance(audit, Audit) else {}
    information = dict(details)
    if df is not None and operation in ('read', 'write', 'mapping', 'sparksql'):
        information['schema'] = [{'name': field.name, 'type': field.dataType.simpleString()} for field in df.schema]
    return information


def _audit_information(audit: Audit) -> dict[str, Any]:
    totals = {name: str(total) if isinstance(total, float) and not math.isfinite(total) else total
              for name, total in audit.totals.items()}  # JSON has no numbers for infinity and for no number.
    return {'rows': audit.rows, 'columns': audit.columns, 'totals': totals}
