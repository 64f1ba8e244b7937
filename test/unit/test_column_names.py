"""Column names are compared as people read them, and a clean name has no invisible characters."""
from __future__ import annotations

import pytest
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl.mapping.schema_mapping import ColumnRule, resolve
from lake_etl.syntax.clean_names import clean_name
from lake_etl.syntax.column_names import comparable_name


@pytest.mark.parametrize(('found', 'wanted'), [
    ('Policy No ', 'Policy No'), ('\u00a0 Gross Premium', 'gross premium'), (' Net\u200b', 'Net'),
    ('Agent\u00a0Name', 'Agent Name'), ('\ufeffpol', 'pol'), ('Gross\r\nPremium', 'Gross Premium'),
    ('Gross \n Premium', 'Gross\nPremium'), ('Pra\u0308mie', 'Prämie'), ('a\tb', 'a b'), ('a\u2028b', 'a b'),
])
def test_names_that_look_alike_are_one_name(found, wanted):
    assert comparable_name(found) == comparable_name(wanted)
    schema = StructType([StructField('other', StringType()), StructField(found, StringType())])
    assert resolve([ColumnRule(wanted, 'x')], schema).selected == ((f'`{found}`', 'x'),)


@pytest.mark.parametrize(('one', 'other'), [('a b', 'ab'), ('a_b', 'a b'), ('straße', 'strasse'), ('é', 'e')])
def test_names_that_look_different_are_two_names(one, other):
    assert comparable_name(one) != comparable_name(other)


def test_the_spelling_of_the_mapping_goes_before_names_that_look_alike():
    schema = StructType([StructField(name, StringType()) for name in (' a', 'A', 'a')])
    rules = [ColumnRule('a', 'x'), ColumnRule(' a', 'y'), ColumnRule('A', 'z')]
    assert [source for source, _ in resolve(rules, schema).selected] == ['`a`', '` a`', '`A`']


def test_clean_names_have_no_invisible_characters():
    assert [clean_name(name) for name in ('\ufeffNet\u200b', '\u00a0Agent\u00a0Name ', 'a\nb')] == [
        'net', 'agent_name', 'ab']
