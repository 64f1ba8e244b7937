"""Says what Spark refused or stumbled over, from its error class, the types and names involved, and the SQL."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PACKAGES = ('pyspark.', 'py4j.')
# Parameters of error classes that hold types, counts or settings, whatever the rows hold.
TYPE_PARAMETERS = ('sourceType', 'targetType', 'dataType', 'inputType', 'requiredType', 'expectedType', 'actualType',
                   'leftType', 'rightType', 'left', 'right', 'expectedNum', 'actualNum', 'paramIndex')
# They hold names that a statement uses, and are shown for errors that come up before Spark reads a row.
NAME_PARAMETERS = ('objectName', 'proposal', 'relationName', 'tableName', 'viewName', 'schemaName', 'routineName',
                   'functionName', 'funcName', 'fieldName', 'colName', 'columnName', 'name', 'searchPath')
BEFORE_READING = ('AnalysisException', 'ParseException')
SENTENCES: Mapping[str, str] = {
    'CAST_INVALID_INPUT': 'a value of type {sourceType} cannot be cast to {targetType}',
    'CAST_OVERFLOW': 'a value of type {sourceType} is out of the range of {targetType}',
    'CAST_OVERFLOW_IN_TABLE_INSERT': 'a value of type {sourceType} is out of the range of {targetType}',
    'NUMERIC_VALUE_OUT_OF_RANGE': 'a number does not fit the digits of its type',
    'ARITHMETIC_OVERFLOW': 'a result is out of the range of its type',
    'CANNOT_PARSE_TIMESTAMP': 'a text is not a date or time in the expected form',
    'DATETIME_FIELD_OUT_OF_BOUNDS': 'a part of a date or time is out of its range',
    'CONVERSION_INVALID_INPUT': 'a text does not have the form that a conversion expects',
    'DIVIDE_BY_ZERO': 'a number is divided by zero',
    'DUPLICATED_MAP_KEY': 'a map has a key twice',
    'INVALID_FORMAT': 'a value or a format does not have the form that a function expects',
    'INVALID_PARAMETER_VALUE': 'an argument of a function is not one that it accepts',
    'INVALID_ARRAY_INDEX': 'a list has no element at an index',
    'INVALID_ARRAY_INDEX_IN_ELEMENT_AT': 'a list has no element at an index',
    'CANNOT_READ_FILE_FOOTER': 'this is not a Parquet file, or it is damaged',
    'FAILED_READ_FILE': 'a file is not of its format, or it is damaged',
    'FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER': 'this is not a Parquet file, or it is damaged',
    'INVALID_WHERE_CONDITION': 'functions over several rows, such as count, cannot stand in a condition',
    'MALFORMED_RECORD_IN_PARSING': 'a text does not have the form that a parser expects',
    'UNRESOLVED_COLUMN': 'there is no column {objectName}',
    'UNRESOLVED_FIELD': 'there is no field {fieldName}',
    'UNRESOLVED_ROUTINE': 'there is no function {routineName}',
    'TABLE_OR_VIEW_NOT_FOUND': 'there is no table or view {relationName}',
    'AMBIGUOUS_REFERENCE': 'the name {name} fits several columns',
    'PARSE_SYNTAX_ERROR': 'the SQL cannot be read',
    'SCALAR_SUBQUERY_TOO_MANY_ROWS': 'a subquery in the place of one value gives several rows',
}
# What the operating system says, in the words of Linux and macOS.
SYSTEM_ERRORS: Mapping[str, str] = {
    'No space left on device': 'The disk is full. Free some space on it, then run again.',
    'Disk quota exceeded': 'Your share of the disk is full. Free some space, then run again.',
    'Read-only file system': 'The disk is read-only. Make it writable or choose another folder, then run again.',
    'Permission denied': 'A file or folder may not be used by this user. Change its permissions, then run again.',
    'Too many open files': 'The limit of open files is too low. Raise it (ulimit -n), then run again.',
}
# Java clients of AWS, of both generations.
AWS_CLIENTS = ('com.amazonaws.', 'software.amazon.awssdk.')
AWS_HINTS: Mapping[str, str] = {
    **dict.fromkeys(('SlowDown', 'ServiceUnavailable', 'InternalError', 'ThrottlingException', '500', '503'),
                    'The service is throttled or out of order for the moment. Run again later.'),
    **dict.fromkeys(('AccessDenied', 'AccessDeniedException', '403'),
                    'Grant the role of the job this access, and the use of the KMS key of the bucket.'),
    **dict.fromkeys(('NoSuchKey', '404'), 'Something else removed a file during the run. Run again.'),
    **dict.fromkeys(('PreconditionFailed', 'ConditionalRequestConflict', '412', '409'),
                    'Something else changed a file at the same time, or a policy of the bucket refuses the request. '
                    'Run again.'),
    'NoSuchBucket': 'Correct the name of the bucket in the arguments of the job.',
}
AWS_WORD = re.compile(r'[A-Za-z][\w. ]{0,60}')
ERROR_CLASS = re.compile(r'[A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*')
PLACE = re.compile(r'\(line (\d+), pos (\d+)\)|; line (\d+) pos (\d+)')
LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b\d[\w.]*""", re.DOTALL)
WORD = re.compile(r"'[A-Za-z_]{1,40}'|end of input")
LONGEST_DETAIL = 300
PYTHON_ERROR = 'org.apache.spark.api.python.PythonException'
TRACE = 'Traceback (most recent call last):\n'
FRAME = re.compile(r'  File "([^"\n]*)", line (\d+), in ')
TYPE_NAME = re.compile(r'[A-Za-z_][\w.]*')
# The only texts that the lake itself lets Spark raise.
CUT_OTHERWISE = ('Rows lie in other tasks than where they were counted. Nothing was published; run the job again, and '
                 'if this comes back, give the transform a sort.')
