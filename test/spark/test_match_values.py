"""Which values stand for a missing one, and accents in two forms: Spark and plain Python agree, value by value."""
from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.match.comparison_values import ColumnUse, comparison_rows
from lake_etl.match.similarity import Operand
from lake_etl.match.standardization import any_of, is_missing, nfc

USES = ('block', 'comparison', 'key', 'system')
ALWAYS = ['', ' ', '  ', '\t', '\u00a0', '\u2003 \u200b', '\ufeff', '-', '--', '.', '?', '***', 'N/A', 'n.a.', '#N/A',
          'N / A', '(none)', '<null>', 'NULL', 'None', 'Unknown', 'UNKNOWN.', ' unknown\u00a0', 'NOT PROVIDED',
          'not-provided', 'Not_Available', 'notgiven', 'TBD', 'Refused', 'DO NOT CALL', 'unbekannt', 'keine Angabe',
          'k.A.', 'k. A.', 'inconnu', 'Non renseigné', 'Desconocido', 'sin datos']
IN_VALUES = ['NA', 'nan', 'nil', 'UNK', 'x', 'XXX-XXX-XXXX', '000', '0000000000', '000-000-0000', '(000) 000-0000',
             '000 000 0000', '000.000.0000', '+1 (000) 000-0000', '+10000000000', '0049 000 0000000', '999-999-9999',
             '9999', '99999', '1111111', '222-222-2222', '555-555-5555', '+49 111 1111111', '1-800-8888888'.replace(
                 '800-8888888', '888-888-8888'), '123-456-7890', '(123) 456-7890', '+1 123 456 7890', '0123456789',
             '123-45-6789', '000-00-0000', '999-99-9999', '1900-01-01', '01/01/1900', '1/1/1900', '19000101',
             '01.01.1900', '1900-01-01 00:00:00', '1900-01-01T00:00:00Z', '9999-12-31', '31.12.9999', '12/31/2999',
             '1899-12-30', '0001-01-01', '1753-01-01', '1901-01-01', '0000-00-00', 'none@none.com', 'na@na.com',
             'N/A@N/A.com', 'noemail@noemail.com', 'no.email@gmail.com', 'no@email.com', 'test@test.com',
             'unknown@insurer.example', 'none@gmail.com', 'xxx@xxx.com', 'noreply@insurer.example']
ONLY_IN_BLOCKS = ['Test', '1970-01-01', '1970-01-01 00:00:00']
NEVER = ['Anna', 'Nana', 'Nunez', 'Null-Meyer', 'Ka', 'Xaver', 'No', '17', '007', '0', '10115', '55555', '12345',
         '030 1234567', '+49 30 1234567', '1980-01-01', '1900-01-02', 'anna@example.com', 'test.person@example.com',
         'nancy@na.example', 'broker@x.org', 'Unknowne', '111 1st Street', '100000', '111900', '+1 415 555 0100',
         'Ñandú', '山田', 'الاسم']
OTHERS = ['0049', '00', '000000', '1000000', '12345678', '30000000', '10000000', 'mc.na', 'n/a n/a', 'X1']


def spark_nulls(spark, values, use, defaults=()):
    """Return the values that Spark takes for missing."""
    df = spark.createDataFrame([(value,) for value in values], 'text string')
    rows = comparison_rows(df, 'text', (), [ColumnUse('text', use)], defaults).collect()
    return {row.id for row in rows if row.v0 is None}


@pytest.mark.parametrize('use', USES)
def test_spark_and_python_agree_on_every_value(spark, use):
    values = [*ALWAYS, *IN_VALUES, *ONLY_IN_BLOCKS, *NEVER, *OTHERS, 'own default', ' OWN Default ']
    defaults = ('Own Default',) if use in ('block', 'comparison') else ()
    found = spark_nulls(spark, values, use, defaults)
    assert found == {value for value in values if is_missing(value, use, defaults)}
    assert found >= set(ALWAYS) and not found & set(NEVER)
    assert (found >= set(IN_VALUES)) == (use in ('block', 'comparison'))
    assert (found >= set(ONLY_IN_BLOCKS)) == (use == 'block') == bool(found & set(ONLY_IN_BLOCKS))


def test_a_source_key_may_be_a_number_of_one_digit_and_a_source_system_a_short_name(spark):
    assert not spark_nulls(spark, ['9999', '1111111', '0', '123456789', 'TEST', '19000101'], 'key')
    assert spark_nulls(spark, ['000', '00', 'NA', 'XXX', 'UNK'], 'key') == {'000', '00', 'NA', 'XXX', 'UNK'}
    assert not spark_nulls(spark, ['NA', 'UNK', 'X', '0', '000', 'Nil'], 'system')


def test_dates_are_missing_as_dates_and_as_timestamps_too(spark):
    days = [date(1900, 1, 1), date(9999, 12, 31), date(1980, 5, 5), None]
    df = spark.createDataFrame([(day, day and datetime(day.year, day.month, day.day)) for day in days],
                               'day date, moment timestamp')
    rows = comparison_rows(df, None, (Operand('day', 'date'), Operand('moment', 'date'), Operand('day', 'text')),
                           [ColumnUse('day', 'block'), ColumnUse('moment', 'block')], ()).collect()
    assert [[value is not None for value in row] for row in rows] == [[False] * 5, [False] * 5, [True] * 5, [False] * 5]
    assert rows[2].o0 == date(1980, 5, 5)


def test_accents_are_composed_as_unicode_composes_them(spark):
    texts = ['José Muñoz', 'Ångström', 'Đặng Thị Thảo', 'Nguyễn', 'Łukasz Żółć', 'Ёлкин', 'Ελλάδα', 'plain', 'e\u0301',
             'Sørensen', 'ﬁ', 'x\u0301y']
    values = [form for text in texts for form in (text, unicodedata.normalize('NFD', text))]
    df = spark.createDataFrame([(value,) for value in values], 'text string')
    rows = comparison_rows(df, 'text', (Operand('text', 'text'),), (), ()).collect()
    assert {row.id: row.o0 for row in rows} == {value: nfc(value) for value in values}


@given(words=st.sets(st.text('ab+.', max_size=4), min_size=1), other=st.text('ab+.', max_size=5))
def test_the_pattern_for_several_words_matches_these_words_and_no_others(words, other):
    pattern = any_of(words)
    assert all(re.fullmatch(pattern, word) for word in words)
    assert bool(re.fullmatch(pattern, other)) == (other in words)
