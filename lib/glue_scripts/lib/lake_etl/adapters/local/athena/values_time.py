"""Reads and writes dates and times with the patterns of Athena's functions."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from lake_etl.adapters.local.athena.not_computed import NotComputedError
from lake_etl.errors import QueryError

MONTHS = ('january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november',
          'december')
DAYS = ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday')
# Letters of MySQL's patterns, which date_format and date_parse take, and DuckDB's.
MYSQL_TO_DUCKDB = {
    'Y': '%Y', 'm': '%m', 'd': '%d', 'H': '%H', 'i': '%M', 's': '%S', 'S': '%S', 'f': '%f', 'p': '%p', 'h': '%I',
    'I': '%I', 'W': '%A', 'a': '%a', 'b': '%b', 'M': '%B', 'j': '%j', 'e': '%-d', 'c': '%-m', 'y': '%y', 'k': '%-H',
    'l': '%-I', 'r': '%I:%M:%S %p', 'T': '%H:%M:%S', 'v': '%V', 'x': '%G', '%': '%%'}
# Runs of letters of Joda's patterns, which format_datetime and parse_datetime take, and DuckDB's.
JODA_TO_DUCKDB = {
    'yyyy': '%Y', 'yy': '%y', 'YYYY': '%Y', 'M': '%-m', 'MM': '%m', 'MMM': '%b', 'MMMM': '%B', 'd': '%-d',
    'dd': '%d', 'H': '%-H', 'HH': '%H', 'h': '%-I', 'hh': '%I', 'm': '%-M', 'mm': '%M', 's': '%-S', 'ss': '%S',
    'SSS': '%g', 'E': '%a', 'EE': '%a', 'EEE': '%a', 'EEEE': '%A', 'a': '%p', 'D': '%-j', 'DDD': '%j', 'ww': '%V',
    'xxxx': '%G', 'e': '%u'}
MYSQL_TO_READ = {
    'Y': ('year', r'\d{1,4}'), 'm': ('month', r'\d{1,2}'), 'c': ('month', r'\d{1,2}'), 'd': ('day', r'\d{1,2}'),
    'e': ('day', r'\d{1,2}'), 'H': ('hour', r'\d{1,2}'), 'k': ('hour', r'\d{1,2}'), 'i': ('minute', r'\d{1,2}'),
    's': ('second', r'\d{1,2}'), 'S': ('second', r'\d{1,2}'), 'f': ('fraction', r'\d{1,9}'), 'y': ('short', r'\d{2}'),
    'h': ('clock', r'\d{1,2}'), 'I': ('clock', r'\d{1,2}'), 'l': ('clock', r'\d{1,2}'), 'p': ('half', '[AaPp][Mm]'),
    'M': ('monthname', '[A-Za-z]+'), 'b': ('monthname', '[A-Za-z]+'), 'j': ('dayofyear', r'\d{1,3}')}
JODA_TO_READ = {
    'y': 'year', 'Y': 'year', 'M': 'month', 'd': 'day', 'H': 'hour', 'h': 'clock', 'm': 'minute', 's': 'second',
    'a': 'half'}
ISO_MOMENT = re.compile(
    r'(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}:?\d{2})?')
ISO_DATE = re.compile(r'(\d{4})-(\d{2})-(\d{2})')
ISO_WEEK = re.compile(r'(\d{4})-W(\d{2})(?:-(\d))?')
DURATION_UNITS = {'ns': 1e-6, 'us': 1e-3, 'ms': 1.0, 's': 1e3, 'm': 6e4, 'h': 3.6e6, 'd': 8.64e7}


def mysql_pattern(pattern: str) -> str:
    """Return the pattern of date_format for DuckDB's strftime; raises QueryError for letters without a counterpart."""
    parts = []
    for directive, letter in re.findall(r'%(.)|([^%]|%\Z)', pattern, re.DOTALL):
        if directive:
            known = MYSQL_TO_DUCKDB.get(directive)
            if known is None and directive.isalpha():
                raise QueryError(f'date_format on the laptop does not know %{directive}. Use another pattern.')
            parts.append(known or directive)
        else:
            parts.append('' if letter == '%' else letter)      # a single % at the end is left out
    return ''.join(parts)


