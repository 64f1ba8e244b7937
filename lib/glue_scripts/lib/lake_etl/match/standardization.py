"""Prepares values for comparison: composes accents, and recognizes placeholders for missing values.

A value is recognized by its letters and digits, in SQL and in Python alike. Case, spaces and punctuation make no
difference: `N/A`, `n.a.` and `NA` are the same placeholder, as are `000-000-0000` and `(000) 000 0000`.
"""
from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from lake_etl.syntax.sql_literal import sql_text

Use = Literal['block', 'comparison', 'key', 'system']
"""What a value is used for. A birthday or name that is often a placeholder is still compared; a source key may be a
number such as 9999, and a source system a short name such as NA."""

SPACES = ''.join(letter for letter in map(chr, range(0x10000))
                 if unicodedata.category(letter) in ('Zs', 'Zl', 'Zp', 'Cc', 'Cf'))
PUNCTUATION = '()[]{}<>-_./\\*,:;#\'"?!~=|&\u2010\u2011\u2012\u2013\u2014\u2015\u2212'
IGNORED = SPACES + PUNCTUATION

WORDS = (
    'n/a', 'nan', 'nil', 'none', 'null', 'unk', 'unknown', 'undefined', 'tbd', 'tba', 'to be determined', 'missing',
    'not applicable', 'not available', 'not disclosed', 'not given', 'not known', 'not on file', 'not provided',
    'not specified', 'not stated', 'declined', 'refused', 'withheld', 'no data', 'no value', 'no answer', 'no address',
    'no email', 'no mail', 'no phone', 'no phone number', 'no telephone', 'no number', 'no ssn', 'do not call',
    'do not contact', 'do not mail', 'unbekannt', 'nicht bekannt', 'nicht angegeben', 'nicht vorhanden', 'keine angabe',
    'keine angaben', 'inconnu', 'inconnue', 'non communiqué', 'non disponible', 'non renseigné', 'desconocido',
    'desconocida', 'sin datos', 'sin correo', 'sin teléfono', 'no disponible', 'sconosciuto', 'non disponibile',
    'onbekend', 'desconhecido')
SHORT_WORDS = ('n/a', 'nan', 'nil', 'unk')
"""Words that may be short names of source systems, unless they are written with punctuation."""
PUNCTUATED_WORDS = ('k.a.', '1/1/1900', '1/1/1901')
"""Placeholders only if they are written with punctuation or spaces."""
NEVER_BLOCKED = ('test', '1970-01-01')
NUMBERS = ('1234567', '12345678', '123456789', '1234567890', '0123456789', '987654321', '9876543210', '078051120',
           '11234567890', '+11234567890')
DATES = (date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1901, 1, 1),
         date(2999, 12, 31), date(9999, 12, 31))
EPOCH = date(1970, 1, 1)
MIDNIGHT = ('', '0000', '000000', '000000000', '000000000000', 't000000', 't000000z', 't000000000', 't000000000z')
REPEATED = (r'x+|0{3,}|9{4,}|([1-8])\1{6,}|1([0-9])\2{9}|(?:\+|00)[1-9][0-9]{0,2}?([0-9])\3{6,}'
            r'|(?:\+|00)[1-9][0-9]{0,2}?(?:1234567890|123456789|1234567)')
NO_USER = 'none|noemail|nomail|null|unknown|unk|notprovided|notavailable|notgiven|noreply|donotreply'
ANY_USER = 'na|no|x+|a|abc|asdf|test|test123|email|mail|name|user|someone|nobody|noone'
ANY_DOMAIN = 'na|no|x+|a|abc|asdf|test|testing|email|mail|example|domain|nowhere'
TOP_LEVEL = 'com|net|org|edu|gov|info|biz|invalid|test|de|at|ch|fr|es|it|nl|be|eu|us|ca|mx|br|uk|couk|au|comau'
MAIL = f'(?:{NO_USER})@.*|(?:{ANY_USER}|{NO_USER})@(?:{ANY_DOMAIN}|{NO_USER})(?:{TOP_LEVEL})?'


