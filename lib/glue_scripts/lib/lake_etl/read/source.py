"""Reads a collected file in the format its workflow names, with types that hold from one file to the next."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.errors import DataError
from lake_etl.read.delimited import COMPRESSED, DelimitedOptions, read_delimited
from lake_etl.read.header import Dialect, read_beginning
from lake_etl.read.json_lines import read_json
from lake_etl.read.parquet import read_parquet
from lake_etl.spec.input import Format, InputSpec, choose_format
from lake_etl.transform.columns import column

READABLE = (Format.DELIMITED, Format.JSON, Format.PARQUET)
HIDDEN = ('_', '.')
UNREADABLE_COMPRESSIONS = ('.zip', '.zst')
WIDER = {('int', 'bigint'), ('int', 'double'), ('bigint', 'decimal(38,0)'), ('int', 'decimal(38,0)'),
         ('float', 'double'), ('date', 'timestamp')}


@dataclass(frozen=True)
class KnownTypes:
    """What is known about source columns before the file is read.

    text_columns  columns, in lower case, that the first step to touch them parses from text
    table_types   types that the published table has for columns that reach it unchanged, by source column
    """

    text_columns: frozenset[str] = frozenset()
    table_types: Mapping[str, str] = field(default_factory=dict)


Knowledge = Callable[[Sequence[str]], KnownTypes]


def nothing_known(names: Sequence[str]) -> KnownTypes:
    """Know nothing about any column."""
    return KnownTypes()


def read_collected_file(spark: SparkSession, uri: str, spec: InputSpec,
                        knowledge: Knowledge = nothing_known) -> DataFrame:
    """Return the rows of the file; `knowledge` is asked once, with the source's column names.

    Raises DataError naming the file when it is missing, empty, or of a kind that cannot be read.
    """
    file_format = choose_format(uri, spec)
    _require_readable(uri, file_format, spec)
    if file_format is Format.DELIMITED:
        return _delimited(spark, uri, spec, knowledge)
    size = runtime.files(uri).size(uri)
    if size == 0:
        raise DataError(f'{uri} is empty (0 bytes); land the file again with its content.')
    if file_format is Format.JSON:
        df = read_json(spark, uri, spec.json.multiline if spec.json else False, spec.encoding)
    else:
        df = read_parquet(spark, uri)
    if not df.columns or df.isEmpty():  # One small job: it stops at the first row.
        raise DataError(f'{uri} holds no rows. The published data stays as it is; land the file again with its '
                        'content.')
    return _as_published(df, knowledge(df.columns).table_types)


def _require_readable(uri: str, file_format: Format, spec: InputSpec) -> None:
    if file_format not in READABLE:
        raise DataError(f'{uri} is {file_format.value}, which cannot be read. Readable are: '
                        f'{", ".join(item.value for item in READABLE)}. Convert the file and land it again.')
    if uri.rpartition('/')[2].startswith(HIDDEN):
        raise DataError(f'{uri} has a name that begins with "_" or ".", and Spark leaves such files out. Land it again '
                        'under another name.')
    if uri.lower().endswith(UNREADABLE_COMPRESSIONS):
        raise DataError(f'{uri} is compressed in a way that cannot be read. Land it plain, or as .gz or .bz2.')
    if uri.lower().endswith(COMPRESSED) and not uri.endswith(COMPRESSED):
        raise DataError(f'{uri} is compressed, but Spark tells that only by an ending in lower case. Land it again as '
                        '.gz or .bz2.')
    if spec.skip_rows or spec.files:
        raise DataError(f"{uri}: 'skip_rows' and 'files' of the input_spec cannot be followed. Land one file that "
                        'begins with its header, and remove them.')


def _delimited(spark: SparkSession, uri: str, spec: InputSpec, knowledge: Knowledge) -> DataFrame:
    section = spec.delimited()
    files = runtime.files(uri)
    dialect = Dialect(str(section.delimiter), section.quote_character, section.escape_character, section.header,
                      spec.encoding)
    beginning = read_beginning(files, uri, dialect)
    known = knowledge(beginning.columns)
    options = DelimitedOptions(
        dialect=dialect, beginning=beginning, size=files.size(uri) or 0,
        line_breaks=spec.multiline if isinstance(spec.multiline, bool) else None, infer_types=spec.infer_types,
        fixed_types=spec.types, text_columns=known.text_columns, null_values=spec.null_values,
        # Text never becomes a list or a struct; whether the table may change to text is decided at its publication.
        table_types={name: kind for name, kind in known.table_types.items() if '<' not in kind})
    return read_delimited(spark, uri, options)


def _as_published(df: DataFrame, table_types: Mapping[str, str]) -> DataFrame:
    """Give columns the published type where it is wider, so that one file's whole numbers do not change the table."""
    kinds = {item.name: item.dataType.simpleString() for item in df.schema.fields}
    wider = {name: kind for name, kind in table_types.items() if (kinds.get(name), kind) in WIDER}
    return df.withColumns({name: column(name).cast(kind) for name, kind in wider.items()}) if wider else df