def joda_pattern(pattern: str) -> str:
    """Return the pattern of format_datetime for DuckDB's strftime; raises QueryError."""
    parts = []
    for quoted, letters, other in _joda_parts(pattern):
        if other == "'":
            raise QueryError("The pattern of format_datetime has a quote without its second one. Write '' for a quote.")
        if letters:
            if letters not in JODA_TO_DUCKDB:
                raise QueryError(f"format_datetime on the laptop does not know '{letters}'. Use another pattern, or "
                                 f"run "
                                 'the query on Athena.')
            parts.append(JODA_TO_DUCKDB[letters])
        else:
            parts.append((_unquoted(quoted) if quoted else other).replace('%', '%%'))
    return ''.join(parts)


def parse_mysql(text: str, pattern: str) -> datetime:
    """Return what date_parse gives."""
    return _moment(_matched(_mysql_reader(pattern), text))


def parse_joda(text: str, pattern: str) -> dict[str, Any]:
    """Return what parse_datetime gives, in UTC."""
    return {'i': _moment(_matched(_joda_reader(pattern), text)), 'z': 'UTC'}


@lru_cache(maxsize=256)
def _mysql_reader(pattern: str) -> re.Pattern[str]:
    expanded = pattern.replace('%T', '%H:%i:%s').replace('%r', '%h:%i:%s %p')
    parts: list[str] = []
    for directive, letter in re.findall(r'%(.)|([^%]|%\Z)', expanded, re.DOTALL):
        if directive in MYSQL_TO_READ:
            name, form = MYSQL_TO_READ[directive]
            if f'(?P<{name}>' in ''.join(parts):
                raise ValueError(f'%{directive} tells the same part twice')
            parts.append(f'(?P<{name}>{form})')
        elif directive.isalpha():
            raise NotComputedError(f'date_parse does not know %{directive}')
        else:
            parts.append(re.escape(directive or letter))
    return re.compile(''.join(parts), re.ASCII)


