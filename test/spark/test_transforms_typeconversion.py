"""Type transforms turn text into amounts, dates and other types, and what does not fit into null."""
from __future__ import annotations

import random
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from pyspark.sql import functions as F

from datatransform_typeconversion import (
    transform_changetype, transform_currency, transform_date, transform_implieddecimal, transform_timestamp,
    transform_titlecase)
from lake_etl.errors import DataError
from lake_etl.syntax.datetime_pattern import LENGTHS, datetime_pattern_problems
from lake_etl.syntax.type_text import parse_type, type_problems
from lake_etl.transform.text_parsing import BRACKETED_OR_TRAILING_MINUS, CLUTTER, DASHES

ARGS = {'source_key': 'Gen/Policy'}


def results(frame, *names):
    """Return the values of the columns, row by row in the order of `row`; a single column without its tuple."""
    rows = frame.orderBy('row').select(*(f'`{name}`' for name in names)).collect()
    return [row[0] if len(names) == 1 else tuple(row) for row in rows]


def texts(spark, values, name='text'):
    """Return a frame of a row number and one text column."""
    return spark.createDataFrame(list(enumerate(values)), f'row int, `{name}` string')


POINT = [
    ('1234.5', '1234.50'), ('$1,234.50', '1234.50'), ('USD 1,234.50', '1234.50'), ('1,234.50 USD', '1234.50'),
    ('-$5', '-5.00'), ('$-5', '-5.00'), ('- 5', '-5.00'), ('+5', '5.00'), ('(1,234.50)', '-1234.50'),
    ('$(1,234.50)', '-1234.50'), ('($1,234.50) USD', '-1234.50'), ('1,234.50-', '-1234.50'),
    ('1,234.50- USD', '-1234.50'),
    ('\u22125.00', '-5.00'), ('1.2E3', '1200.00'), ('$1.2E+3', '1200.00'), ('2.005', '2.01'), ('-2.005', '-2.01'),
    ('.5', '0.50'), ('5.', '5.00'), ('5.-', '5.00'), ("CHF 1'234.50", '1234.50'), ('Rs. 500', '500.00'),
    ('100.00 (USD)', '100.00'), ('', None), (' ', None), ('N/A', None), ('1-2', None),
    ('1.234,50', None), ('12,50', None), ('12,5', None), ('1,2345', None), ('1 234,50', None), ('1,23,45', None),
    ('12,34,567.89', '1234567.89'), ('1,234', '1234.00'), ('1.2.3', None), ('(-5)', None),
    ('2024-01-31', None), ('1 (2)', None), ('-', None), ('999999999999999', None), (None, None),
]
COMMA = [
    ('5.000.000,12', '5000000.12'), ('1.234,50 \u20ac', '1234.50'), ('\u20ac -1.234,5', '-1234.50'),
    ('1.234', '1234.00'),
    ('(1.234,50)', '-1234.50'), ('1.234,50-', '-1234.50'), ('5,-', '5.00'), ('5,\u2013 \u20ac', '5.00'),
    ('1,2E3', '1200.00'),
    ('1,2,3', None), ('', None), (None, None), ('1,234.50', None), ('12.50', None), ('1.234.567', '1234567.00'),
]


@pytest.mark.parametrize('table, euro', [(POINT, False), (COMMA, True)])
def test_currency_reads_amounts_as_people_write_them(spark, table, euro):
    frame = texts(spark, [text for text, _ in table])
    spec = [{'field': 'amount', 'source': 'text', 'euro': euro}]
    found = dict(zip([text for text, _ in table], results(transform_currency(frame, spec, ARGS, None), 'amount')))
    assert found == {text: value and Decimal(value) for text, value in table}


@pytest.mark.parametrize('euro', [False, True], ids=['point', 'comma'])
def test_currency_reads_most_texts_quickly_and_always_as_its_clean_up_would(spark, euro):
    generator = random.Random(5)
    written = sorted({''.join(generator.choices('0159.,-()eE$ \u20ac+\u2212x', k=generator.randint(1, 7)))
                      for _ in range(6000)})
    spec = [{'field': 'text', 'euro': euro}]
    found = results(transform_currency(texts(spark, written), spec, ARGS, None), 'text')
    assert dict(zip(written, found)) == {text: cleaned_up(text, ',' if euro else '.') for text in written}
    assert sum(value is not None for value in found) > 1000


