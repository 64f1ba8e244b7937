"""Collects what a job run reads and writes, and sends it as OpenLineage events; no failure of that ends a load."""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from pyspark.sql import DataFrame

from lake_etl import runtime
from lake_etl.arguments import LoadArguments
from lake_etl.column_lineage.cleanse_lineage import source_name
from lake_etl.column_lineage.lineage_graph import TableLineage
from lake_etl.config.configuration_files import file_names
from lake_etl.config.written_tables import CONSUME
from lake_etl.controls.run_records import WRITE_OPERATION
from lake_etl.ports import LineageEvents
from lake_etl.publish.openlineage import (
    DatasetName, EventDataset, EventKind, RuleAssertion, RunIdentity, code_address, file_dataset, run_event)
from lake_etl.reasons.failure import reason_of
from lake_etl.syntax.sql_syntax import tables_read

LOG = logging.getLogger(__name__)
Fields = tuple[tuple[str, str], ...]


class RunEvents:
    """The events of one run.

    transport  where they go, see `runtime.lineage_events`; if it is empty, nothing is collected and nothing is sent
    """

    def __init__(self, args: Mapping[str, Any], load: LoadArguments):
        self.transport = str(args.get('openlineage_transport') or '')
        self._args = args
        self._load = load
        self._run = _identity(args, load)
        self._inputs: dict[str, Fields] = {}
        self._outputs: dict[str, tuple[Fields, int]] = {}
        self._source: DatasetName | None = None
        self._lineage: dict[str, TableLineage] = {}
        self._assertions: list[RuleAssertion] = []
        self._query = ''
        self._failures: list[str] = []
        self._attempts = 0

    @contextmanager
    def told(self) -> Iterator[None]:
        """Send START now, and COMPLETE or FAIL at the end; log a warning with numbers if an event was not sent."""
        self._send('START')
        try:
            yield
        except BaseException as error:
            self._send('FAIL', reason_of(error))
            raise
        else:
            self._send('COMPLETE')
        finally:
            if self._failures:
                LOG.warning('%d of %d OpenLineage events of this run were not sent; the load is not affected. %s',
                            len(self._failures), self._attempts, self._failures[0])

    def trace(self, lineage: Callable[[], Mapping[str, TableLineage]]) -> None:
        """Remember the lineage of columns, by table, that the configuration tells."""
        self._collect('the lineage of columns', lambda: self._lineage.update(lineage()))

    def note(self, df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> None:
        """Remember an operation of the lineage: what is read, queried or written."""
        self._collect(f"the operation '{operation}'", lambda: self._note(df, operation, details))

    def note_rules(self, results: Sequence[RuleAssertion]) -> None:
        """Remember the outcomes of quality rules."""
        self._assertions += results

    def _collect(self, what: str, step: Callable[[], None]) -> None:
        if not self.transport:
            return
        try:
            step()
        except Exception as error:
            LOG.warning('OpenLineage events of this run lack %s. %s', what, reason_of(error))

    def _note(self, df: DataFrame | None, operation: str, details: Mapping[str, Any]) -> None:
        if operation == 'read' and df is not None:
            table = str(details.get('table', ''))
            if not table:
                bucket = runtime.bucket_address(str(self._args.get('source_bucket', '')))
                self._source = file_dataset(f'{bucket}/{details["file"]}')
            # A file with several record types, or sheets, is read once for each table.
            fields = dict(self._inputs.get(table or self._source_table, ())) if not table else {}
            fields |= dict(_catalog_names(df) if table else _fields(df))
            self._inputs[table or self._source_table] = tuple(fields.items())
        elif operation == 'sparksql':
            self._query = str(details.get('query', ''))
            for names in tables_read(self._query, 'spark'):
                table = '.'.join(names).lower()
                self._inputs.setdefault(table, self._catalog_fields(table))
        elif operation == WRITE_OPERATION and df is not None:
            self._outputs[str(details['table'])] = (_catalog_names(df), int(details['rows']))

    @property
    def _source_table(self) -> str:
        """Return the name of the source files in the lineage of columns."""
        return source_name(self._load.database, self._load.table)

    @staticmethod
    def _catalog_fields(name: str) -> Fields:
        table = runtime.catalog().table(*name.rpartition('.')[::2])
        columns = (*table.columns, *table.partition_keys) if table else ()
        return tuple((column.name, column.type) for column in columns)

    @cached_property
    def _catalog_namespace(self) -> str:
        return runtime.catalog_namespace()

    def _dataset_name(self, table: str) -> DatasetName:
        """Return namespace and name of a table: in the AWS Glue Data Catalog, or of its folder on this machine."""
        if table == self._source_table and self._source:
            return self._source
        database, _, name = table.rpartition('.')
        if self._catalog_namespace:
            return self._catalog_namespace, f'table/{database}/{name}'
        found = runtime.catalog().table(database, name)
        return file_dataset(found.location if found else f'{self._load.target_folder}/{database}/{name}')

    @cached_property
    def _service(self) -> LineageEvents:
        return runtime.lineage_events(self.transport)

    def _send(self, kind: EventKind, error: str = '') -> None:
        if not self.transport:
            return
        self._attempts += 1
        try:
            self._service.send(self._event(kind, error))
        except Exception as failure:
            self._failures.append(reason_of(failure))

    def _event(self, kind: EventKind, error: str) -> dict[str, Any]:
        names = {table: self._dataset_name(table) for table in (*self._inputs, *self._outputs)}
        inputs = [EventDataset(name=names[table], fields=fields) for table, fields in self._inputs.items()]
        # Rules of a run that published nothing are told of what it read.
        assertions = tuple(self._assertions)
        if not self._outputs and inputs:
            inputs[0] = EventDataset(name=inputs[0].name, fields=inputs[0].fields, assertions=assertions)
        outputs = [EventDataset(name=names[table], fields=fields, rows=rows, lineage=self._lineage.get(table),
                                assertions=assertions) for table, (fields, rows) in self._outputs.items()]
        return run_event(kind, self._run, inputs, outputs, names, query=self._query, error=error)


def _identity(args: Mapping[str, Any], load: LoadArguments) -> RunIdentity:
    job = str(args['JOB_NAME'])
    names = file_names(load.database.removesuffix(CONSUME), load.table)
    file = names.spark_sql if args.get('txn_sql_prefix_path') else names.spec
    prefix = str(args.get('txn_sql_prefix_path') or args.get('txn_spec_prefix_path') or '')
    parts = (load.scripts_folder, prefix.strip('/').rpartition('/')[0], file)
    return RunIdentity(
        execution_id=load.execution_id, namespace=str(args.get('state_machine_name') or 'insurancelake'),
        job=f'{job}.{load.source_key.replace("/", ".")}', workflow=load.source_key,
        code=code_address('/'.join(part for part in parts if part)))


def _catalog_names(df: DataFrame) -> Fields:
    """Return the fields of a table, by the lower-case names that the catalog has."""
    return tuple((name.lower(), kind) for name, kind in _fields(df))


def _fields(df: DataFrame) -> Fields:
    return tuple((field.name, field.dataType.simpleString()) for field in df.schema.fields)