TOO_LARGE = ("Transform {transform} cannot fill column '{field}': in some row the result does not fit its type. Give "
             'the columns that it reads a wider type before, by changetype.')
TOO_LARGE_RAISED = re.compile(TOO_LARGE.replace('.', r'\.').format(transform='[a-z]+', field='[^\n]+?'))


def number_too_large(transform: str, field: str) -> str:
    """Return what Spark raises for a number that does not fit the column of a transform."""
    return TOO_LARGE.format(transform=transform, field=field)


def is_of_spark(error: BaseException) -> bool:
    """Tell whether Spark or its connection to Java has raised an error."""
    return any(f'{kind.__module__}.'.startswith(PACKAGES) for kind in type(error).__mro__)


def spark_reason(error: BaseException) -> str:
    """Return what happened and where, in one sentence of our own."""
    chain = list(_java_chain(error))
    name = type(error).__name__
    raised = str(chain[-1].getMessage()) if chain else ''
    if CUT_OTHERWISE in raised:
        return CUT_OTHERWISE
    if too_large := TOO_LARGE_RAISED.search(raised):
        return too_large[0]
    python = next((java for java in reversed(chain) if _class_name(java) == PYTHON_ERROR), None)
    if python is not None or name == 'PythonException':
        return _python_reason(str(python.getMessage()) if python is not None else str(error))
    if outside := _system_error(chain) or _aws_error(chain):
        return outside
    known = [(java, found) for java in chain if (found := error_class(java))]
    if known:
        source, found = known[-1]
    else:
        source, found = error, error_class(error)
    innermost = _class_name(chain[-1]).rpartition('.')[2] if chain else name
    if innermost == 'URISyntaxException':
        return 'Spark cannot read a file whose name, or a folder of which, has a colon in it. Rename it.'
    if not found:
        return f'Spark failed with {innermost}. What it says is not shown, because it may hold values of rows.'
    analysed = name in BEFORE_READING
    also = f' ({innermost})' if chain and error_class(chain[-1]) != found else ''
    return f'Spark error {found}{also}: {_said(found, source, analysed)}{_place_in_sql(error, source, analysed)}.'


def innermost_class(error: BaseException) -> str:
    """Return the error class nearest to the cause of an error of Spark; empty where none is named."""
    return next((found for java in reversed(list(_java_chain(error))) if (found := error_class(java))),
                error_class(error))


def error_class(error: Any) -> str:
    """Return the error class that an exception of Spark, in Python or Java, names; empty where it names none."""
    # Spark 4 calls it a condition, and Java objects have any attribute: whether it is a method shows in the call.
    methods = ('getCondition',) if hasattr(type(error), 'getCondition') else ('getCondition', 'getErrorClass')
    for method in methods:
        found = _called(error, method)
        if isinstance(found, str) and ERROR_CLASS.fullmatch(found):
            return found
    return ''


def _system_error(chain: list[Any]) -> str:
    """Return what the operating system refused Java, which says so in fixed words at the end of its message."""
    for java in reversed(chain):
        message = str(_called(java, 'getMessage') or '')
        for words, sentence in SYSTEM_ERRORS.items():
            if message.endswith((words, f'({words})')):
                return sentence
    return ''


