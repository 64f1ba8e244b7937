"""The reason of a failure is one paragraph of our own, without stack trace and library text."""
from __future__ import annotations

import errno

import botocore.exceptions
import pytest

from lake_etl.errors import ConfigurationError, DataError, JobFailure, LakeError, Problem
from lake_etl.reasons.failure import LONGEST, kind_of, original_of, reason_of
from lib.local_lake.awsglue_stand_in.awsglue.utils import GlueArgumentError

SECRET = 'Jane Doe 123-45'
REFUSED = botocore.exceptions.ClientError({'Error': {'Code': 'AccessDenied', 'Message': SECRET}}, 'GetObject')


@pytest.mark.parametrize(('error', 'expected'), [
    (LakeError('One paragraph.\n  with lines'), 'One paragraph.\n  with lines'),
    (DataError('a.csv is empty.'), 'a.csv is empty.'),
    (ConfigurationError([Problem('a.json', 'x', 'bad')]),
     '1 configuration problem:\n  a.json: x: bad'),
    (GlueArgumentError('the following arguments are required: --p_day'),
     'Job argument error: the following arguments are required: --p_day.'),
    (GlueArgumentError(f'argument --p_day: invalid choice: {SECRET}'),
     'Job argument error: these arguments cannot be used: --p_day.'),
    (GlueArgumentError(SECRET), 'Job argument error: the arguments cannot be read.'),
    (REFUSED, 'An AWS service refused a call: AccessDenied of GetObject. Check the permissions and settings that the '
              'call needs.'),
])
def test_what_is_told_of_an_error(error, expected):
    assert reason_of(error) == expected


@pytest.mark.parametrize('error', [
    ValueError(SECRET), KeyError(SECRET), KeyError(), ValueError('  \n'), ValueError(SECRET * LONGEST),
    UnicodeDecodeError('utf-8', SECRET.encode(), 0, 1, SECRET), OSError(errno.ENOSPC, SECRET, SECRET), OSError(SECRET),
    ExceptionGroup(SECRET, [ValueError(SECRET)]), botocore.exceptions.ParamValidationError(report=SECRET),
    botocore.exceptions.ClientError({'Error': {'Code': SECRET, 'Message': SECRET}}, SECRET),
    botocore.exceptions.ClientError({}, SECRET)])
def test_nothing_of_what_another_error_says_is_told(error):
    error.add_note(SECRET)
    reason = reason_of(error)
    assert type(error).__name__ in reason and len(reason) <= LONGEST and '\n' not in reason
    assert 'Jane' not in reason + kind_of(error) and '123' not in reason


def test_a_full_disk_is_told_by_its_number():
    assert reason_of(OSError(errno.ENOSPC, 'x')).startswith('OSError: No space left on device (ENOSPC).')


def test_where_an_error_came_up_is_told_for_code_that_is_not_installed():
    with pytest.raises(ValueError) as failed:
        int(SECRET)
    assert f'ValueError in test_reasons.py, line {failed.traceback[-1].lineno + 1}.' in reason_of(failed.value)


def test_the_error_behind_a_failed_job_is_there_for_a_screen():
    error = ValueError(SECRET)
    assert original_of(JobFailure('It failed.', error)) is error and original_of(error) is error
    assert str(JobFailure('It failed.', error)) == 'It failed.'
