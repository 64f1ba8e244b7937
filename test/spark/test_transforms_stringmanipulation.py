"""Text transforms take text apart, replace in it, combine columns as Python formats them, and set values."""
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from datatransform_stringmanipulation import (
    transform_columnfromcolumn, transform_columnreplace, transform_combinecolumns, transform_filename,
    transform_literal)
from lake_etl.errors import ConfigurationError, DataError, LakeError
from lake_etl.syntax.java_regex import regex_problems

ARGS = {'source_key': 'Gen/Policy', 'base_file_name': 'EXT-2024-01.csv'}


def column_of(frame, name):
    """Return the values of one column in the order of `row`."""
    return [row[0] for row in frame.orderBy('row').select(f'`{name}`').collect()]


@pytest.mark.parametrize('pattern, expected', [
    (r'^([A-Z]+)-', ['POL', '', None]),
    (r'-(\d+)$', ['123', '', None]),
    (r'(\p{Ll}+)|POL', ['', 'abc', None]),
])
def test_columnfromcolumn_takes_the_first_group_or_empty_text(spark, pattern, expected):
    frame = spark.createDataFrame([(0, 'POL-123'), (1, 'abc'), (2, None)], 'row int, `Policy.No` string')
    after = transform_columnfromcolumn(frame, {'field': 'part', 'source': 'Policy.No', 'pattern': pattern}, ARGS, None)
    assert column_of(after, 'part') == expected
    assert after.columns == ['row', 'Policy.No', 'part']


def test_columnfromcolumn_reads_the_text_of_a_number(spark):
    frame = spark.createDataFrame([(0, 20240131)], 'row int, number int')
    after = transform_columnfromcolumn(frame, {'field': 'number', 'pattern': '^(....)'}, ARGS, None)
    assert column_of(after, 'number') == ['2024']


@pytest.mark.parametrize('pattern, replacement, expected', [
    ('[ -]', '', ['AB12', None]), ('(.)-(.)', '$2-$1', ['A 1-B2', None]),
    ("'|B", r'\$', ['A $-12', None]),
])
def test_columnreplace_replaces_every_match(spark, pattern, replacement, expected):
    frame = spark.createDataFrame([(0, 'A B-12'), (1, None)], 'row int, text string')
    spec = [{'field': 'text', 'pattern': pattern, 'replacement': replacement}]
    assert column_of(transform_columnreplace(frame, spec, ARGS, None), 'text') == expected


def test_specs_of_one_transform_see_what_earlier_ones_wrote(spark):
    frame = spark.createDataFrame([(0, 'abc')], 'row int, text string')
    spec = [{'field': 'text', 'pattern': 'a', 'replacement': 'b'},
            {'field': 'text', 'pattern': 'b', 'replacement': 'c'},
            {'field': 'copy', 'source': 'text', 'pattern': 'c', 'replacement': 'd'}]
    after = transform_columnreplace(frame, spec, ARGS, None)
    assert (column_of(after, 'text'), column_of(after, 'copy')) == (['ccc'], ['ddd'])


@pytest.mark.parametrize('pattern', [
    '', 'a{', '{a', 'a{2', 'a{2}', 'a{,2}', 'a{2,1}', 'a{2,}', '[]a]', '[^]a]', '[[]', '[a[b]]', '[a&&[^b]]', ')', '(',
    'a**', 'a*+', 'a*?', 'a*+?', 'a+++', '*a', '(*a)', 'a|*b', '^*', '$+', '(?<n>a)', '(?P<n>a)', '(?<1>a)', '(?i)a',
    '(?-i:a)', '(?:a)', '(?=a)', '(?<=a)', '(?<!a)', '(?>a)', 'a\\', r'\Qa(\E', r'\Qa(', r'\p{L}', r'\x{41}', 'a{2}{3}',
    'a{2}*', 'a{2}?', '(?#c)', '(?i)*', '}', 'a}', ']', '()*', '(|a)', 'a||b', '(?x) a # (', '(?', '(?)',
])
def test_the_pattern_check_and_java_refuse_the_same_patterns(spark, pattern):
    try:
        spark._jvm.java.util.regex.Pattern.compile(pattern)
        sound = True
    except Exception:
        sound = False
    assert (not list(regex_problems(pattern))) == sound