def other_separators(text: str, thousands: str, mark: str) -> bool:
    """Tell whether a thousands separator is not before three digits, or two before another one, or after the mark."""
    groups = text.split(thousands)
    for before, group, after in zip(groups, groups[1:], [*groups[2:], '']):
        digits = len(group) - len(group.lstrip('0123456789'))
        ends = digits < len(group) or not after[:1].isdigit()
        if before[-1:].isdigit() and digits and (digits not in (2, 3) or digits == 2 and ends):
            return True
        if digits and re.search(re.escape(mark) + '[0-9]', before):
            return True
    return False


def cleaned_up(text: str, mark: str) -> Decimal | None:
    """Return the amount after the clean-up, one pattern after the other."""
    if other_separators(text, ',.'.replace(mark, ''), mark):
        return None
    bare = re.sub(CLUTTER.format(mark=re.escape(mark)), '', text.translate(dict.fromkeys(map(ord, DASHES), '-')))
    signed = re.sub(BRACKETED_OR_TRAILING_MINUS, r'-\1\2', bare).replace(mark, '.')
    if not re.fullmatch(r'[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?', signed):
        return None
    value = Decimal(signed)
    # Spark has no room for nought with ninety zeros either.
    fits = value.adjusted() < (14 if value else 38)
    return value.quantize(Decimal('0.01'), ROUND_HALF_UP) if fits else None


def test_currency_only_casts_columns_that_are_no_text_and_takes_the_format(spark):
    frame = spark.createDataFrame([(0, 1234.567, 7, Decimal('1.50')), (1, None, None, None)],
                                  'row int, `a.b c` double, whole int, exact decimal(5,2)')
    spec = [{'field': 'a.b c', 'format': '9,1'}, {'field': 'WHOLE'}, {'field': 'copy', 'source': 'exact', 'euro': True}]
    after = transform_currency(frame, spec, ARGS, None)
    assert [field.dataType.simpleString() for field in after.schema] == [
        'int', 'decimal(9,1)', 'decimal(16,2)', 'decimal(5,2)', 'decimal(16,2)']
    assert results(after, 'a.b c', 'whole', 'copy') == [
        (Decimal('1234.6'), Decimal('7.00'), Decimal('1.50')), (None, None, None)]


IMPLIED = [
    ('12345', '123.45'), ('5', '0.05'), ('-5', '-0.05'), ('+120', '1.20'), (' 00700 ', '7.00'), ('0', '0.00'),
    ('1,234', None), ('12.3', None), ('5-', None), ('1e3', None),
    ('\uff11\uff12', None), ('1.', None), ('-', None), ('', None), ('abc', None), ('1' * 20, None), (None, None),
]


def test_implieddecimal_moves_the_point_of_whole_numbers_only(spark):
    frame = texts(spark, [text for text, _ in IMPLIED])
    after = transform_implieddecimal(frame, {'field': 'text', 'format': '16,2'}, ARGS, None)
    assert results(after, 'text') == [value and Decimal(value) for _, value in IMPLIED]


def test_implieddecimal_takes_the_number_of_decimals_and_columns_of_numbers(spark):
    frame = spark.createDataFrame([(0, 12345, 12.5)], 'row int, whole int, broken double')
    spec = [{'field': 'three', 'source': 'whole', 'format': '16,4', 'num_implied': '3'},
            {'field': 'none', 'source': 'whole', 'format': '16,2', 'num_implied': 0},
            {'field': 'broken', 'format': '16,2'}]
    after = transform_implieddecimal(frame, spec, ARGS, None)
    assert results(after, 'three', 'none', 'broken') == [(Decimal('12.3450'), Decimal('12345.00'), None)]


DATES = [
    ('yyyy-MM-dd', '2024-02-29', date(2024, 2, 29)), ('yyyy-MM-dd', '2023-02-29', None),
    ('yyyy-MM-dd', '2024-02-29 10:00', None), ('yyyy-MM-dd', '', None), ('yyyy-MM-dd', None, None),
    ('MM/dd/yyyy', '12/31/9999', date(9999, 12, 31)), ('M/d/yyyy', '1/2/2024', date(2024, 1, 2)),
    ('dd-MMM-yy', '05-Mar-68', date(2068, 3, 5)), ('yyyyMMdd', '20240131', date(2024, 1, 31)),
    ('yyyyMMdd', '20241301', None), ("d. MMMM yyyy 'o''clock'", "3. May 2024 o'clock", date(2024, 5, 3)),
    ('yyyy[-MM-dd]', '2024', date(2024, 1, 1)),
]