@lru_cache(maxsize=256)
def _joda_reader(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    pieces = _joda_parts(pattern)
    for place, (quoted, letters, other) in enumerate(pieces):
        if not letters:
            parts.append(re.escape(_unquoted(quoted) if quoted else other))
            continue
        followed = place + 1 < len(pieces) and bool(pieces[place + 1][1])
        parts.append(_joda_part(letters, followed))
    return re.compile(''.join(parts), re.ASCII)


def _joda_part(letters: str, followed: bool) -> str:
    letter, count = letters[0], len(letters)
    if set(letters) == {'S'}:
        return rf'(?P<fraction>\d{{1,{count}}})'
    if letters in ('MMM', 'MMMM'):
        return '(?P<monthname>[A-Za-z]+)'
    if letters == 'a':
        return '(?P<half>[AaPp][Mm])'
    if letters in ('yyyy', 'YYYY'):
        return r'(?P<year>\d{4})' if followed else r'(?P<year>\d{1,9})'
    if letter in 'MdHhms' and count <= 2:
        return rf'(?P<{JODA_TO_READ[letter]}>\d{{{count if followed else "1,2"}}})'
    raise NotComputedError(f"parse_datetime does not know '{letters}'")


def _joda_parts(pattern: str) -> list[tuple[str, str, str]]:
    return [(found[1] or '', found[2] or '', found[4] or '') for found in
            re.finditer(r"('(?:[^']|'')*')|((?P<l>[A-Za-z])(?P=l)*)|(.)", pattern, re.DOTALL)]


def _unquoted(text: str) -> str:
    return "'" if text == "''" else text[1:-1].replace("''", "'")


def _matched(reader: re.Pattern[str], text: str) -> Mapping[str, str]:
    found = reader.fullmatch(text)
    if not found:
        raise ValueError('The text does not have the form of the pattern')
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _moment(parts: Mapping[str, str]) -> datetime:
    year = int(parts.get('year', 1970))
    if 'short' in parts:
        year = 1900 + int(parts['short']) if int(parts['short']) >= 70 else 2000 + int(parts['short'])
    month = int(parts.get('month', 1))
    if 'monthname' in parts:
        month = _month(parts['monthname'])
    hour = int(parts.get('hour', 0))
    if 'clock' in parts:
        if not 1 <= int(parts['clock']) <= 12:
            raise ValueError('The hour must be from 1 to 12')
        hour = int(parts['clock']) % 12
        hour += 12 * (parts.get('half', 'am').lower() == 'pm')
    micro = int(parts.get('fraction', '0').ljust(9, '0')[:3]) * 1000
    start = datetime(year, month, int(parts.get('day', 1)), hour, int(parts.get('minute', 0)),
                     int(parts.get('second', 0)), micro)
    if 'dayofyear' in parts:
        start = datetime(year, 1, 1) + timedelta(days=int(parts['dayofyear']) - 1)
    return start


def _month(name: str) -> int:
    for number, month in enumerate(MONTHS, start=1):
        if name.lower() in (month, month[:3]):
            return number
    raise ValueError('The name of the month is unknown')


def from_iso8601_timestamp(text: str) -> dict[str, Any]:
    """Return the local time and the zone of a text such as 2020-01-31T10:00:00Z."""
    found = ISO_MOMENT.fullmatch(text)
    if not found and re.fullmatch(r'[+-]?[0-9TW:.,Z+-]+', text):
        raise NotComputedError('from_iso8601_timestamp does not know this form of ISO 8601')
    if not found:
        raise ValueError('The text does not have the form of ISO 8601')
    *parts, fraction, zone = found.groups()
    defaults = (1, 1, 1, 0, 0, 0)
    moment = datetime(*(int(part) if part else default        # type: ignore[arg-type]
                        for part, default in zip(parts, defaults, strict=True)))
    moment += timedelta(milliseconds=int((fraction or '').ljust(3, '0')[:3]))
    return {'i': moment, 'z': 'UTC' if zone in (None, 'Z', '+00:00', '-00:00', '+0000') else _offset(zone)}


def _offset(zone: str) -> str:
    return zone if ':' in zone else f'{zone[:3]}:{zone[3:]}'


def from_iso8601_date(text: str) -> date:
    """Return the date of a text such as 2020-01-31."""
    week = ISO_WEEK.fullmatch(text)
    if week:
        return date.fromisocalendar(int(week[1]), int(week[2]), int(week[3] or 1))
    found = ISO_DATE.fullmatch(text)
    if not found:
        raise ValueError('The text does not have the form of ISO 8601')
    return date(*map(int, found.groups()))


def human_readable_seconds(seconds: float) -> str:
    """Return a duration in words."""
    if seconds != seconds or abs(seconds) == float('inf'):
        raise ValueError('Invalid argument')
    rest = int(abs(seconds) + 0.5)
    words = []
    for size, name in ((604800, 'week'), (86400, 'day'), (3600, 'hour'), (60, 'minute'), (1, 'second')):
        count, rest = divmod(rest, size)
        if count:
            words.append(f'{count} {name}{"s" if count > 1 else ""}')
    return ', '.join(words) or '0 seconds'


def parse_duration(text: str) -> int:
    """Return the milliseconds of a text such as 3.5d."""
    found = re.fullmatch(r'\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*', text)
    if not found or found[2] not in DURATION_UNITS:
        raise ValueError('The text is not a duration such as 3.5d')
    return int(float(found[1]) * DURATION_UNITS[found[2]] + 0.5)


def month_sequence(is_date: bool) -> Callable[[Any, Any, int], list[Any]]:
    """Return the function that lists the days or moments from a start to an end, so many months apart."""
    def sequence_by_months(start: Any, stop: Any, months: int) -> list[Any]:
        if not months or (stop > start) != (months > 0) and stop != start:
            raise ValueError('sequence stop value should be greater than or equal to start value if step is positive')
        result, number = [], 0
        current = start
        while (current <= stop) if months > 0 else (current >= stop):
            result.append(current)
            if len(result) > 10_000:
                raise ValueError('result of sequence function must not have more than 10000 entries')
            number += 1
            current = add_months(start, number * months)
        return result
    sequence_by_months.__name__ = f'sequence_by_months_{"date" if is_date else "timestamp"}'
    return sequence_by_months


def add_months(start: Any, months: int) -> Any:
    """Return the date or timestamp so many months later, on the last day of the month where it has fewer days."""
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def months_between(first: Any, second: Any) -> int:
    """Return how many complete months lie between two moments; a shorter last month completes its month early."""
    if second < first:
        return -months_between(second, first)
    months: int = (second.year - first.year) * 12 + second.month - first.month
    return months - 1 if months > 0 and add_months(first, months) > second else months
