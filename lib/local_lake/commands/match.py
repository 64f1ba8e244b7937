"""`./lake match explain|report DATABASE`: explains why rows are one person, or writes a report of the match."""
from __future__ import annotations

import argparse
from pathlib import Path

from lake_etl.errors import LakeError
from lake_etl.match.explanation import explain
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.showing.match_explanation import explanation_lines
from lib.local_lake.showing.match_report import figures_of, report_page
from lib.local_lake.showing.match_source import MatchedDatabase, SourceKey
from lib.local_lake.showing.output import print_rows

EXPECTED = 'expected one global id or its beginning, or two source keys written SYSTEM:KEY'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Explain a pair of rows or a person, or write a report."""
    folders.require_lake()
    matched = MatchedDatabase(folders, options.database)
    if options.kind == 'report':
        return report(matched, options)
    return explain_pair(matched, options.rows) if len(options.rows) > 1 else explain_person(matched, options.rows[0])


def explain_pair(matched: MatchedDatabase, texts: list[str]) -> int:
    """Print how two rows compare at each level."""
    if len(texts) != 2:
        raise LakeError(f'There are {len(texts)} rows on the command line; {EXPECTED}.')
    one, other = map(_source_key, texts)
    print(f'{one} and {other}')
    with doing('Looking for the rows'):
        rows = matched.row(one), matched.row(other)
    print('\n'.join(explanation_lines(explain(matched.spec, *rows))))
    return 0


def explain_person(matched: MatchedDatabase, beginning: str) -> int:
    """Print the source keys of the person whose global id has this beginning, and compare the first with each other."""
    with doing('Looking for the person'):
        known = matched.known_keys(beginning)
    people = len({key.global_id for key in known})
    if people != 1:
        raise LakeError(f"The global ids of {people} people begin with '{beginning}'; {EXPECTED}.")
    print_rows(('source key', 'first seen', 'level', 'score'),
               [(str(key.source), key.first_seen, key.level, key.score) for key in known])
    first = known[0].source
    for key in known[1:]:
        print()
        explain_pair(matched, [str(first), str(key.source)])
    return 0


def report(matched: MatchedDatabase, options: argparse.Namespace) -> int:
    """Write the page and print its path."""
    path = Path(options.out or f'{options.database}-entitymatch.html')
    with doing('Reading the source keys'):
        figures = figures_of(matched.known_keys(), {str(level.id): level.threshold for level in matched.spec.levels})
    path.write_text(report_page(options.database, figures), encoding='utf-8')
    print(f'{figures.keys:,} source keys of {figures.persons:,} persons. The report is in {path}.')
    return 0


def _source_key(text: str) -> SourceKey:
    system, colon, key = text.partition(':')
    if not (system and colon and key):
        raise LakeError(f"'{text}' is not a source key; {EXPECTED}.")
    return SourceKey(system, key)