VALUES = {
    'text': ('string', ' a b ', None), 'whole': ('int', 42, None), 'big': ('bigint', -(2 ** 62) - 1, None),
    'exact': ('decimal(16,2)', Decimal('1234567.50'), None), 'broken': ('double', 10000000000.0, None),
    'day': ('date', date(2024, 1, 31), None), 'last day': ('date', date(9999, 12, 31), None),
    'at': ('timestamp', datetime(2024, 1, 31, 10, 0, 0, 120000), None),
    'full': ('timestamp', datetime(2024, 1, 31, 10, 0), None), 'flag': ('boolean', True, None),
}
# The expected text is what Python makes of the same values; null counts as nothing.
FORMATS = [
    ('{}', ['text']), ('{}-{}', ['whole', 'text']), ('{1}/{0}/{1}', ['whole', 'text']), ('{{{}}}', ['whole']),
    ('{} {} {} {}', ['exact', 'big', 'day', 'flag']), ('{}|{}', ['at', 'full']), ('{}', ['broken']),
    ('{} {:>10}|', ['broken', 'whole']), ('{:05d}', ['whole']), ('{:,.2f}', ['exact']), ('{:,.3f}', ['broken']),
    ('{:%Y%m}', ['day']), ('{:%d.%m.%Y}', ['last day']), ('{:%Y-%m-%dT%H:%M:%S.%f}', ['at']), ('{:>10}|', ['text']),
    ('{:,}', ['big']), ('{!s:>12}|{!r}', ['exact', 'text']), ('{:>{}}|', ['text', 'whole']), ('fixed', ['text']),
    ('{}{:d}', ['flag', 'flag']), ('\t{}\n', ['text']), ('{0} {0:>5}', ['whole']), ('', []),
]


def test_combinecolumns_formats_as_python_does_and_strips(spark):
    rows = [tuple(values[index] for values in VALUES.values()) for index in (1, 2)]
    schema = ', '.join(f'`{name}` {kind[0]}' for name, kind in VALUES.items())
    frame = spark.createDataFrame([(index, *row) for index, row in enumerate(rows)], f'row int, {schema}')
    spec = [{'field': f'combined{index}', 'format': text, 'source_columns': names}
            for index, (text, names) in enumerate(FORMATS)]
    after = transform_combinecolumns(frame, spec, ARGS, None)
    full, empty = after.orderBy('row').select(*(entry['field'] for entry in spec)).collect()
    assert list(full) == [text.format(*(VALUES[name][1] for name in names)).strip() for text, names in FORMATS]
    assert list(empty)[:6] == ['', '-', '//', '{}', '', '|']
    assert list(empty)[6:] == ['', '|', '', '', '', '', '', '', '|', '', '|', '|', 'fixed', '', '', '', '']


def test_combinecolumns_needs_python_only_for_the_format_mini_language(spark):
    frame = spark.createDataFrame([(0, 'a', 1)], 'row int, text string, number int')
    plans = []
    for text in ('{}-{}', '{}-{:03d}{:>5}'):
        spec = {'field': 'key', 'format': text, 'source_columns': ['text', 'number', 'row'][:text.count('{')]}
        plans.append(transform_combinecolumns(frame, spec, ARGS, None)._jdf.queryExecution().executedPlan().toString())
    assert [plan.count('ArrowEvalPython') for plan in plans] == [0, 1]


def test_combinecolumns_refuses_a_format_that_does_not_suit_the_type(spark):
    frame = spark.createDataFrame([('a',)], 'text string')
    with pytest.raises(DataError, match='does not suit columns of the types string'):
        transform_combinecolumns(frame, {'field': 'a', 'format': '{:05d}', 'source_columns': ['text']}, ARGS, None)
    with pytest.raises(DataError, match="Column 'missing' is not there"):
        transform_combinecolumns(frame, {'field': 'a', 'format': '{}', 'source_columns': ['missing']}, ARGS, None)


