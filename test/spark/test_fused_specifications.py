"""Any specification gives, its steps fused, what its entries give one after another, failed conversions included."""
from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from generated_specs import REPEATING, drawn_entry, specification
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from lake_etl import runtime
from lake_etl.config.transform_steps import parse_transforms
from lake_etl.syntax.records import Findings
from lake_etl.transform.apply import UNWATCHED, apply_steps
from lake_etl.transform.conversion_watch import ConversionWatch
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import TransformContext

EXAMPLES = 8
FEWEST_ENTRIES, MOST_ENTRIES = 5, 12
ROWS = [
    (1, '12.5', '2024-01-31', '{"a": "1", "b": "x"}', 3, Decimal('1.50'), date(2024, 2, 29), (1, 'a'), ['1', 'y']),
    (2, '(1,200)', 'never', '{"a": "2"}', None, Decimal('-2.25'), None, (2, None), []),
    (3, 'x', '3.1.24', 'no document', 3, None, date(2023, 12, 31), None, None),
    (4, ' ', None, '["u", "v"]', 5, Decimal('0.00'), date(2024, 3, 1), (None, 'b'), ['z']),
]
SCHEMA = ('id int, b string, `d e` string, doc string, n int, `x.y` decimal(10,2), day date, '
          's struct<P:int,Q:string>, list array<string>')


@pytest.fixture(scope='module')
def arguments(tmp_path_factory):
    """Job arguments with a table that holds one look-up."""
    table = f'sqlite://{tmp_path_factory.mktemp("fused")}/lake.db#value-lookup'
    runtime.items(table).put_all(table, [{'source_system': 'Gen', 'column_name': 'Code',
                                          'lookup_data': json.dumps({'3': 'three', 'x': '7', '7': 'seven'})}])
    return {'source_key': 'Gen/Policy', 'target_database_name': 'Gen', 'base_file_name': 'policies-2026.csv',
            'value_lookup_table': table}


@pytest.fixture(scope='module')
def rows(spark, spark_settings):
    """A few rows with columns of every kind, in one task; expressions are interpreted, since each is used but once."""
    with spark_settings({'spark.sql.codegen.wholeStage': 'false', 'spark.sql.codegen.factoryMode': 'NO_CODEGEN'}):
        yield spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


def steps_of(spec):
    findings = Findings('Gen-Policy.json')
    steps = parse_transforms(spec, all_transforms(), findings, refuse_unknown=True).steps
    assert findings.problems == []
    return steps


@given(data=st.data(), watched=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_any_specification_fused_is_its_entries_one_by_one(spark, rows, arguments, data, watched):
    context = TransformContext(arguments, None, spark.sparkContext)

    def watch():
        return ConversionWatch() if watched else UNWATCHED

    def begun(by):
        return by.begin(rows) if watched else rows

    def outcome(by, df):
        after = by.end(df) if watched else df
        found = sorted(map(repr, after.collect()))
        return after.schema, found, by.failures() if watched else ()

    one_by_one = watch()
    alone = begun(one_by_one)
    entries, repeated, latest = [], False, frozenset()
    for _ in range(data.draw(st.integers(FEWEST_ENTRIES, MOST_ENTRIES))):
        transform, entry = drawn_entry(data.draw, alone.schema, repeated, latest)
        entries.append((transform, entry))
        repeated = repeated or transform in REPEATING
        step, = steps_of(specification(entries[-1:], [True]))
        latest = frozenset(name.lower() for item in step.entries for name in (*item.reads(), *(item.writes() or ())))
        alone = apply_steps(alone, [step], all_transforms(), context, one_by_one)
    spec = specification(entries, data.draw(st.lists(st.booleans(), min_size=len(entries), max_size=len(entries))))
    note(json.dumps(spec))

    at_once = watch()
    fused = apply_steps(begun(at_once), steps_of(spec), all_transforms(), context, at_once)
    assert outcome(at_once, fused) == outcome(one_by_one, alone)
