"""The table of input formats, with one row for each section of the input_spec, and the choice of a file's format."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.config.encryption import without_encryption_extension
from lake_etl.config.formats.avro_format import AVRO, AvroSection
from lake_etl.config.formats.cobol_format import COBOL, CobolSection
from lake_etl.config.formats.delimited_format import DELIMITED, DelimitedSection
from lake_etl.config.formats.excel_format import EXCEL, ExcelSection
from lake_etl.config.formats.fixed_width_format import FIXED_WIDTH, FixedSection
from lake_etl.config.formats.input_format import InputFormat, formats_by_key, section
from lake_etl.config.formats.json_format import JSON, JsonSection
from lake_etl.config.formats.orc_format import ORC, OrcSection
from lake_etl.config.formats.parquet_format import PARQUET, ParquetSection
from lake_etl.config.formats.xml_format import XML, XmlSection

# Compressions by file extension.
COMPRESSIONS = {'.gz': 'gzip', '.bz2': 'bzip2', '.zip': 'zip', '.zst': 'zstandard'}


@dataclass(frozen=True, kw_only=True)
class InputSections:
    """The sections of an input_spec. Where several sections choose the format, the first one wins."""

    csv: DelimitedSection | None = section(DELIMITED, 'delimited text, with commas unless `delimiter` says otherwise')
    tsv: DelimitedSection | None = section(DELIMITED, 'delimited text, with tabs unless `delimiter` says otherwise')
    pipe: DelimitedSection | None = section(DELIMITED, 'delimited text, with | unless `delimiter` says otherwise')
    json: JsonSection | None = section(JSON, 'JSON, in files that end in .json or .jsonl')
    xml: XmlSection | None = section(XML, 'XML, in files that end in .xml')
    excel: ExcelSection | None = section(EXCEL, 'Excel workbooks, in files with one of their extensions')
    fixed: FixedSection | None = section(
        FIXED_WIDTH, "text with columns of fixed width, whatever the file's extension")
    cobol: CobolSection | None = section(
        COBOL, "mainframe extracts that a COBOL copybook describes, whatever the file's extension")
    parquet: ParquetSection | None = section(PARQUET, "Parquet, whatever the file's extension")
    orc: OrcSection | None = section(ORC, "ORC, whatever the file's extension")
    avro: AvroSection | None = section(AVRO, "Avro, whatever the file's extension")


FORMATS = tuple(dict.fromkeys(formats_by_key(InputSections).values()))


def choose_format(file_name: str, sections: InputSections) -> InputFormat:
    """Return the format of a file: from a section that decides, else from its extension, else delimited text.

    A file whose extension tells no format, such as .txt or .dat, has the format of the only section.

    Extensions of compression and encryption do not count: `policies.json.gz.pgp` is JSON.
    """
    for key, input_format in formats_by_key(InputSections).items():
        if input_format.chosen_by_section and getattr(sections, key) is not None:
            return input_format
    name = without_encryption_extension(file_name.lower())
    for extension in COMPRESSIONS:
        name = name.removesuffix(extension)
    by_extension = next((found for found in FORMATS if name.endswith(tuple(found.extensions))), DELIMITED)
    described = {found for key, found in formats_by_key(InputSections).items() if getattr(sections, key) is not None}
    # Any program writes .txt or .dat, so the only section says more than such an extension.
    says_little = by_extension is DELIMITED and not name.endswith(('.csv', '.tsv'))
    return next(iter(described)) if says_little and len(described) == 1 else by_extension


def split_compression(file_name: str) -> tuple[str, str | None]:
    """Return a file name without the extension of its compression, and the compression; None when it has none."""
    for extension, compression in COMPRESSIONS.items():
        if file_name.lower().endswith(extension):
            return file_name[:-len(extension)], compression
    return file_name, None
