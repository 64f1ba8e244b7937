"""Why something failed fits one paragraph: no stack trace, and no value of a row."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError, DataError, LakeError, Problem
from lib.local_lake.awsglue_stand_in.awsglue.utils import GlueArgumentError
from lib.local_lake.reasons import LONGEST, reason_of


@pytest.mark.parametrize(('error', 'expected'), [
    (LakeError('One paragraph.\n  with lines'), 'One paragraph.\n  with lines'),
    (DataError('a.csv is empty.'), 'a.csv is empty.'),
    (ConfigurationError([Problem('a.json', 'x', 'bad')]),
     '1 configuration problem; nothing was read or changed:\n  a.json: x: bad'),
    (GlueArgumentError('the following arguments are required: --p_day'),
     'Job argument error: the following arguments are required: --p_day.'),
    (ValueError('first line\nsecond line'), 'ValueError: first line'),
    (KeyError(), 'KeyError: KeyError'),
    (ValueError('  \n'), 'ValueError: ValueError'),
    (ValueError('x' * 10_000), f'ValueError: {"x" * 10_000}'[:LONGEST]),
])
def test_an_error_is_told_by_its_text_or_first_line(error, expected):
    assert reason_of(error) == expected


@pytest.mark.parametrize(('message', 'expected'), [
    ("[CAST_INVALID_INPUT] The value 'Jane\nDoe' of the type \"STRING\" cannot be cast to \"INT\".\nSQLSTATE: 22018",
     '[CAST_INVALID_INPUT] A value of the type "STRING" cannot be cast to "INT".'),
    ("[CANNOT_PARSE_TIMESTAMP] Text 'Jane's 1st' could not be parsed at index 0. Use it.",
     '[CANNOT_PARSE_TIMESTAMP] A text could not be parsed. Use it.'),
    ("Text '2026-99-98' could not be parsed: Invalid value for MonthOfYear (valid values 1 - 12): 99",
     'A text could not be parsed'),
    ('[NUMERIC_VALUE_OUT_OF_RANGE]  12345.678 cannot be represented as Decimal(4, 2). If so.',
     '[NUMERIC_VALUE_OUT_OF_RANGE] A value cannot be represented as Decimal(4, 2). If so.'),
])
def test_the_value_that_an_engine_quotes_is_left_out(message, expected):
    assert reason_of(RuntimeError(message)) == f'RuntimeError: {expected}'
