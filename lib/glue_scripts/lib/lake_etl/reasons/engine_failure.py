"""Takes from what a query engine says of a failed statement its error code, its place and names; never a value."""
from __future__ import annotations

import re

CODE = re.compile(r'(?:[\w.]+: )?([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?=:|$)')
LINE = re.compile(r'\bline (\d+):(\d+)')
NAME = re.compile(r"""(?<!\w)['"]([A-Za-z_][\w.$-]*)['"](?!\w)""")
# Codes of Amazon Athena for statements refused before a row was read; names in such texts are the statement's.
OF_STATEMENTS = ('SYNTAX_ERROR', 'TABLE_NOT_FOUND', 'COLUMN_NOT_FOUND', 'SCHEMA_NOT_FOUND', 'FUNCTION_NOT_FOUND',
                 'TYPE_MISMATCH', 'AMBIGUOUS_NAME', 'DUPLICATE_COLUMN_NAME', 'TYPE_NOT_FOUND', 'INVALID_VIEW')
# What Amazon Redshift, which gives no codes, says of names in a statement.
SENTENCES = (
    (re.compile(r'\b(relation|column|schema|database|view|role) "?([A-Za-z_][\w.$]*)"? does not exist', re.IGNORECASE),
     'there is no {} {}'),
    (re.compile(r'\bpermission denied for (?:relation|schema|database|table) "?([A-Za-z_][\w.$]*)"?', re.IGNORECASE),
     'permission denied for {}'),
    (re.compile(r'\bsyntax error at or near "([A-Za-z_]\w*)"', re.IGNORECASE), 'syntax error near {}'),
)
NOT_SHOWN = 'its reason is not shown, because it may hold values of rows'


def engine_reason(text: str) -> str:
    """Return why a statement failed, such as `COLUMN_NOT_FOUND, line 1:8, name: idd`; `NOT_SHOWN` when only the text
    would say.
    """
    code = CODE.match(text)
    if code is None:
        return next((sentence.format(*found.groups()) for pattern, sentence in SENTENCES
                     if (found := pattern.search(text))), NOT_SHOWN)
    parts = [code[1]]
    if place := LINE.search(text):
        parts.append(f'line {place[1]}:{place[2]}')
    names = dict.fromkeys(NAME.findall(text)) if code[1] in OF_STATEMENTS else {}
    if names:
        parts.append(f'{"name" if len(names) == 1 else "names"}: {", ".join(names)}')
    return ', '.join(parts)
