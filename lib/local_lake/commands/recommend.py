"""`./lake recommend FILE`: proposes a mapping and a specification for a file, or for its copybook."""
from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_etl.config.input import parse_input
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.mapping.recommendation import recommended_mapping
from lake_etl.syntax.records import Findings
from lib.local_lake.commands.run import landing_of
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.laptop_session import is_small, start_session
from lib.local_lake.running.proposal_files import write_proposals
from lib.local_lake.running.spark_tasks import running_tasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lake_etl.mapping.date_patterns import DatePatterns

# Rows that tell which columns may hold dates.
FIRST_ROWS = 1000


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print both proposals, or write them to the configuration folder unless such files exist."""
    file = Path(options.file).resolve()
    if not file.is_file():
        raise LakeError(f'{options.file}: there is no such file.')
    copybook = Path(options.copybook).resolve() if options.copybook else None
    if copybook and not copybook.is_file():
        raise LakeError(f'{options.copybook}: there is no such copybook.')
    mapping, spec = (propose_by_copybook(file, copybook, options) if copybook
                     else propose(folders, file, described_input(options)))
    if not options.workflow:
        print(f'# Schema mapping\n{mapping}\n# Specification\n{spec}')
        return 0
    landing = landing_of(options.workflow, file.name, None)
    stem = folders.configuration / 'transformation-spec' / f'{landing.database}-{landing.table}'
    texts = {stem.with_name(f'{stem.name}.csv'): mapping, stem.with_name(f'{stem.name}.json'): spec}
    if copybook:
        texts[stem.with_name(f'{stem.name}.cpy')] = copybook.read_text(encoding='utf-8')
    write_proposals(texts)
    return 0


def described_input(options: argparse.Namespace) -> dict[str, Any]:
    """Return the input_spec that the options of the command describe."""
    found: dict[str, Any] = {}
    if options.delimiter:
        found['csv'] = {'header': True, 'delimiter': options.delimiter.replace('\\t', '\t')}
    if options.sheet is not None or options.address:
        found['excel'] = {'sheet_names': [options.sheet or '0'], 'data_address': options.address or 'A1'}
    if options.row_tag:
        found['xml'] = {'row_tag': options.row_tag}
    if options.encoding:
        found['encoding'] = options.encoding
    return found


def propose_by_copybook(file: Path, copybook: Path, options: argparse.Namespace) -> tuple[str, str]:
    """Return a mapping and a specification for a mainframe extract, as texts; starts no session of Spark.

    Raises ConfigurationError when the copybook has mistakes, and DataError when the file does not fit it.
    """
    from lake_etl.read.cobol_proposal import propose_extract
    from lake_etl.syntax.clean_names import clean_names
    keys = {'encoding': options.encoding, 'record_format': options.record_format}
    findings = Findings('options of ./lake recommend')
    described = {key: value for key, value in keys.items() if value}
    if parse_input({'cobol': described}, findings) is None:
        raise ConfigurationError(findings.problems)
    layout, section = propose_extract(str(file), copybook.read_bytes(), copybook.name, described)
    if not options.workflow:
        section = {'copybook': copybook.name, **section}
    names = [name for name, _ in layout.columns]
    rows = [{'sourcename': old, 'destname': new} for old, new in zip(names, clean_names(names), strict=True)]
    spec = {'description': 'Proposed from the copybook and the first file. Read it and correct it.',
            'input_spec': {'cobol': section}, 'transform_spec': {}}
    return recommended_mapping(rows), json.dumps(spec, indent=4) + '\n'


def propose(folders: LakeFolders, file: Path, described: Mapping[str, Any]) -> tuple[str, str]:
    """Return a mapping and a specification for the file, as texts.

    described  what is known about the input_spec; the rest is detected

    Raises ConfigurationError when the description has mistakes, and DataError when the file cannot be read.
    """
    from glue_catalog_helpers import clean_column_names, generate_spec
    from lake_etl.mapping.recommendation import with_dates
    from lake_etl.read.malformed import malformed_column
    from lake_etl.read.scratch import scratch_folder
    from lake_etl.read.source import proposed_input_spec, read_collected_file
    from lake_etl.spark.session import configure
    findings = Findings('options of ./lake recommend')
    input_spec = parse_input(dict(described), findings)
    if input_spec is None:
        raise ConfigurationError(findings.problems)
    small = is_small(folders, file.stat().st_size)
    with folders.working_folder() as folder:
        spark = configure(start_session(folder, small_data=small))
        scratch = scratch_folder(str(folder), 'recommend')
        with doing(f'Reading {file.name}', measure=running_tasks):
            df = read_collected_file(spark, str(file), input_spec, scratch=scratch)
            cleaned, rows = clean_column_names(df.drop(malformed_column(df) or ''))
            spec = with_dates(generate_spec(cleaned, file.suffix), found_dates(cleaned))
        spec['input_spec'] = {**proposed_input_spec(str(file), input_spec, scratch), **described}
        return recommended_mapping(rows), json.dumps(spec, indent=4) + '\n'


def found_dates(df: DataFrame) -> dict[str, DatePatterns]:
    """Return the text columns all of whose values are dates of some pattern; runs one or two Spark jobs."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import StringType

    from lake_etl.mapping.date_patterns import date_patterns
    from lake_etl.spark.columns import column
    texts = [field.name for field in df.schema.fields if isinstance(field.dataType, StringType)]
    if not texts:
        return {}
    first = df.select(*map(column, texts)).limit(FIRST_ROWS).collect()
    likely = [name for index, name in enumerate(texts) if date_patterns(row[index] for row in first)]
    if not likely:
        return {}
    values = df.agg(*[F.collect_set(column(name)) for name in likely]).collect()[0]
    return {name: found for name, texts in zip(likely, values, strict=True) if (found := date_patterns(texts))}
