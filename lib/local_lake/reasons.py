"""Says in one paragraph why something failed, without a stack trace."""
from __future__ import annotations

import re

from lake_etl.errors import LakeError

LONGEST = 2000
VALUE_OF_A_ROW = re.compile(r"The value .*? of the type", re.DOTALL)


def reason_of(error: BaseException) -> str:
    """Return the reason of a failure: our own errors in full, Spark's and others' by their first line."""
    if isinstance(error, LakeError):
        return str(error)
    name = type(error).__name__
    text = str(error).strip() or name
    if name == 'GlueArgumentError':
        return f'Job argument error: {text}.'
    cause = _spark_cause(error)
    first = VALUE_OF_A_ROW.sub('A value of the type', cause or text).strip().splitlines()[0]
    return f'{name}: {first}'[:LONGEST]


def _spark_cause(error: BaseException) -> str:
    """Return the message of the innermost Java exception, where there is one."""
    java = getattr(error, 'java_exception', None)
    if java is None:
        return ''
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.getMessage() or java.toString())