def normalized(text: str) -> str:
    """Return the letters and digits of a text in lower case, including `@` and `+`."""
    return text.lower().translate(dict.fromkeys(map(ord, IGNORED)))


def _spellings(*days: date) -> frozenset[str]:
    """Return the normalized spellings of dates, without a time."""
    return frozenset(text for day in days for text in (
        f'{day.year:04}{day.month:02}{day.day:02}', f'{day.month:02}{day.day:02}{day.year:04}',
        f'{day.day:02}{day.month:02}{day.year:04}'))


def _at_midnight(days: Iterable[str]) -> frozenset[str]:
    """Return the spellings of dates with and without midnight."""
    return frozenset(day + time for day in days for time in MIDNIGHT)


_WORDS = frozenset(map(normalized, WORDS))
_PUNCTUATED = frozenset(map(normalized, PUNCTUATED_WORDS))
_COMPARED = _WORDS | frozenset(NUMBERS) | _at_midnight(_spellings(*DATES))
_ONLY_IN_BLOCKS = frozenset(map(normalized, NEVER_BLOCKED)) | _at_midnight(_spellings(EPOCH))
_MISSING: dict[Use, frozenset[str]] = {
    'comparison': _COMPARED,
    'block': _COMPARED | _ONLY_IN_BLOCKS,
    'key': _WORDS,
    'system': _WORDS - frozenset(map(normalized, SHORT_WORDS))}
_MISSING_PUNCTUATED: dict[Use, frozenset[str]] = {
    'comparison': _PUNCTUATED, 'block': _PUNCTUATED, 'key': _PUNCTUATED,
    'system': _PUNCTUATED | frozenset(map(normalized, SHORT_WORDS))}
