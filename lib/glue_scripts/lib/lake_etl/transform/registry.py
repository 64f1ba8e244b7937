"""The registry of transforms: decorators that declare them, and callables with the public signature."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

from lake_etl.config.form import EntryType, Form
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.spark.background_work import Work, run_now
from lake_etl.spark.session import lake_rules
from lake_etl.syntax.records import Findings
from lake_etl.transform.conversion import Conversion
from lake_etl.transform.fuse import Assignment, PreparedColumn, assign_fused

PREFIX = 'transform_'
REGISTRY: dict[str, Transform[Any]] = {}


@dataclass(frozen=True)
class TransformContext:
    """What a transform may use in addition to the rows: job arguments, lineage and Spark context.

    before_publishing  accepts work that must finish before readers see the rows; a job runs it during the write
    """

    args: Mapping[str, Any]
    lineage: Any = None
    spark_context: Any = None
    extra: tuple[Any, ...] = field(default=())
    before_publishing: Callable[[Work], None] = run_now

    def required_argument(self, name: str, transform: str) -> str:
        """Return a job argument as text; raises LakeError with both names when it is missing or empty."""
        value = str(self.args.get(name) or '')
        if not value:
            raise LakeError(f"Transform '{transform}' needs the job argument --{name}, which was not given. "
                            'Add the argument and start the job again.')
        return value


ColumnBuilder = Callable[[Any, StructType, TransformContext], Column | PreparedColumn]
FrameBuilder = Callable[[DataFrame, tuple[Any, ...], TransformContext], DataFrame]
ConversionFinder = Callable[[Any, StructType], tuple[Conversion, ...]]


def converts_nothing(entry: object, schema: StructType) -> tuple[Conversion, ...]:
    """Convert nothing."""
    return ()


@dataclass(frozen=True)
class EachColumn:
    """Builds one column for each entry, so that neighbouring transforms fuse into one select."""

    build: ColumnBuilder


@dataclass(frozen=True)
class WholeFrame:
    """Transforms the whole frame: changes rows, or looks at all of them.

    moves_rows      whether it sorts or gathers rows, so that Spark may compute earlier steps more than once
    entry_by_entry  whether entries are applied one by one, so that the conversions of each can be counted
    """

    build: FrameBuilder
    moves_rows: bool = False
    entry_by_entry: bool = False


@dataclass(frozen=True)
class Transform(Generic[EntryType]):
    """A transform by name; calling it applies a raw specification to a frame and records the lineage.

    form           the entries that a specification may give, and whether the transform protects personal data
    runs           how it changes the frame
    operation      name of the operation in the lineage
    documentation  description for the reference
    converts       returns the conversions of an entry, from the schema before it
    """

    form: Form[EntryType]
    runs: EachColumn | WholeFrame
    operation: str
    documentation: str
    converts: ConversionFinder = converts_nothing

    @property
    def name(self) -> str:
        """Return the name that specifications use."""
        return self.form.name

    @property
    def parses_text(self) -> bool:
        """Tell whether it needs its source column as the text of the file."""
        return self.form.parses_text

    @property
    def protects(self) -> bool:
        """Tell whether it protects personal data."""
        return self.form.protects

    @property
    def moves_rows(self) -> bool:
        """Tell whether it sorts or gathers rows."""
        return isinstance(self.runs, WholeFrame) and self.runs.moves_rows

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[EntryType, ...]:
        """Return the entries of a raw specification; problems go to `findings`."""
        return self.form.parse(raw, place, findings)

    def assignment(self, entry: EntryType, context: TransformContext) -> Assignment:
        """Return the entry as an assignment that can be fused with others.

        Raises TypeError for a transform that does not build columns.
        """
        runs, written = self.runs, entry.writes()
        if not isinstance(runs, EachColumn) or not written:
            raise TypeError(f'transform_{self.name} does not build single columns')
        return Assignment(written[0], frozenset(entry.reads()), lambda schema: runs.build(entry, schema, context),
                          lambda schema: self.converts(entry, schema))

    def conversions(self, entries: tuple[EntryType, ...], schema: StructType) -> tuple[Conversion, ...]:
        """Return the conversions of the entries, except those of columns that an earlier entry writes."""
        found: list[Conversion] = []
        written: set[str] = set()
        for entry in entries:
            if not written & {name.lower() for name in entry.reads()}:
                found += self.converts(entry, schema)
            written |= {name.lower() for name in entry.writes() or ()}
        return tuple(found)

    def apply(self, df: DataFrame, entries: tuple[EntryType, ...], context: TransformContext) -> DataFrame:
        """Return the frame after all entries, applied in order."""
        if isinstance(self.runs, WholeFrame):
            return self.runs.build(df, entries, context)
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
        with lake_rules(df.sparkSession):
            return self.apply(df, entries, TransformContext(args, lineage, sc, extra))


@dataclass(frozen=True)
class UserTransform:
    """A plain function of a user's module, which gets the raw specification."""

    name: str
    function: Callable[..., DataFrame]

    @property
    def operation(self) -> str:
        """Return the lineage operation."""
        return self.name

    @property
    def documentation(self) -> str:
        """Return the docstring of the function."""
        return self.function.__doc__ or ''