def test_combinecolumns_makes_null_of_a_value_that_python_cannot_format(spark):
    frame = spark.sql("SELECT * FROM VALUES (0, date'+12024-01-31'), (1, date'2024-01-31') AS t(row, day)")
    after = transform_combinecolumns(frame, {'field': 'a', 'format': '{:%Y}', 'source_columns': ['day']}, ARGS, None)
    assert column_of(after, 'a') == [None, '2024']


@pytest.mark.parametrize('value, kind, expected', [
    ("it's \\ a `text`", 'string', "it's \\ a `text`"), (None, 'string', None),
    (5, 'int', 5), (2 ** 40, 'bigint', 2 ** 40), (-2 ** 63, 'bigint', -2 ** 63),
    (2 ** 70, 'decimal(22,0)', Decimal(2 ** 70)), (10 ** 40, 'string', str(10 ** 40)),
    (1.5, 'double', 1.5), (False, 'boolean', False), ([1, None, 3], 'array<bigint>', [1, None, 3]),
    ([1, 'a', {'b': 2}], 'array<string>', ['1', 'a', '{"b":2}']), ([], 'array<string>', []),
    ({}, 'map<string,string>', {}),
    ({'a b': {'c': [True]}, 'd': None}, 'struct<a b:struct<c:array<boolean>>,d:string>',
     {'a b': {'c': [True]}, 'd': None}),
    ([{'a': 1}, {'b': 'x'}], 'array<struct<a:bigint,b:string>>', [{'a': 1, 'b': None}, {'a': None, 'b': 'x'}]),
])
def test_literal_holds_any_json_value(spark, value, kind, expected):
    after = transform_literal(spark.range(1), {'new column': value}, ARGS, None)
    assert after.schema['new column'].dataType.simpleString() == kind
    row, = after.collect()
    assert row.asDict(recursive=True)['new column'] == expected


def test_literal_overwrites_a_column_in_its_place(spark):
    frame = spark.createDataFrame([(0, 'a', 1)], 'row int, text string, number int')
    after = transform_literal(frame, {'text': 'b'}, ARGS, None)
    assert (after.columns, after.collect()) == (['row', 'text', 'number'], [(0, 'b', 1)])


@pytest.mark.parametrize('pattern, required, expected', [
    (r'^([A-Z]+)-', True, 'EXT'), (r'-(\d{4})-', False, '2024'), (r'^(\d+)', False, None), ('EXT(X)?', False, None),
])
def test_filename_takes_the_first_group_of_the_name_or_null(spark, pattern, required, expected):
    spec = [{'field': 'part', 'pattern': pattern, 'required': required}]
    after = transform_filename(spark.range(1), spec, ARGS, None)
    assert after.schema['part'].dataType.simpleString() == 'string'
    assert after.first()['part'] == expected


@pytest.mark.parametrize('pattern', [r'^(\d+)', 'EXT(X)?'])
def test_filename_stops_the_job_when_a_required_name_does_not_match(spark, pattern):
    with pytest.raises(DataError, match=r"File 'EXT-2024-01\.csv' has a name that does not match"):
        transform_filename(spark.range(1), [{'field': 'part', 'pattern': pattern, 'required': True}], ARGS, None)


def test_filename_needs_the_name_of_the_file(spark):
    with pytest.raises(LakeError, match='job argument --base_file_name'):
        transform_filename(spark.range(1), [{'field': 'part', 'pattern': '(a)', 'required': False}], {}, None)


def test_all_mistakes_of_a_specification_are_raised_together(spark):
    spec = [{'field': 'a', 'patern': '(a)'}, {'field': 'b', 'pattern': 'a'}]
    with pytest.raises(ConfigurationError) as raised:
        transform_columnfromcolumn(spark.range(1), spec, ARGS, None)
    assert len(raised.value.problems) == 3
