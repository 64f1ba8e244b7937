"""Why something failed fits one paragraph: no stack trace, and no value of a row."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError, DataError, LakeError, Problem
from lib.local_lake.reasons import LONGEST, reason_of


class GlueArgumentError(Exception):
    """Stands for the error of the Glue library, which is told by its name."""


class JavaException:
    """Has the two methods of a Java exception that are asked."""

    def __init__(self, message: str | None, cause: JavaException | None = None):
        self.message, self.cause = message, cause

    def getMessage(self) -> str | None:  # noqa: N802 - the name that Java gives it
        """Return the message."""
        return self.message

    def getCause(self) -> JavaException | None:  # noqa: N802 - the name that Java gives it
        """Return the cause."""
        return self.cause

    def toString(self) -> str:  # noqa: N802 - the name that Java gives it
        """Return the class and the message."""
        return f'java.lang.Whatever: {self.message}'


class SparkFailure(Exception):
    """Carries a Java exception as Spark's errors do."""

    def __init__(self, text: str, java: JavaException):
        super().__init__(text)
        self.java_exception = java


CONVERSION = ("[CAST_INVALID_INPUT] The value 'Jane\nDoe 123-45-6789' of the type \"STRING\" cannot be cast to \"INT\" "
              'because it is malformed.\nSQLSTATE: 22018')
WITHOUT_VALUE = '[CAST_INVALID_INPUT] A value of the type "STRING" cannot be cast to "INT" because it is malformed.'


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
    (SparkFailure('long python text', JavaException('outer', JavaException('inner\n\tat org.apache.Spark'))),
     'SparkFailure: inner'),
    (SparkFailure('python text', JavaException(None)), 'SparkFailure: java.lang.Whatever: None'),
    (SparkFailure('x', JavaException('Job aborted.', JavaException(CONVERSION))),
     f'SparkFailure: {WITHOUT_VALUE}'),
    (RuntimeError(CONVERSION), f'RuntimeError: {WITHOUT_VALUE}'),
])
def test_the_reason_of_a_failure(error, expected):
    assert reason_of(error) == expected


def test_a_very_long_reason_is_cut():
    assert len(reason_of(ValueError('x' * 10_000))) == LONGEST
