"""A mapping gives the frame its columns, and lineage and log record the result for each source column."""
from __future__ import annotations

import json
import logging

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import DataError
from lake_etl.mapping.schema_mapping import ColumnRule, apply_mapping
from lake_etl.publish.lineage import DataLineageGenerator

QUERY = """
SELECT 'P1' AS PolicyNumber, 'new' AS NewOrRenewal, 12.5D AS `Loss.Paid`, 7 AS `a``b`, 'x' AS Unused,
    named_struct('Name', 'Jane', 'Address', named_struct('City', 'Oslo', 'Post Code', '0150')) AS Insured,
    array(named_struct('no', 1, 'paid', 2.5D), named_struct('no', 2, 'paid', 3.5D)) AS Claims
"""


@pytest.fixture(scope='module')
def policies(spark):
    """One policy with a column of every kind."""
    return spark.sql(QUERY)


@pytest.mark.parametrize(('rules', 'expected'), [
    ([ColumnRule('Loss.Paid', 'loss_paid'), ColumnRule('policynumber', 'policy'), ColumnRule('a`b', 'ab')],
     {'loss_paid': 12.5, 'policy': 'P1', 'ab': 7}),
    ([ColumnRule('`Insured`.`Address`.`Post Code`', 'post code'), ColumnRule('`Insured`.`Name`', 'a.b'),
      ColumnRule('`Claims`.`paid`', 'paid'), ColumnRule('`insured`.`address`', 'address')],
     {'post code': '0150', 'a.b': 'Jane', 'paid': [2.5, 3.5], 'address': ('Oslo', '0150')}),
    ([ColumnRule('PolicyNumber', 'one'), ColumnRule('PolicyNumber', 'two'), ColumnRule('Unused', None),
      ColumnRule('nobody', 'nobody')],
     {'one': 'P1', 'two': 'P1'}),
    ([ColumnRule('NewRenewal', 'new', 80, 'ratio'), ColumnRule('Insured City', 'city', 100, 'token_set_ratio'),
      ColumnRule('Insured', 'insured')], {'new': 'new', 'insured': ('Jane', ('Oslo', '0150')), 'city': 'Oslo'}),
])
def test_columns_come_in_the_order_of_the_rules_under_their_new_names(policies, rules, expected):
    mapped = apply_mapping(policies, rules, 'Gen/Policy', None)
    wanted = [rule.destination for rule in rules if rule.destination in expected]
    assert mapped.columns == wanted
    assert [mapped.first()[name] for name in wanted] == [expected[name] for name in wanted]


@pytest.mark.parametrize(('rules', 'strict', 'message'), [
    ([ColumnRule('PolicyNumber', 'a'), ColumnRule('nobody', 'b'), ColumnRule('gone', None)], True,
     'source of Gen/Policy lacks mapped columns: nobody, gone. It has: PolicyNumber, .*Nothing was replaced'),
    ([ColumnRule('PolicyNumber', 'a'), ColumnRule('zzzz', 'b', 90, 'ratio'), ColumnRule('gone', None)], True,
     'lacks mapped columns: gone. '),
    ([ColumnRule('PolicyNumber', 'a'), ColumnRule('`Insured`.`Nobody`', 'b')], True,
     'lacks mapped columns: `Insured`.`Nobody`'),
    ([ColumnRule('nobody', 'a'), ColumnRule('Unused', None)], False,
     'No column of Gen/Policy matches its schema mapping'),
    ([ColumnRule('PolicyNumber', 'a'), ColumnRule('Unused', 'A')], False, 'more than one row for a'),
])
def test_a_mapping_that_cannot_be_followed_is_refused(policies, rules, strict, message):
    with pytest.raises(DataError, match=message):
        apply_mapping(policies, rules, 'Gen/Policy', None, strict)


def test_a_column_that_is_only_looked_for_by_likeness_need_not_be_there(policies):
    rules = [ColumnRule('PolicyNumber', 'a'), ColumnRule('zzzz', 'b', 90, 'ratio')]
    assert apply_mapping(policies, rules, 'Gen/Policy', None, strict=True).columns == ['a']


RULES = [ColumnRule('PolicyNumber', 'policy'), ColumnRule('NewRenewal', 'new', 80, 'ratio'), ColumnRule('gone', 'gone'),
         ColumnRule('Unused', None)]


def test_lineage_tells_the_mapping_the_likenesses_and_what_was_dropped(policies, tmp_path):
    table = f'sqlite://{tmp_path}/lake.db#data-lineage'
    lineage = DataLineageGenerator({'execution_id': 'e1', 'data_lineage_table': table})
    apply_mapping(policies, RULES, 'Gen/Policy', lineage)
    records = [(item['dataset_operation'], json.loads(item['info'])) for item in SqliteItems().query(table, 'e1')]
    assert [info for operation, info in records if operation == 'mapping'] == [
        {'sourcename': 'PolicyNumber', 'destname': 'policy'}, {'sourcename': 'gone', 'destname': 'gone'}]
    [match] = [info for operation, info in records if operation == 'fuzzymapping']
    assert 80 <= match.pop('score') < 100
    assert match == {'sourcename': 'NewRenewal', 'destname': 'new', 'threshold': 80, 'scorer': 'ratio',
                     'match': 'NewOrRenewal'}
    assert sorted(info['dropped'] for operation, info in records if operation == 'dropped') == [
        'Claims', 'Insured', 'Loss.Paid', 'Unused', 'a`b']


def test_the_log_tells_scores_missing_and_dropped_columns(policies, caplog, spark_jobs):
    caplog.set_level(logging.INFO)
    with spark_jobs() as jobs:
        apply_mapping(policies, RULES, 'Gen/Policy', None)
        assert jobs() == 0
    assert caplog.messages == [
        "Mapped column 'NewOrRenewal' to 'NewRenewal' by similarity, score 90.9.",
        '1 mapped columns are not in the source: gone.',
        'Dropped 5 source columns that are not in the mapping: Loss.Paid, a`b, Unused, Insured, Claims.']
