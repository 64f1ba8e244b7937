"""Transforms by name: decorators that declare them, and callables that keep the public signature."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from lake_etl.before_publishing import Work, at_once
from lake_etl.errors import ConfigurationError
from lake_etl.spec.records import Findings, describe, parse_record
from lake_etl.transform.fuse import Assignment, assign_fused
from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

PREFIX = 'transform_'
REGISTRY: dict[str, Transform[Any]] = {}


class Entry(Protocol):
    """One entry of a transform's specification: a frozen dataclass whose fields are the keys."""

    def reads(self) -> tuple[str, ...]:
        """Columns that must exist before the entry is applied."""

    def writes(self) -> tuple[str, ...] | None:
        """Columns that the entry creates or overwrites; None when only the data can tell."""


@dataclass(frozen=True, kw_only=True)
class FieldEntry:
    """An entry that writes one column from one column.

    field   column to write
    source  column to read; the field itself when left out
    """

    field: str
    source: str | None = None

    def reads(self) -> tuple[str, ...]:
        """Return the one column that is read."""
        return (self.source or self.field,)

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column that is written."""
        return (self.field,)


@dataclass(frozen=True)
class TransformContext:
    """What a transform may use besides the rows: the job's arguments, the lineage and the Spark context.

    before_publishing  takes work that has to be over before readers see the rows; a job does it beside the write
    """

    args: Mapping[str, Any]
    lineage: Any = None
    spark_context: Any = None
    extra: tuple[Any, ...] = field(default=())
    before_publishing: Callable[[Work], None] = at_once


class Shape(Enum):
    """How entries are written in a specification."""

    ENTRIES = 'a list of objects, or one object'
    NAMES = 'a list of column names'
    VALUES = 'an object of column names and values'


EntryType = TypeVar('EntryType', bound=Entry)
ColumnBuilder = Callable[[Any, StructType, TransformContext], Column]
FrameBuilder = Callable[[DataFrame, tuple[Any, ...], TransformContext], DataFrame]


@dataclass(frozen=True)
class Transform(Generic[EntryType]):
    """A transform by name; calling it applies a raw specification to a frame and records the lineage.

    builds_column  builds one column per entry, so that neighbours fuse into one select; or
    builds_frame   turns the whole frame at once (changes rows, or looks at all of them)
    parses_text    reads its source best as the text of the file, before any type is guessed
    protects       hides personal data: its columns must exist, and it is never left out
    """

    name: str
    entry_type: type[EntryType]
    shape: Shape
    operation: str
    documentation: str
    builds_column: ColumnBuilder | None = None
    builds_frame: FrameBuilder | None = None
    parses_text: bool = False
    protects: bool = False

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[EntryType, ...]:
        """Return the entries of a raw specification; what does not fit goes to `findings`."""
        made = (parse_record(self.entry_type, item, at, findings) for item, at in self._items(raw, place, findings))
        return tuple(entry for entry in made if entry is not None)

    def _items(self, raw: object, place: str, findings: Findings) -> list[tuple[object, str]]:
        """Normalise the shape of the specification to (raw entry, place) pairs."""
        if self.shape is Shape.ENTRIES and isinstance(raw, dict):
            return [(raw, place)]
        if self.shape is Shape.ENTRIES and isinstance(raw, list):
            return [(item, f'{place}[{index}]') for index, item in enumerate(raw)]
        if self.shape is Shape.NAMES and isinstance(raw, list):
            return [({'field': item}, f'{place}[{index}]') for index, item in enumerate(raw)]
        if self.shape is Shape.VALUES and isinstance(raw, dict):
            return [({'field': name, 'value': value}, f'{place}.{name}') for name, value in raw.items()]
        findings.problem(place, f'expected {self.shape.value}, got {describe(raw)}')
        return []

    def assignment(self, entry: EntryType, context: TransformContext) -> Assignment:
        """Return the entry as an assignment that can be fused with its neighbours; only for column transforms."""
        build = self.builds_column
        written = entry.writes()
        if build is None or not written:
            raise TypeError(f'transform_{self.name} does not build single columns')
        return Assignment(written[0], frozenset(entry.reads()), lambda schema: build(entry, schema, context))

    def apply(self, df: DataFrame, entries: tuple[EntryType, ...], context: TransformContext) -> DataFrame:
        """Return the frame after all entries, applied in order."""
        if self.builds_frame is not None:
            return self.builds_frame(df, entries, context)
        return assign_fused(df, [self.assignment(entry, context) for entry in entries])

    def __call__(self, df: DataFrame, spec: object, args: Mapping[str, Any], lineage: Any, sc: Any = None,
                 *extra: Any) -> DataFrame:
        """Check the raw specification, record it in the lineage, and return the transformed frame.

        Raises ConfigurationError with every problem of the specification.
        """
        findings = Findings(f'{args.get("source_key", "specification")}')
        entries = self.parse(spec, f'transform_spec.{self.name}', findings)
        if findings.problems:
            raise ConfigurationError(findings.problems)
        if lineage is not None:
            lineage.update_lineage(df, args.get('source_key', ''), self.operation, transform=spec)
        return self.apply(df, entries, TransformContext(args, lineage, sc, extra))


@dataclass(frozen=True)
class UserTransform:
    """A plain function of a user's module; its specification is passed on as it is."""

    name: str
    function: Callable[..., DataFrame]

    @property
    def operation(self) -> str:
        """Return the lineage operation."""
        return self.name


AnyTransform = Transform[Any] | UserTransform


def column_transform(entry_type: type[EntryType], *, shape: Shape = Shape.ENTRIES, operation: str | None = None,
                     parses_text: bool = False,
                     protects: bool = False) -> Callable[[ColumnBuilder], Transform[EntryType]]:
    """Declare `transform_<name>(entry, schema, context) -> Column` as the transform of that name.

    `schema` is the frame's schema just before the entry. `operation` is the lineage operation (default: the name).
    """
    def declare(build: ColumnBuilder) -> Transform[EntryType]:
        name = build.__name__.removeprefix(PREFIX)
        return _register(Transform(name, entry_type, shape, operation or name, build.__doc__ or '', builds_column=build,
                                   parses_text=parses_text, protects=protects))
    return declare


def frame_transform(entry_type: type[EntryType], *, shape: Shape = Shape.ENTRIES, operation: str | None = None,
                    parses_text: bool = False,
                    protects: bool = False) -> Callable[[FrameBuilder], Transform[EntryType]]:
    """Declare `transform_<name>(df, entries, context) -> DataFrame` as the transform of that name."""
    def declare(build: FrameBuilder) -> Transform[EntryType]:
        name = build.__name__.removeprefix(PREFIX)
        return _register(Transform(name, entry_type, shape, operation or name, build.__doc__ or '', builds_frame=build,
                                   parses_text=parses_text, protects=protects))
    return declare


def alias(name: str, transform: Transform[EntryType]) -> Transform[EntryType]:
    """Make a transform available under a second name."""
    REGISTRY[name] = transform
    return transform


def _register(transform: Transform[EntryType]) -> Transform[EntryType]:
    """Add to the registry; a module that is imported under two names registers the same transform twice, quietly."""
    REGISTRY[transform.name] = transform
    return transform
