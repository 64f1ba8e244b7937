"""Says in one paragraph why something failed, without a stack trace."""
from __future__ import annotations

import re

from lake_etl.errors import LakeError

LONGEST = 2000
# Spark quotes the value that it stumbled over; what stands beside says the same without it.
VALUES_OF_ROWS = (
    (re.compile(r'The value .*? of the type', re.DOTALL), 'A value of the type'),
    (re.compile(r"Text '.*?' could not be parsed[^.]*", re.DOTALL), 'A text could not be parsed'),
    (re.compile(r'\] .*? cannot be represented as', re.DOTALL), '] A value cannot be represented as'),
)


def reason_of(error: BaseException) -> str:
    """Return the reason of a failure: our own errors in full, Spark's and others' by their first line."""
    if isinstance(error, LakeError):
        return str(error)
    name = type(error).__name__
    text = str(error).strip() or name
    if name == 'GlueArgumentError':
        return f'Job argument error: {text}.'
    message = _spark_cause(error) or text
    for value, instead in VALUES_OF_ROWS:
        message = value.sub(instead, message)
    return f'{name}: {message.strip().splitlines()[0]}'[:LONGEST]


def _spark_cause(error: BaseException) -> str:
    """Return the message of the innermost Java exception, where there is one."""
    java = getattr(error, 'java_exception', None)
    if java is None:
        return ''
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.getMessage() or java.toString())