def test_date_reads_by_a_pattern_and_gives_null_where_it_does_not_match(spark):
    columns = ', '.join(f'text{index} string' for index in range(len(DATES)))
    frame = spark.createDataFrame([(0, *(text for _, text, _ in DATES))], f'row int, {columns}')
    spec = [{'field': f'text{index}', 'format': pattern} for index, (pattern, _, _) in enumerate(DATES)]
    after = transform_date(frame, spec, ARGS, None)
    assert results(after, *(f'text{index}' for index in range(len(DATES)))) == [tuple(day for _, _, day in DATES)]


def test_timestamp_reads_by_a_pattern_and_gives_null_where_it_does_not_match(spark):
    frame = texts(spark, ['2024-01-31 23:59:58', '2024-01-31T23:59', None])
    at = datetime(2024, 1, 31, 23, 59, 58)
    after = transform_timestamp(frame, {'field': 'at', 'source': 'text', 'format': 'yyyy-MM-dd HH:mm:ss'}, ARGS, None)
    assert after.schema['at'].dataType.simpleString() == 'timestamp'
    assert results(after.selectExpr('row', 'cast(at as string) at'), 'at') == [str(at), None, None]


ISO_FORMS = {
    'yyyy-MM-dd': '2024-02-29', 'yyyy-MM-dd HH:mm:ss': '2024-02-29 23:59:59',
    "yyyy-MM-dd'T'HH:mm:ss": '2024-02-29T23:59:59', 'yyyy-MM-dd HH:mm:ss.SSS': '2024-02-29 23:59:59.123',
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS": '2024-02-29T23:59:59.123456',
    'yyyy-MM-dd HH:mm:ss.SSSZ': '2024-02-29 23:59:59.123+0000', "yyyy-MM-dd'T'HH:mm:ss'Z'": '2024-02-29T23:59:59Z',
    "yyyy-MM-dd'T'HH:mm:ssXXX": '2024-02-29T23:59:59Z',
}
# What Spark's reader of ISO 8601 takes and the patterns do not.
ISO_ODDITIES = ('0000-01-01', '12024-01-01', '+2024-01-01', '-2024-01-01', '2024-1-1', '2024-01-1T1', '2024-02-29T',
                '2024-02-29 1:2:3.45678', '2024-02-29 23:59:5Z', '2024-02-29 23:59:5+8', '2024-02-29 23:59:59.+08',
                '2024-02-29T23:59:59.1-2', '2024-02-29T23:59:59.12GMT0', '2024-02-29 23:59:59.1NZ',
                '2024-02-29 23:59:59.12\t', '12024-2-29 23:59:59', '0000-02-29 23:59:59', '2024-02-29T1:15:3.1',
                '2024-1-1T1', '2024-1-1 1', '2024-02-29 1:15:3.1', '2024-02-29T1:59:59+08',
                '2024-02-29T23:59:59.123+08', '2024-02-29T23:59:59.1GMT-8', '2024-02-29T23:59:59.1+8:00',
                '2024-02-29T23:59:59+01:00', '2024-02-29 23:59:59.123+0100', '2024-02-29 1:59:59.1234+0000',
                '2024-02-29 23:59:59.12\u0661+0000', '02024-1-29 23:59:59',
                '2024-02-29 1:15:30.1234', '2024-02-29T1:15:30.1234567')


@pytest.mark.parametrize('pattern', ISO_FORMS)
def test_texts_in_iso_order_are_read_as_by_the_pattern_alone(spark, pattern):
    chance = random.Random(pattern)

    def changed(text):
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(text) + 1)
            kept = text[place + chance.randrange(2):]
            text = text[:place] + chance.choice(['', *'0123456789', *"-: .TZ+tz'/\u0661\t"]) + kept
        return text
    values = [changed(text) for text in (*ISO_FORMS.values(), *[ISO_FORMS[pattern]] * 5) for _ in range(500)]
    frame = texts(spark, [*ISO_ODDITIES, *(f' {text}' for text in ISO_FORMS.values()), *values])
    df = transform_timestamp(frame.withColumn('read', frame.text), [{'field': 'read', 'format': pattern}], ARGS, None)
    alone = F.try_to_timestamp(df.text, F.lit(pattern))
    assert df.where(~df.read.eqNullSafe(alone)).select('text').collect() == []
    assert 700 < df.where(df.read.isNotNull()).count() < len(values)


