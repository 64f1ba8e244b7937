"""Which changes of a table's columns each setting lets through, and which columns the table has afterwards."""
from __future__ import annotations

import re

import pytest

from lake_etl.errors import SchemaChangeError
from lake_etl.ports import Column, Table
from lake_etl.publish.schema_evolution import (
    change_is_allowed, differences, evolved_columns, require_allowed_change, widens)


def columns(text: str) -> tuple[Column, ...]:
    """Return the columns of `name type; name type`."""
    return tuple(Column(*item.split(' ', 1)) for item in text.split('; ')) if text else ()


PUBLISHED = 'policynumber string; premium decimal(16,2); term int'
ALL = {'permissive', 'evolve', 'reorder', 'strict'}


@pytest.mark.parametrize(('after', 'allowed_by'), [
    (PUBLISHED, ALL),
    ('PolicyNumber STRING; PREMIUM Decimal(16,2); term INT', ALL),
    ('term int; policynumber string; premium decimal(16,2)', {'permissive', 'evolve', 'reorder'}),
    (f'{PUBLISHED}; state string', {'permissive', 'evolve'}),
    (f'state string; {PUBLISHED}', {'permissive', 'evolve'}),
    ('policynumber string; premium decimal(16,2); term bigint', {'permissive', 'evolve'}),
    ('policynumber string; premium decimal(18,4); term int', {'permissive', 'evolve'}),
    ('policynumber string; premium decimal(16,4); term int', {'permissive'}),
    ('policynumber string; premium decimal(16,2); term string', {'permissive'}),
    ('policynumber string; premium decimal(16,2)', {'permissive'}),
    ('policynumber string; premium decimal(16,2); months int', {'permissive'}),
    (f'{PUBLISHED}; Term int', {'permissive'}),
    ('policynumber string; premium string; term decimal(16,2)', {'permissive'}),
    ('premium string; policynumber decimal(16,2); term int', {'permissive'}),
    ('', {'permissive'}),
])
def test_a_change_is_allowed_by_these_settings_only(after, allowed_by):
    assert {name for name in ALL if change_is_allowed(columns(PUBLISHED), columns(after), name)} == allowed_by


def test_an_unknown_setting_is_refused_even_when_nothing_changes():
    with pytest.raises(SchemaChangeError, match="'lenient', expected one of permissive, evolve, reorder, strict"):
        change_is_allowed(columns(PUBLISHED), columns(PUBLISHED), 'lenient')


WIDENINGS = {
    'string': ('byte', 'tinyint', 'smallint', 'int', 'bigint'),
    'byte': ('tinyint', 'smallint', 'int', 'bigint'),
    'tinyint': ('smallint', 'int', 'bigint'),
    'smallint': ('int', 'bigint'),
    'int': ('bigint',),
    'bigint': (),
    'float': ('double',),
    'double': (),
    'date': ('timestamp',),
    'timestamp': (),
    'boolean': (),
}


@pytest.mark.parametrize('before', WIDENINGS)
def test_a_type_widens_to_exactly_the_types_of_the_contract(before):
    assert {after for after in WIDENINGS if widens(before.upper(), after)} == set(WIDENINGS[before])


@pytest.mark.parametrize(('before', 'after', 'expected'), [
    ('decimal(10,2)', 'decimal(12,2)', True),
    ('decimal(10,2)', 'decimal(14,6)', True),
    ('decimal(10,2)', 'decimal(13,6)', False),
    ('decimal(10,2)', 'decimal(10,6)', False),
    ('decimal(10,2)', 'decimal(12,1)', False),
    ('decimal(10,2)', 'decimal(9,2)', False),
    ('decimal(10,2)', 'double', False),
    ('int', 'decimal(10,0)', False),
    ('struct<a:int>', 'struct<a:bigint>', False),
    ('decimal(10,2)', 'decimal', False),
])
def test_a_decimal_widens_only_when_every_digit_still_fits(before, after, expected):
    assert widens(before, after) is expected


BEFORE = (Column('a', 'int', 'number of policies'), Column('b', 'string'), Column('c', 'date', 'start'))


@pytest.mark.parametrize(('setting', 'keep_missing', 'new', 'expected'), [
    ('strict', False, 'a int; b string; c date', BEFORE),
    ('reorder', False, 'c date; a int; b string', BEFORE),
    ('evolve', False, 'd string; c timestamp; B string; a bigint',
     (Column('a', 'bigint', 'number of policies'), Column('B', 'string'), Column('c', 'timestamp', 'start'),
      Column('d', 'string'))),
    ('permissive', False, 'c string; d int', (Column('c', 'string', 'start'), Column('d', 'int'))),
    ('permissive', True, 'c string; d int',
     (Column('c', 'string', 'start'), Column('d', 'int'), BEFORE[0], BEFORE[1])),
    ('permissive', True, 'c date; b string; a int', (BEFORE[2], BEFORE[1], BEFORE[0])),
])
def test_columns_keep_their_place_and_comment(setting, keep_missing, new, expected):
    assert evolved_columns(BEFORE, columns(new), setting, keep_missing) == expected


def test_a_new_comment_wins_over_the_old_one():
    assert evolved_columns(BEFORE[:1], (Column('a', 'int', 'new'),), 'strict') == (Column('a', 'int', 'new'),)


@pytest.mark.parametrize(('after', 'expected'), [
    ('term int; policynumber string; premium decimal(16,2)', 'The order differs'),
    ('policynumber string; state string; term bigint; Term int',
     'missing: premium; new: state; duplicated: term'),
    ('policynumber string; premium double; term bigint',
     'premium: decimal(16,2) became double; term: int became bigint'),
])
def test_differences_are_told_in_words(after, expected):
    assert differences(columns(PUBLISHED), columns(after)) == expected


def table_of(text: str, keys: str = 'year string; month string') -> Table:
    return Table('gen', 'policy', columns(text), columns(keys), '/lake/gen/policy')


def test_a_refusal_prints_both_schemas_and_the_differing_columns():
    with pytest.raises(SchemaChangeError) as refused:
        require_allowed_change(table_of(PUBLISHED), columns('policynumber string; premium double; state string'),
                               columns('year string; month string'), 'evolve')
    text = str(refused.value)
    for part in ("table gen.policy and allow_schema_change is 'evolve'", 'missing: term; new: state',
                 'premium: decimal(16,2) became double', 'Nothing was replaced',
                 'published: policynumber string, premium decimal(16,2), term int',
                 'this load: policynumber string, premium double, state string'):
        assert part in text


@pytest.mark.parametrize('keys', ['year string', 'month string; year string', 'year int; month string', ''])
def test_partition_keys_never_change_under_any_setting(keys):
    with pytest.raises(SchemaChangeError, match=re.escape('is partitioned by year string, month string, the load by')):
        require_allowed_change(table_of(PUBLISHED), columns(PUBLISHED), columns(keys), 'permissive')


@pytest.mark.parametrize('table', [None, table_of(PUBLISHED)])
def test_a_first_load_and_an_equal_one_pass_the_strictest_setting(table):
    require_allowed_change(table, columns(PUBLISHED), columns('YEAR string; month STRING'), 'strict')
