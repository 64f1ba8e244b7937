"""Reads collected files in the format that their workflow names, with column types that hold from file to file."""
from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.formats.avro_format import AVRO
from lake_etl.config.formats.cobol_format import COBOL, CobolSection
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.formats.excel_format import EXCEL
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.formats.orc_format import ORC
from lake_etl.config.formats.parquet_format import PARQUET
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.errors import DataError, LakeError
from lake_etl.read.declared_types import with_declared_types
from lake_etl.read.delimiter_detection import delimited_section, first_values
from lake_etl.read.encoding_check import wrong_encoding_error
from lake_etl.read.prepare import inspect_file, prepare_file
from lake_etl.read.source_files import KnownTypesLookup, SourceFiles, no_known_types
from lake_etl.read.undecodable import UNDECODABLE, undecodable_files_error
from lake_etl.reasons.failure import reason_of

Reader = Callable[[SparkSession, SourceFiles], DataFrame]
ApplyTypes = Callable[[DataFrame, Mapping[str, str]], DataFrame]
PREPARED = 'prepared-'
# Spark ignores files whose names begin with one of these.
HIDDEN_PREFIXES = ('_', '.')
# The part of Spark that fetches rows from files. Its name is in the Java trace of such a failure, and in no other.
FILE_SCAN = 'FileScanRDD'
BINARY_FORMATS = (PARQUET, ORC, AVRO)
DAMAGE_CODES = ('CANNOT_READ_FILE_FOOTER', 'FAILED_READ_FILE.NO_HINT', 'FAILED_READ_FILE:', 'FAILED_READ_FILE (')
# Words in the class names of errors that come from memory, network or a stopped run, not from the content of a file.
OUTSIDE = re.compile(r'\b\w*(OutOfMemory|StackOverflow|Socket|Connect|Timeout|Interrupt|SSL|Host|Closed|Cancel|NotFound'
                     r'|Access)\w*(Error|Exception)\b')


def read_collected_file(spark: SparkSession, uri: str, spec: InputSpec, known_types: KnownTypesLookup = no_known_types,
                        *, scratch: str, widths: Sequence[tuple[str, int]] = (), layout: RecordLayout | None = None,
                        apply_types: ApplyTypes = with_declared_types, tracked: bool = False,
                        notices: list[str] | None = None, footers: dict[str, tuple[str, ...]] | None = None
                        ) -> DataFrame:
    """Return the rows of a file, or of all files of the folder whose trigger it is; malformed rows are marked.

    known_types  returns what is known about the source's columns; called once, with their names
    scratch      folder for data that must be rewritten before Spark can read it; needed as long as the frame is
    widths       name and width of each column of fixed-width text, in order
    layout       layout of the records of a mainframe extract
    apply_types  converts columns to the types that the input_spec declares
    notices      gets what the owner of the data should know although the load succeeds
    footers      gets the lines at the end of each file that `skip_footer` leaves out, by the address of the file
    tracked      whether hidden columns track where each row stands in its file (`lake_etl.spark.source_rows`)

    Raises DataError naming the file when it is missing, empty, damaged, or not in the expected format.
    """
    name, uris = list_load_files(uri, spec)
    prepared = [prepare_file(item, spec, f'{scratch}/{PREPARED}{index:05}') for index, item in enumerate(uris)]
    first, first_format = prepared[0]
    for file, file_format in prepared:
        if file_format is not first_format:
            raise DataError(f'{file.name} is {file_format.name}, but {first.name} is {first_format.name}. Files of '
                            'one load need one format; nothing was loaded.')
    if spec.excel and spec.excel.tables and first_format is not EXCEL:
        raise DataError(f'{first.name} is {first_format.name}, and sheets of a workbook fill the tables '
                        f'{", ".join(spec.excel.tables.values())} as well, as the input_spec says. Land a workbook; '
                        'nothing was loaded.')
    if footers is not None:
        footers.update((file.name, file.footer) for file, _ in prepared)
    source = SourceFiles(name, tuple(file for file, _ in prepared), spec, tuple(widths), scratch, known_types,
                         tracked, layout, [] if notices is None else notices)
    described = spec.described_formats()
    if described and first_format not in described:
        source.tell(f'{first.name} is {first_format.name}, and the sections of the input_spec describe only '
                    f'{" and ".join(item.name for item in described)}. It was read as if it had no section.')
    with read_errors_named(name, uri, spec):
        return apply_types(reader_for(first_format)(spark, source), spec.types)


def proposed_input_spec(uri: str, spec: InputSpec, scratch: str) -> dict[str, Any]:
    """Return the section of an input_spec that describes the file, or the first of its folder, with what was detected.

    Reads only the first bytes. The arguments are those of `read_collected_file`.
    """
    decryption = {'pgp': {key: value for key, value in asdict(spec.pgp).items() if value}} if spec.pgp else {}
    return {**decryption, **_proposed_section(uri, spec, scratch)}