def test_date_and_timestamp_cast_columns_that_have_a_date_or_are_numbers(spark):
    frame = spark.sql("SELECT 0 row, date'2024-01-31' day, timestamp'2024-01-31 10:11:12' at, 20240131 number")
    after = transform_date(frame, [{'field': 'of at', 'source': 'at', 'format': 'yyyy'},
                                   {'field': 'day', 'format': 'dd/MM/yyyy'},
                                   {'field': 'number', 'format': 'yyyyMMdd'}], ARGS, None)
    after = transform_timestamp(after, {'field': 'of day', 'source': 'day', 'format': 'yyyy'}, ARGS, None)
    day = date(2024, 1, 31)
    assert results(after.withColumn('of day', after['of day'].cast('string')), 'of at', 'day', 'number', 'of day') == [
        (day, day, day, '2024-01-31 00:00:00')]


def test_the_pattern_check_and_spark_refuse_the_same_patterns(spark):
    letters = [letter * count for letter in LENGTHS for count in range(1, LENGTHS[letter][-1] + 2)]
    more = ['YYYY', 'u', 'w', 'W', 'e', 'c', 'E', 'F', 'q', 'Q', 'n', 'N', 'A', 'p', 'B', 'T', 'l', 'yyyy]', 'yyyy[',
            "'a", "''", 'yyyy{', 'yyyy}', 'yyyy#', 'yyyy"', 'yyyy-MM-dd', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '[[yyyy]-MM]']
    formatter = spark._jvm.org.apache.spark.sql.catalyst.util.DateTimeFormatterHelper
    expected = {pattern: not list(datetime_pattern_problems(pattern)) for pattern in letters + more}
    found = {pattern: accepts(formatter, spark._jvm.java.util.Locale.US, pattern) for pattern in letters + more}
    assert found == expected


def accepts(formatter, locale, pattern):
    """Ask Spark's own pattern converter and Java's formatter whether they take the pattern for reading."""
    try:
        converted = formatter.convertIncompatiblePattern(pattern, True)
        formatter.toFormatter(formatter.createBuilder().appendPattern(converted), locale)
    except Exception:
        return False
    return True


@pytest.mark.parametrize('text', [
    'int', 'LONG', 'dec', 'numeric(5)', 'decimal(38,38)', 'decimal(39,1)', 'decimal(5,6)', 'char(5)', 'character(5)',
    'varchar', 'varchar(5)', 'array<int>', 'array<>', 'map<string,array<int>>', 'map<int>', 'struct<a:int,b date>',
    'struct<`a b`:int>', 'struct<a b:int>', 'struct<1a:int>', 'struct<a-b:int>', 'timestamp_ntz', 'timestamp_ltz',
    'text', 'string(5)', 'int int', 'real', 'byte', 'struct<`x``y`:int>', '', 'array<int',
])
def test_the_type_check_and_spark_refuse_the_same_types(spark, text):
    parser = spark._jsparkSession.sessionState().sqlParser()
    sound = not list(type_problems(text))
    try:
        known = parser.parseDataType(text)
    except Exception:
        known = None
    assert (known is not None) == sound
    if known is not None:
        assert parser.parseDataType(str(parse_type(text))).sql() == known.sql()


TYPES = [
    ('int', '12.0', 12), ('int', '12.7', 12), ('int', '-12.7', -12), ('int', ' 7 ', 7), ('int', '3000000000', None),
    ('int', 'x', None), ('int', '', None), ('bigint', '3000000000', 3000000000), ('bigint', '9' * 20, None),
    ('boolean', 'true', True), ('boolean', 'maybe', None), ('decimal(5,2)', '1.005', Decimal('1.01')),
    ('decimal(5,2)', '1234.5', None), ('double', '1e3', 1000.0), ('date', '2024-01-31', date(2024, 1, 31)),
    ('date', 'January', None), ('string', 'a', 'a'), ('varchar(9)', 'a', 'a'),
    ('json', 'a"b', r'"a\"b"'), ('json', None, None),
]


def test_changetype_makes_null_of_text_that_does_not_fit(spark):
    columns = ', '.join(f'text{index} string' for index in range(len(TYPES)))
    frame = spark.createDataFrame([(0, *(text for _, text, _ in TYPES))], f'row int, {columns}')
    spec = {f'text{index}': kind for index, (kind, _, _) in enumerate(TYPES)}
    after = transform_changetype(frame, spec, ARGS, None)
    assert results(after, *spec) == [tuple(value for _, _, value in TYPES)]


