"""All jobs on the cluster, on S3A, with the metastore and Iceberg, give exactly what they give on a laptop."""
from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from pyiceberg.catalog import load_catalog
from scenario import ROWS, configuration, landed, lookups, starts

from ground import Ground, Run, rows_of
from lake_etl import runtime
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.landing.location import read_key
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.awsglue_path import ensure_glue_library
from lib.local_lake.running.job_arguments import job_arguments
from lib.local_lake.running.orchestration import run_script
from small_lake import LANDED, SmallLake

# What tells one run from another.
OF_A_RUN = {'job_id', 'job_id_operation_seq', 'uuid', 'time_of_operation', 'job_name', 'step_function_name', 'StartedOn',
            'CompletedOn', 'EvaluatedOn', 'time'}


@dataclass(frozen=True)
class Both:
    """The same loads on both grounds."""

    aws: Ground
    laptop: SmallLake

    def rows(self, database: str, table: str) -> tuple[list[Any], list[Any]]:
        """Return the rows of a table there and here."""
        here = rows_of(self.laptop.catalog, runtime.files(str(self.laptop.folders.root)), database, table)
        return self.aws.rows(database, table), here

    def items(self, name: str) -> tuple[Counter[str], Counter[str]]:
        """Return the items of a table there and here, without what tells one run from another."""
        there, here = self.aws.items(name), SqliteItems().scan(self.laptop.folders.items(name))
        return Counter(map(_compared, there)), Counter(map(_compared, here))


def _compared(item: Any) -> str:
    values = {name: value for name, value in item.items() if name not in OF_A_RUN}
    return json.dumps(values, default=str, sort_keys=True)


@pytest.fixture(scope='module')
def both(aws, spark, tmp_path_factory):
    laptop = SmallLake(tmp_path_factory.mktemp('laptop'))
    for name, content in configuration().items():
        laptop.configure(name, content)
        aws.configure(name, content)
    laptop.folders.root.mkdir()
    for table, items in lookups().items():
        SqliteItems().put_all(laptop.folders.items(table), items)
        aws.put_items(table, items)
    executions = {}
    for key, content in landed().items():
        executions[key] = laptop.land(key, content)
        aws.land(key, content)
    for start in starts():
        ensure_glue_library()
        run_script(start.job, job_arguments(start.job, laptop.folders, read_key(start.key, LANDED),
                                            executions[start.key]))
    ended = aws.run(*(Run(start.job, start.key, executions[start.key]) for start in starts()))
    assert dict(zip(map(str, starts()), ended, strict=True)) == dict.fromkeys(map(str, starts()), '')
    return Both(aws, laptop)


def test_every_table_has_the_same_rows_types_and_partitions(both):
    tables = {(table.database, table.name) for table in both.laptop.catalog.tables()}
    assert {(table.database, table.name) for table in both.aws.catalog.tables()} == tables
    assert len(tables) > 25
    for database, name in sorted(tables):
        there, here = both.rows(database, name)
        assert there == here, f'{database}.{name}'
        found, wanted = both.aws.catalog.table(database, name), both.laptop.catalog.table(database, name)
        assert found.columns == wanted.columns, f'{database}.{name}'
    there, _ = both.rows('gen', 'policy')
    assert len(there) > ROWS * 0.9


def test_audits_lineage_quality_results_tokens_and_failed_conversions_are_the_same(both):
    for name in ('dq-results', 'hash-values'):
        there, here = both.items(name)
        assert there == here, name
    assert sum(both.items('hash-values')[0].values()) == 800
