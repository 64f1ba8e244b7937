"""`./lake recommend FILE`: proposes a mapping and a specification for a file."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from lake_etl.errors import LakeError
from lake_etl.mapping.recommendation import recommended_mapping
from lib.local_lake.commands.run import landing_of
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.laptop_session import is_small, start_session
from lib.local_lake.running.proposal_files import write_proposals


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Print both proposals, or write them to the configuration folder unless such files exist."""
    file = Path(options.file).resolve()
    if not file.is_file():
        raise LakeError(f'{options.file}: there is no such file.')
    mapping, spec = propose(folders, file)
    if not options.workflow:
        print(f'# Schema mapping\n{mapping}\n# Specification\n{spec}')
        return 0
    landing = landing_of(options.workflow, file.name, None)
    stem = folders.configuration / 'transformation-spec' / f'{landing.database}-{landing.table}'
    write_proposals({stem.with_name(f'{stem.name}.csv'): mapping, stem.with_name(f'{stem.name}.json'): spec})
    return 0


def propose(folders: LakeFolders, file: Path) -> tuple[str, str]:
    """Return a mapping and a specification for the file, as texts."""
    from glue_catalog_helpers import clean_column_names, generate_spec
    from lake_etl.config.input import InputSpec
    from lake_etl.read.malformed import malformed_column
    from lake_etl.read.scratch import empty_scratch, scratch_folder
    from lake_etl.read.source import read_collected_file
    from lake_etl.spark.session import configure
    spark = configure(start_session(folders.temporary, small_data=is_small(folders, file.stat().st_size)))
    scratch = scratch_folder(str(folders.temporary), 'recommend')
    try:
        df = read_collected_file(spark, str(file), InputSpec(), scratch=scratch)
        cleaned, rows = clean_column_names(df.drop(malformed_column(df) or ''))
        return recommended_mapping(rows), json.dumps(generate_spec(cleaned, file.suffix), indent=4) + '\n'
    finally:
        empty_scratch(scratch)
