"""Parses column types of the catalog, such as `struct<a:decimal(16,2),b:array<string>>`, into trees."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.errors import LakeError

SYNONYMS = {
    'byte': 'tinyint', 'short': 'smallint', 'integer': 'int', 'long': 'bigint', 'real': 'float', 'varchar': 'string',
    'char': 'string', 'dec': 'decimal', 'numeric': 'decimal', 'timestamp_ltz': 'timestamp'}


@dataclass(frozen=True)
class Simple:
    """A type without members: its name, and the precision and scale of a decimal."""

    name: str
    arguments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Array:
    """An array with one element type."""

    element: CatalogType


@dataclass(frozen=True)
class Map:
    """A map with one key type and one value type."""

    key: CatalogType
    value: CatalogType


@dataclass(frozen=True)
class Struct:
    """A struct of named members in order."""

    members: tuple[tuple[str, CatalogType], ...]


CatalogType = Simple | Array | Map | Struct
INTEGERS = frozenset({'tinyint', 'smallint', 'int', 'bigint'})
NUMBERS = INTEGERS | {'float', 'double', 'decimal', 'boolean'}
TIMES = frozenset({'date', 'timestamp', 'timestamp_ntz'})
TEXT = Simple('string')


def parse_type(text: str) -> CatalogType:
    """Return the tree of a type; raises LakeError if the text is not a type.

    Parses Hive's type syntax, which is also Spark's simpleString. Lengths of varchar and char are ignored, because
    Parquet files have only plain text.
    """
    head, _, inside = text.strip().partition('<')
    name = head.strip().lower()
    if inside:
        return _nested(name, inside.rstrip().removesuffix('>'), text)
    name, _, arguments = name.partition('(')
    name = SYNONYMS.get(name.strip(), name.strip())
    if name != 'decimal':
        return Simple(name)
    digits = [part.strip() for part in arguments.rstrip(') ').split(',') if part.strip()]
    if not all(part.isdigit() for part in digits) or len(digits) > 2:
        raise _not_a_type(text)
    precision, scale = (*digits, *('10', '0')[len(digits):])
    return Simple(name, (int(precision), int(scale)))


def _nested(name: str, inside: str, text: str) -> CatalogType:
    parts = _split(inside, ',')
    if name == 'array' and len(parts) == 1:
        return Array(parse_type(parts[0]))
    if name == 'map' and len(parts) == 2:
        return Map(parse_type(parts[0]), parse_type(parts[1]))
    if name == 'struct':
        pairs = [_split(part, ':', most=2) for part in parts if part.strip()]
        if all(len(pair) == 2 for pair in pairs):
            return Struct(tuple((pair[0].strip().strip('`'), parse_type(pair[1])) for pair in pairs))
    raise _not_a_type(text)


def _split(text: str, mark: str, most: int | None = None) -> list[str]:
    """Split at marks outside brackets, into at most `most` parts."""
    parts: list[str] = []
    depth = start = 0
    for position, letter in enumerate(text):
        depth += (letter in '<(') - (letter in '>)')
        if letter == mark and depth == 0 and (most is None or len(parts) < most - 1):
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _not_a_type(text: str) -> LakeError:
    return LakeError(f"'{text}' is not a column type of the catalog; expected, for example, string, decimal(16,2), "
                     'array<string> or struct<name:type>. Correct the type of the column in the catalog.')