def test_changetype_converts_other_types_and_renames_members_by_position(spark):
    frame = spark.sql("""SELECT 0 row, 12.7D AS number, 300 AS big, date'2024-01-31' AS day, array('1', 'x') AS list,
        named_struct('a', '1', 'b', named_struct('c', 'x')) AS `in sured`, map('k', '1') AS pairs, 5 AS json_number,
        array(1, 2) AS json_list, named_struct('a', 1) AS json_struct, true AS flag, null AS nothing""")
    spec = {'number': 'int', 'big': 'tinyint', 'day': 'timestamp', 'list': 'array<int>', 'pairs': 'map<string,int>',
            'in sured': 'struct<number:int,`the name`:struct<d:string>>', 'json_number': 'json', 'json_list': 'JSON',
            'json_struct': 'json', 'flag': 'string', 'nothing': 'date'}
    after = transform_changetype(frame, spec, ARGS, None)
    assert after.columns == frame.columns
    assert after.schema['in sured'].dataType.simpleString() == 'struct<number:int,the name:struct<d:string>>'
    row, = after.withColumn('day', after['day'].cast('string')).collect()
    assert row.asDict(recursive=True) == {
        'row': 0, 'number': 12, 'big': None, 'day': '2024-01-31 00:00:00', 'list': [1, None], 'pairs': {'k': 1},
        'in sured': {'number': 1, 'the name': {'d': 'x'}}, 'json_number': '5', 'json_list': '[1,2]',
        'json_struct': '{"a":1}', 'flag': 'true', 'nothing': None}


SOURCES = {
    'text': "'a'", 'number': '5', 'flag': 'true', 'day': "date'2024-01-31'", 'at': "timestamp'2024-01-31 00:00:00'",
    'local': "timestamp_ntz'2024-01-31 00:00:00'", 'bytes': "X'41'", 'list': 'array(1)', 'pair': "named_struct('a', 1)",
    'pairs': "map('a', 1)",
}
TARGETS = ('string', 'int', 'decimal(9,2)', 'double', 'boolean', 'date', 'timestamp', 'timestamp_ntz', 'binary',
           'array<string>', 'array<date>', 'struct<b:string>', 'struct<b:int,c:int>', 'map<string,string>',
           'map<int,int>')


def test_changetype_refuses_what_spark_refuses_before_spark_does(spark):
    frame = spark.sql('SELECT ' + ', '.join(f'{value} AS {name}' for name, value in SOURCES.items()))
    rule = spark._jvm.org.apache.spark.sql.catalyst.expressions.Cast
    parser = spark._jsparkSession.sessionState().sqlParser()
    expected = {(field.name, target) for field in frame.schema for target in TARGETS
                if not rule.canTryCast(frame._jdf.schema().apply(field.name).dataType(), parser.parseDataType(target))}
    refused = set()
    for name in SOURCES:
        for target in TARGETS:
            try:
                transform_changetype(frame, {name: target}, ARGS, None)
            except DataError:
                refused.add((name, target))
    assert refused == expected


def test_changetype_names_column_and_types_that_do_not_convert(spark):
    with pytest.raises(DataError, match="Column 'day' has type date, which cannot become int"):
        transform_changetype(spark.sql("SELECT date'2024-01-31' AS day"), {'day': 'int'}, ARGS, None)


def test_titlecase_capitalises_words_and_keeps_the_place_of_the_column(spark):
    frame = spark.createDataFrame([(0, 'NEW YORK  city', 1), (1, None, 2)], 'row int, `Ci ty` string, other int')
    after = transform_titlecase(frame, ['ci ty'], ARGS, None)
    assert [name.lower() for name in after.columns] == ['row', 'ci ty', 'other']
    assert results(after, 'ci ty') == ['New York  City', None]


@pytest.mark.parametrize('transform, spec', [
    (transform_currency, [{'field': 'missing'}]), (transform_changetype, {'missing': 'json'}),
    (transform_changetype, {'missing': 'int'}), (transform_titlecase, ['missing']),
    (transform_date, [{'field': 'text', 'source': 'missing', 'format': 'yyyy'}]),
    (transform_timestamp, [{'field': 'missing', 'format': 'yyyy'}]),
    (transform_implieddecimal, [{'field': 'missing', 'format': '16,2'}]),
])
def test_a_missing_column_is_named(spark, transform, spec):
    with pytest.raises(DataError, match="Column 'missing' is not there at this point; the columns are: row, text"):
        transform(texts(spark, ['a']), spec, ARGS, None)