def first_text_values(uri: str, spec: InputSpec, scratch: str) -> list[list[str]]:
    """Return the texts of each column in the first rows of delimited text; nothing for another format.

    The arguments are those of `read_collected_file`.
    """
    _, uris = list_load_files(uri, spec)
    file, file_format, skip = inspect_file(uris[0], spec, f'{scratch}/{PREPARED}{0:05}')
    return first_values(spec, file, skip) if file_format is DELIMITED else []


def _proposed_section(uri: str, spec: InputSpec, scratch: str) -> dict[str, Any]:
    _, uris = list_load_files(uri, spec)
    file, file_format, _ = inspect_file(uris[0], spec, f'{scratch}/{PREPARED}{0:05}')
    if file_format is COBOL and spec.cobol is not None:
        return {'cobol': {key: value for key, value in asdict(spec.cobol).items()
                          if value != getattr(CobolSection(), key)}}
    if file_format is DELIMITED:
        return delimited_section(spec, file)
    return {key: dict(section) for key, section in next(iter(file_format.extensions.values()), {}).items()}


def reader_for(input_format: InputFormat) -> Reader:
    """Return the function `read` of the module that the format names; only the readers in use are imported."""
    reader: Reader = importlib.import_module(f'lake_etl.read.{input_format.reader}').read
    return reader


def list_load_files(uri: str, spec: InputSpec) -> tuple[str, tuple[str, ...]]:
    """Return the name of the load for messages, and the addresses of its files ordered by name.

    With `"files": "folder"` in the input_spec, `uri` is the trigger and the load is all other files of its folder. It
    ignores subfolders, empty files, files whose names begin with `_` or `.`, and side files with control totals. Raises
    DataError when there are no files.
    """
    folder, _, name = uri.rpartition('/')
    if spec.files is None:
        if name.startswith(HIDDEN_PREFIXES):
            raise DataError(f'{uri} has a name that begins with "_" or ".", and Spark ignores such files. Land it '
                            'again under another name.')
        return uri, (uri,)
    prefix = f'{folder}/'
    names = {entry.uri.removeprefix(prefix) for entry in runtime.files(folder).list(folder) if entry.size}
    found = [f'{prefix}{item}' for item in sorted(names - {name, spec.trigger_name})
             if '/' not in item and not item.startswith(HIDDEN_PREFIXES) and not spec.is_side_file(item)]
    if not found:
        raise DataError(f'The folder {folder} holds no files with content beside its trigger {name}. The published '
                        'data stays as it is; land the files, and the trigger last.')
    return folder, tuple(found)


@contextmanager
def read_errors_named(name: str, uri: str, spec: InputSpec, scans_only: bool = False) -> Iterator[None]:
    """Turn any error of Spark or a library inside the block into a DataError that names the file.

    name        of the file or folder, for messages
    uri         address of the file, or of the trigger of its folder
    scans_only  whether to turn only errors that occur while Spark fetches rows from files
    """
    try:
        yield
    except LakeError:
        raise
    except Exception as error:
        from_spark = isinstance(error, (PySparkException, Py4JError))
        if from_spark and UNDECODABLE in str(error):
            if spec.pgp is not None:
                raise wrong_encoding_error(name, spec.encoding, 'a line does not fit it', b'') from None
            raise undecodable_files_error([(item, item) for item in list_load_files(uri, spec)[1]],
                                          spec.encoding) from None
        if scans_only and not (from_spark and FILE_SCAN in str(error)):
            raise
        if from_spark and (damaged := _damaged_format(uri, spec, reason_of(error))):
            raise DataError(f'{name} could not be read. It is not {damaged}, or it is damaged or cut short. The '
                            'published data stays as it is; land the file again.') from error
        raise DataError(f'{name} could not be read. {reason_of(error)} The published data stays as it is; land the '
                        'file again, or correct the input_spec where it does not fit the file.') from error


def _damaged_format(uri: str, spec: InputSpec, reason: str) -> str | None:
    """Return the name of the binary format that the files should have, if Spark failed because they do not have it.

    A damaged file lets Spark fail with any class of error, so the reason says nothing unless it has a code of its own.
    """
    file_format = choose_format(list_load_files(uri, spec)[1][0], spec)
    said_by_code = reason.startswith('Spark error') and not any(code in reason for code in DAMAGE_CODES)
    unexplained = reason.startswith(('Spark failed with', 'Spark error'))
    if file_format not in BINARY_FORMATS or said_by_code or not unexplained or OUTSIDE.search(reason):
        return None
    return file_format.name