def _aws_error(chain: list[Any]) -> str:
    """Return what a service of AWS refused a Java client, or that none was reached; empty for other errors."""
    clients = [java for java in chain if _class_name(java).startswith(AWS_CLIENTS)]
    for java in reversed(clients):
        # Clients of the second generation have the details in a value of their own.
        detail = _called(java, 'awsErrorDetails')
        code, service = ((_called(java, 'getErrorCode'), _called(java, 'getServiceName')) if detail is None else
                         (_called(detail, 'errorCode'), _called(detail, 'serviceName')))
        status = _called(java, 'getStatusCode') or _called(java, 'statusCode')
        if status:
            return aws_refusal(str(service), str(code), int(status))
    if not clients:
        return ''
    kind = _class_name(chain[-1]).rpartition('.')[2]
    return (f'The connection to AWS failed in all attempts ({kind}). Run again; if it fails every time, check the '
            'network of the job.')


def aws_refusal(service: str, code: str, status: int) -> str:
    """Return that a service refused a request, why, and what to do, without the words of the service."""
    name = service if AWS_WORD.fullmatch(service) else 'A service of AWS'
    reason = f'{code}, status {status}' if AWS_WORD.fullmatch(code) and code != 'None' else f'status {status}'
    hint = AWS_HINTS.get(code) or AWS_HINTS.get(str(status)) or 'Look up this code in the guide of the service.'
    return f'{name} refused a request ({reason}). {hint}'


def _said(found: str, source: Any, analysed: bool) -> str:
    """Return what an error class means, with the types and names that are known of it."""
    known = _parameters(source, analysed)
    sentence = next((SENTENCES[name] for name in (found, found.partition('.')[0]) if name in SENTENCES), '')
    filled = sentence.format_map(_Named(known)) if sentence else ''
    told = {name for name in known if f'{{{name}}}' in sentence}
    details = '; '.join(f'{name} {value}' for name, value in known.items() if name not in told)
    return f'{filled or "see this class in the documentation of Spark"}{f" ({details})" if details else ""}'


class _Named(dict[str, str]):
    """Gives three dots for what is not known."""

    def __missing__(self, name: str) -> str:
        return '…'


def _parameters(source: Any, analysed: bool) -> dict[str, str]:
    found = _called(source, 'getMessageParameters')
    if found is None:
        return {}
    given = {str(name): str(found[name]) for name in found}
    allowed = (*TYPE_PARAMETERS, *(NAME_PARAMETERS if analysed else ()))
    shown = {name: given[name][:LONGEST_DETAIL] for name in allowed if name in given}
    if analysed and WORD.fullmatch(given.get('error', '')):
        shown['near'] = given['error']
    return shown


def _place_in_sql(error: BaseException, source: Any, analysed: bool) -> str:
    """Return which piece of SQL failed, its literals left out; for SQL that was not read, line and position."""
    if analysed:
        place = PLACE.search(str(error))
        return ', line {}, position {}'.format(*filter(None, place.groups())) if place else ''
    for context in _called(source, 'getQueryContext') or ():
        fragment = _called(context, 'fragment')
        plain = ' '.join(LITERAL.sub('…', fragment).split()) if isinstance(fragment, str) else ''
        if plain and not set(plain) & {"'", '"'}:
            return f', in {plain[:LONGEST_DETAIL]}'
    return ''


def _python_reason(text: str) -> str:
    """Return class and place of an error of Python code that Spark ran, from the calls that Python has noted.

    Behind the calls stands what the error says, so only lines before it are looked at.
    """
    _, _, calls = text.partition(TRACE)
    place = kind = ''
    for line in calls.splitlines():
        if not line.startswith('  '):
            kind = line.partition(':')[0]
            break
        frame = FRAME.match(line)
        if frame and '/pyspark/' not in frame[1] and 'pyspark.zip' not in frame[1]:
            place = f' in {frame[1].rpartition("/")[2]}, line {frame[2]}'
    if not TYPE_NAME.fullmatch(kind):
        kind = 'an error'
    return (f'Python code that Spark ran raised {kind}{place}. What it says is not shown, because it may hold values '
            'of rows.')


def _java_chain(error: BaseException) -> Iterator[Any]:
    """Yield the Java exceptions behind an error, each followed by its cause."""
    java = getattr(error, 'java_exception', None) or getattr(error, '_origin', None)
    while java is not None:
        yield java
        java = _called(java, 'getCause')


def _class_name(java: Any) -> str:
    return str(java.getClass().getName())


def _called(source: Any, method: str) -> Any:
    """Return what a method without arguments gives; None where there is none, or it fails."""
    try:
        return getattr(source, method)()
    except Exception:
        return None