@dataclass(frozen=True)
class UnusableTransform(UserTransform):
    """A transform of a user's module that could not be imported; every specification that names it has a problem.

    reason  names the file of the module
    """

    reason: str = ''
    parses_text: ClassVar[bool] = False

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[()]:
        """Record the problem."""
        findings.problem(place, f'transform_{self.name} cannot be used: {self.reason}')
        return ()


AnyTransform = Transform[Any] | UserTransform


def protecting_transforms(transforms: Mapping[str, AnyTransform]) -> dict[str, bool]:
    """Return by name whether a transform protects personal data.

    A user's function that overrides a protecting transform of the lake counts as protecting.
    """
    return protection_by_transform(transforms, REGISTRY)


def column_transform(form: type[EntryType] | Form[EntryType], *, operation: str | None = None,
                     converts: ConversionFinder = converts_nothing) -> Callable[[ColumnBuilder], Transform[EntryType]]:
    """Declare `transform_<name>(entry, schema, context) -> Column | PreparedColumn` as the transform of that name.

    `form` is the type of its entries, or a Form with further settings. `schema` is the schema of the frame before the
    entry. `operation` is the lineage operation (default: the name). `converts` returns the conversions of an entry,
    whose failures are counted.
    """
    def declare(build: ColumnBuilder) -> Transform[EntryType]:
        return _register(build, form, EachColumn(build), operation, converts)
    return declare


def frame_transform(form: type[EntryType] | Form[EntryType], *, operation: str | None = None,
                    converts: ConversionFinder = converts_nothing, moves_rows: bool = False,
                    entry_by_entry: bool = False) -> Callable[[FrameBuilder], Transform[EntryType]]:
    """Declare `transform_<name>(df, entries, context) -> DataFrame` as the transform of that name."""
    def declare(build: FrameBuilder) -> Transform[EntryType]:
        return _register(build, form, WholeFrame(build, moves_rows, entry_by_entry), operation, converts)
    return declare


def alias(name: str, transform: Transform[EntryType]) -> Transform[EntryType]:
    """Make a transform available under a second name."""
    REGISTRY[name] = transform
    return transform


def _register(build: Callable[..., Any], form: type[EntryType] | Form[EntryType], runs: EachColumn | WholeFrame,
              operation: str | None, converts: ConversionFinder) -> Transform[EntryType]:
    """Add a transform to the registry; a module imported under two names may register the same one twice."""
    name = build.__name__.removeprefix(PREFIX)
    whole = form if isinstance(form, Form) else Form(name, form)
    if whole.name != name:
        raise TypeError(f"transform_{name} is declared with the form of '{whole.name}'")
    REGISTRY[name] = Transform(whole, runs, operation or name, build.__doc__ or '', converts)
    return REGISTRY[name]