_PATTERNS: dict[Use, tuple[str, ...]] = {
    'comparison': (REPEATED, MAIL), 'block': (REPEATED, MAIL), 'key': ('x+|00+',), 'system': ()}


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of the words; words with the same beginning share it, so matching takes few steps."""
    endings: dict[str, list[str]] = {}
    for word in sorted(words):
        endings.setdefault(word[:1], []).append(word[1:])
    ends_here = endings.pop('', None) is not None
    branches = '|'.join(re.escape(letter) + any_of(rest) for letter, rest in endings.items())
    if ends_here and endings:
        return f'(?:{branches})?'
    return f'(?:{branches})' if len(endings) > 1 else branches


def _whole_text(*patterns: str) -> str:
    return f'^(?:{"|".join(patterns)})$'


# In SQL one pattern takes the place of hundreds of words: Spark copies every word of a condition at each step of
# planning, and into each task.
_PLACEHOLDERS: dict[Use, str] = {
    'comparison': _whole_text(any_of({'', '+', *_WORDS, *NUMBERS}),
                              any_of(_spellings(*DATES)) + any_of(MIDNIGHT), *_PATTERNS['comparison']),
    'key': _whole_text(any_of({'', '+', *_MISSING['key']}), *_PATTERNS['key']),
    'system': _whole_text(any_of({'', '+', *_MISSING['system']}))}
_NO_BLOCK = _whole_text(any_of(map(normalized, NEVER_BLOCKED)), any_of(_spellings(EPOCH)) + any_of(MIDNIGHT))


def is_missing(text: str, use: Use, defaults: Iterable[str] = ()) -> bool:
    """Tell whether a text is empty or a placeholder for a missing value.

    defaults  placeholders of the specification, compared without case and outer spaces
    """
    letters = normalized(text)
    apart = len(text.strip(' ')) > len(letters)
    return (letters in ('', '+') or letters in _MISSING[use] or (apart and letters in _MISSING_PUNCTUATED[use])
            or any(re.fullmatch(pattern, letters) for pattern in _PATTERNS[use])
            or text.strip(' ').lower() in {value.strip().lower() for value in defaults})


def normalized_sql(text: str) -> str:
    """Return SQL for the letters and digits of a text in lower case."""
    return f"translate(lower({text}), {sql_text(IGNORED)}, '')"


def is_present_sql(text: str, letters: str, use: Use, defaults: Iterable[str] = ()) -> str:
    """Return a SQL condition that a text is a value and not a placeholder; null or false if it is null.

    use      for blocks a value must fulfil `is_block_value_sql` too; their other placeholders are those of comparisons

    letters  SQL for its letters and digits, from `normalized_sql`
    """
    apart = f"({letters} IN ({_list(_MISSING_PUNCTUATED[use])}) AND length(trim({text})) > length({letters}))"
    placeholders = _PLACEHOLDERS['comparison' if use == 'block' else use]
    conditions = [f'{letters} RLIKE {sql_text(placeholders)}', apart]
    own = {value.strip().lower() for value in defaults}
    if own:
        conditions.append(f'lower(trim({text})) IN ({_list(own)})')
    return f'NOT ({" OR ".join(conditions)})'


def is_block_value_sql(letters: str) -> str:
    """Return a SQL condition that a value to compare may form a block too; null if it is null."""
    return f'NOT {letters} RLIKE {sql_text(_NO_BLOCK)}'


def present_or_null_sql(text: str, use: Use) -> str:
    """Return SQL for a text, or null if it is a placeholder."""
    return f'CASE WHEN {is_present_sql(text, normalized_sql(text), use)} THEN {text} END'


def is_present_date_sql(day: str) -> str:
    """Return a SQL condition that a date is not a placeholder for a missing one."""
    return f"{day} NOT IN ({', '.join(f'DATE{sql_text(known.isoformat())}' for known in DATES)})"


def _list(texts: Iterable[str]) -> str:
    return ', '.join(map(sql_text, sorted(texts)))


def _compositions() -> list[str]:
    """Return every pair of characters that Unicode composes, followed by the result; simple ones come first."""
    found = []
    for letter in map(chr, range(0x80, sys.maxunicode + 1)):
        parts = unicodedata.decomposition(letter).split()
        if len(parts) == 2 and not parts[0].startswith('<') and unicodedata.normalize('NFC', letter) == letter:
            found.append(''.join(chr(int(part, 16)) for part in parts) + letter)
    return sorted(found, key=lambda text: (len(unicodedata.normalize('NFD', text[2])), text))


COMPOSITIONS = _compositions()


def nfc_sql(texts: Sequence[str]) -> str:
    """Return SQL for an array of the texts in Unicode normalization form C (NFC): composed accents.

    Spark has no function for this. Only text with a separate accent is processed letter by letter. A comparison of its
    length in bytes excludes plain text first, so nearly all rows cost nothing.
    """
    # An empty piece of the text keeps Spark from storing the list as a thousand values in each plan and task.
    pairs = f"split(concat({sql_text(' '.join(COMPOSITIONS))}, left(text, 0)), ' ')"
    replaced = f'aggregate({pairs}, text, (done, pair) -> replace(done, substring(pair, 1, 2), substring(pair, 3)))'
    composed = f'text -> CASE WHEN {_has_accents_sql("text")} THEN {replaced} ELSE text END'
    values, has_accents = f'array({", ".join(texts)})', ' OR '.join(map(_has_accents_sql, texts))
    return f'CASE WHEN {has_accents} THEN transform({values}, {composed}) ELSE {values} END'


def _has_accents_sql(text: str) -> str:
    return f"(octet_length({text}) > length({text}) AND {text} RLIKE {sql_text(chr(92) + 'p{M}')})"


def nfc(text: str) -> str:
    """Return the text in Unicode normalization form C (NFC)."""
    return unicodedata.normalize('NFC', text)
