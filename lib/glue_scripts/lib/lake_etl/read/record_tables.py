"""Reads the tables of files with several record types, each from its part, with the records that are nested in it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lake_etl import runtime
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.formats.fixed_width_format import FIXED_WIDTH
from lake_etl.config.input import InputSpec
from lake_etl.read.malformed import malformed_column, mark_malformed
from lake_etl.read.record_files import DividedFiles, DividedPart
from lake_etl.read.record_parts import MALFORMED, PARENT, part_columns, part_of_table, part_of_type
from lake_etl.read.source import ApplyTypes, read_errors_named, reader_for
from lake_etl.read.source_files import UTF_8, KnownTypes, KnownTypesLookup, PreparedFile, SourceFiles
from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.source_rows import RECORD, RECORD_WIDTH
from lake_etl.syntax.type_text import TypeText, TypeTextError, parse_type

ABOVE, NESTED, MARK, PLACE = (hidden_name(name) for name in ('above', 'nested', 'mark', 'place'))


def read_record_table(spark: SparkSession, divided: DividedFiles, table: str, spec: InputSpec,
                      known_types: KnownTypesLookup, *, scratch: str, apply_types: ApplyTypes, tracked: bool,
                      notices: list[str]) -> DataFrame:
    """Return the rows of one table of the files, with an array for each record type that is nested in it.

    spec  the input_spec of the table; for the other arguments see `read_collected_file`

    Raises DataError when no record is one of the workflow's own table.
    """
    records = divided.records
    nested = [(key, str(records.types[key].nested_in)) for own in records.types_of_table(table)
              for key in records.nested_types(own)]
    reading = _Reading(spark, divided, spec, scratch, tracked, notices)
    part = part_of_table(table)
    names = [name for name, _ in part_columns(records, part)][1:]
    known = known_types([*names, *(name for _, name in nested)])
    with read_errors_named(divided.name, divided.uri, divided.spec):
        if not divided.has_rows(table):
            return apply_types(empty_rows(spark, [*names, *(name for _, name in nested)], known), spec.types)
        rows = reading.part(part, known, spec)
        for key, name in nested:
            rows = reading.with_nested(rows, key, name, known.table_types.get(name, ''))
        if nested:
            # Joining may have changed the order of the rows, which steps and readers rely on.
            rows = rows.withColumn(PLACE, _place(RECORD)).orderBy(PLACE).drop(PLACE)
        return apply_types(rows.drop(RECORD), spec.types)


def empty_rows(spark: SparkSession, names: Sequence[str], known: KnownTypes) -> DataFrame:
    """Return no rows of these columns, with the types of the published table."""
    texts = spark.createDataFrame([], StructType([StructField(name, StringType()) for name in names]))
    return texts.select(*[F.lit(None).cast(known.table_types.get(name, 'string')).alias(name) for name in names])


@dataclass(frozen=True)
class _Reading:
    """What the parts of a table have in common."""

    spark: SparkSession
    divided: DividedFiles
    spec: InputSpec
    scratch: str
    tracked: bool
    notices: list[str]

    def part(self, name: str, known: KnownTypes, spec: InputSpec) -> DataFrame:
        """Return the records of a part in their types, with the columns of the lake's own; malformed ones are marked.

        spec  how to read it, apart from the form of its lines
        """
        part, own = self.divided.parts[name], {RECORD, PARENT}
        columns = part_columns(self.divided.records, name)
        known = replace(known, text_columns=known.text_columns | own)
        size = runtime.files(part.uri).size(part.uri) or 0
        file = PreparedFile(self.divided.name, part.uri, size, UTF_8, is_part=True)
        unit = len(' '.encode(self.divided.encoding)) if self.divided.encoding else 1
        widths = tuple((column_name, width * unit if column_name in own else width) for column_name, width in columns)
        source = SourceFiles(
            self.divided.name, (file,), self._part_spec(spec, part), widths, f'{self.scratch}/{part.uri[-5:]}',
            lambda names: known, self.tracked and not name.startswith('type '), None, self.notices,
            tuple(self.divided.files))
        rows = reader_for(FIXED_WIDTH if spec.fixed is not None else DELIMITED)(self.spark, source)
        if not part.malformed:
            return rows
        return _with_mark(rows, column(RECORD).startswith(MALFORMED))

    def _part_spec(self, spec: InputSpec, part: DividedPart) -> InputSpec:
        """Return the input_spec by which a part is read."""
        common = {'records': None, 'controls': None, 'skip_rows': 0, 'skip_footer': 0, 'on_undecodable': 'refuse'}
        if spec.fixed is not None:
            return replace(spec, **common)  # type: ignore[arg-type]
        section = replace(spec.delimited(), header=True)
        return replace(spec, **common, csv=section, tsv=None, pipe=None, encoding=UTF_8,  # type: ignore[arg-type]
                       multiline=part.joined)

    def with_nested(self, rows: DataFrame, key: str, name: str, published: str) -> DataFrame:
        """Return the rows with the records of a type below each as an array of structs, in the order of the file.

        name       of the column
        published  its type in the table; empty if it has none
        """
        part = part_of_type(key)
        names = [item for item, _ in part_columns(self.divided.records, part)][2:]
        members = _member_types(published)
        below = self.divided.records.nested_types(key)
        if not self.divided.parts[part].rows:
            return rows.withColumn(name, self._no_records(key, members))
        known = KnownTypes(table_types={item: members[item.lower()] for item in names if item.lower() in members})
        found = self.part(part, known, replace(self.spec, row_filter=None, types={}))
        for child in below:
            inner = str(self.divided.records.types[child].nested_in)
            found = self.with_nested(found, child, inner, members.get(inner.lower(), ''))
            names.append(inner)
        mark = malformed_column(found)
        record = F.struct(_place(RECORD).alias('place'), F.struct(*map(column, names)).alias('record'))
        grouped = found.groupBy(_position(PARENT).alias(ABOVE)).agg(
            F.transform(F.array_sort(F.collect_list(record)), lambda item: item['record']).alias(NESTED),
            *([F.max(column(mark)).alias(MARK)] if mark else []))
        joined = rows.join(grouped, _position(RECORD) == column(ABOVE), 'left').drop(ABOVE)
        none = F.array().cast(joined.schema[NESTED].dataType)
        joined = joined.withColumn(name, F.coalesce(column(NESTED), none)).drop(NESTED)
        return _with_mark(joined, column(MARK), MARK) if mark else joined

    def _no_records(self, key: str, members: Mapping[str, str]) -> Column:
        """Return an array without elements, with the members of a type as the table has them, else as text."""
        return F.array().cast(f'array<{self._struct_type(key, members)}>')

    def _struct_type(self, key: str, members: Mapping[str, str]) -> str:
        records = self.divided.records
        texts = [f'{quoted(name)}: {members.get(name.lower(), "string")}' for name in records.types[key].names]
        for child in records.nested_types(key):
            name = str(records.types[child].nested_in)
            inner = f'array<{self._struct_type(child, {})}>'
            texts.append(f'{quoted(name)}: {members.get(name.lower(), inner)}')
        return f'struct<{", ".join(texts)}>'


def _member_types(published: str) -> dict[str, str]:
    """Return the types of the members, in lower case, of the structs in a published array; none for another type."""
    try:
        kind: TypeText = parse_type(published)
    except TypeTextError:
        return {}
    element = dict(kind.members).get('element')
    return {} if element is None else {name.lower(): str(member) for name, member in element.members}


def _with_mark(rows: DataFrame, condition: Column, *drop: str) -> DataFrame:
    """Return the rows of which those are marked as malformed that fit the condition, or were marked before."""
    mark = malformed_column(rows)
    return mark_malformed(rows, condition | column(mark) if mark else condition, *drop, *([mark] if mark else []))


def _position(name: str) -> Column:
    """Build the position in a column of the lake's own, as text."""
    return F.trim(F.substring(column(name), 2, RECORD_WIDTH))


def _place(name: str) -> Column:
    return _position(name).cast('bigint')
