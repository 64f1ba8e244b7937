"""Says why something failed in words of the lake's own: no text of Spark or a library, and no value of a row.

What may be shown is listed: names of classes, error codes, places in code. Everything else of a foreign error stays
unread.
"""
from __future__ import annotations

import errno
import os
import re
import sysconfig
import traceback
from types import TracebackType

from lake_etl.errors import JobFailure, LakeError
from lake_etl.reasons.spark_failure import is_of_spark, spark_reason

LONGEST = 2000
LEFT_OUT = 'What it says is not shown, because it may hold values of rows.'
ARGUMENT_ERROR = 'GlueArgumentError'
OPTION = re.compile(r'--[A-Za-z][\w-]*')
CODE = re.compile(r'[A-Za-z][\w.]{0,99}')
INSTALLED = ('site-packages', 'dist-packages')
STANDARD_LIBRARY = tuple(sysconfig.get_path(name) for name in ('stdlib', 'platstdlib'))


def reason_of(error: BaseException) -> str:
    """Return the reason of a failure as one paragraph: our own errors in full, others by what is known of them."""
    if isinstance(error, LakeError):
        return str(error)
    return _foreign_reason(error)[:LONGEST]


def original_of(error: BaseException) -> BaseException:
    """Return the error that a job failed by, whose text may quote values of rows."""
    original = error.original if isinstance(error, JobFailure) else None
    return original or error


def _foreign_reason(error: BaseException) -> str:
    name = type(error).__name__
    if name == ARGUMENT_ERROR:
        return _argument_reason(str(error))
    if is_of_spark(error):
        return spark_reason(error)
    code = service_code(error)
    if code:
        return f'An AWS service refused a call: {code}. Check the permissions and settings that the call needs.'
    number = error.errno if isinstance(error, OSError) and error.errno else 0
    kind = f'{name}: {os.strerror(number)} ({errno.errorcode[number]})' if number in errno.errorcode else name
    return f'{kind}{place_of(error.__traceback__)}. {LEFT_OUT}'


def _argument_reason(text: str) -> str:
    """Return what is wrong with the arguments of a job, by their names."""
    names = ', '.join(dict.fromkeys(OPTION.findall(text)))
    said = 'the following arguments are required' if 'required' in text else 'these arguments cannot be used'
    return f'Job argument error: {said}: {names}.' if names else 'Job argument error: the arguments cannot be read.'


def service_code(error: BaseException) -> str:
    """Return the error code and operation of a call that an AWS service refused, such as
    `AccessDenied of GetObject`; empty for any other error.
    """
    response = getattr(error, 'response', None)
    detail = response.get('Error') if isinstance(response, dict) else None
    code = str(detail.get('Code', '')) if isinstance(detail, dict) else ''
    operation = str(getattr(error, 'operation_name', ''))
    return ' of '.join(text for text in (code, operation) if CODE.fullmatch(text))


def kind_of(error: BaseException) -> str:
    """Return in a few words what kind of error it is, for a sentence of the caller's: a code, or a class."""
    return service_code(error) or type(error).__name__


def place_of(trace: TracebackType | None) -> str:
    """Return where in code that is not a library's an error was raised, such as ` in a.py, line 7`; or nothing."""
    for frame in reversed(traceback.extract_tb(trace)):
        if not _is_installed(frame.filename):
            return f' in {os.path.basename(frame.filename)}, line {frame.lineno}'
    return ''


def _is_installed(path: str) -> bool:
    return path.startswith(('<', *STANDARD_LIBRARY)) or any(f'{os.sep}{name}{os.sep}' in path for name in INSTALLED)


def trace_of(error: BaseException) -> str:
    """Return the calls that led to an error and its reason, without the errors behind it."""
    calls = ''.join(traceback.format_tb(error.__traceback__))
    return f'Traceback (most recent call last):\n{calls}{type(error).__name__}: {reason_of(error)}'
