"""`./lake history`, `undo`, `diff`, `remove` and `retention`: show the history of a table, and correct the table."""
from __future__ import annotations

import argparse
from collections.abc import Sequence

from lake_etl import runtime
from lake_etl.config.quality_rules import parse_quality
from lake_etl.config.reader import configuration_below
from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.landing.arrival import landing_spec
from lake_etl.ports import Table
from lake_etl.publish.file_removal import plan_match_removal, plan_removal
from lake_etl.publish.match_undo import finish_correction, is_of_match, matches_of, merge_key
from lake_etl.publish.undo import Correction, find_table, lock_name, plan_undo, publish_correction, read_recorded
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.retention import retention, retention_hours, set_retention
from lib.local_lake.running.table_states import compare_runs, table_of_workflow
from lib.local_lake.showing.report import QUARANTINE
from lib.local_lake.showing.table_changes import print_correction, print_diff, print_history


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Run the command of that name; commands that change a table lock the lake as loads do."""
    folders.require_lake()
    return {'history': _history, 'undo': _undo, 'diff': _diff, 'remove': _remove,
            'retention': _retention}[options.verb](folders, options)


def _history(folders: LakeFolders, options: argparse.Namespace) -> int:
    print_history(read_recorded(find_table(options.table)), options.last, options.format, retention(folders))
    return 0


def _undo(folders: LakeFolders, options: argparse.Namespace) -> int:
    with folders.writing():
        table = find_table(options.table)
        if is_of_match(table) and (finished := finish_correction(table)):
            print(finished)
            return 0
        recorded = read_recorded(table)
        correction = plan_undo(recorded, options.partition, options.to, options.allow_unprotected)
        return _correct(folders, correction)


def _remove(folders: LakeFolders, options: argparse.Namespace) -> int:
    with folders.writing():
        table = table_of_workflow(options.workflow)
        if is_of_match(table):
            return _correct(folders, plan_match_removal(read_recorded(table), options.file, options.allow_unprotected))
        database, _, name = table.parameters.get('lake_etl.workflow', f'{table.database}/{table.name}').partition('/')
        spec = landing_spec(database, name, configuration_below(str(folders.configuration)))
        correction = plan_removal(read_recorded(table), options.file, spec.load_mode == 'by_file',
                                  options.allow_unprotected)
        return _correct(folders, correction)


def _correct(folders: LakeFolders, correction: Correction) -> int:
    kept = retention(folders)
    with doing(f'Correcting {correction.recorded.name}'):
        publish_correction(correction, kept)
    print_correction(correction, True, kept)
    _print_others(correction)
    return 0


def _print_others(correction: Correction) -> None:
    """Print which other tables of the workflow were not changed, and how the same run is taken back there."""
    corrected = correction.recorded.table
    if is_of_match(corrected):
        print('The tables that were matched are as they were. If their files are loaded again, they are matched again.')
        return
    for recorded in matches_of(corrected.database):
        if recorded.changes and recorded.changes[0].cause.run == correction.taken:
            print(f'{recorded.name} still has what the same run matched. Take it back with: ./lake undo '
                  f'{recorded.name}')
    for table in runtime.catalog().tables():
        name, same = f'{table.database}.{table.name}', lock_name(table) == lock_name(corrected)
        if not same or name == correction.recorded.name:
            continue
        latest = next(iter(runtime.catalog().history(table.database, table.name)), None)
        if latest is not None and latest.cause.run == correction.taken:
            print(f'{name} still has what the same run published. Take it back with: ./lake undo {name}')
        elif QUARANTINE not in name:
            print(f'{name}, which the same workflow fills, is as it was.')


def _diff(folders: LakeFolders, options: argparse.Namespace) -> int:
    recorded = read_recorded(find_table(options.table))
    if options.key is not None:
        key: Sequence[str] = [name.strip() for name in options.key.split(',') if name.strip()]
    else:
        key = merge_key(recorded.table) if is_of_match(recorded.table) else _key_of_rules(folders, recorded.table)
    with doing(f'Comparing two states of {recorded.name}'):
        diff = compare_runs(recorded, options.earlier, options.later, key, retention(folders))
    print_diff(recorded.name, diff, key, options.format)
    return 0


def _retention(folders: LakeFolders, options: argparse.Namespace) -> int:
    if options.hours is not None:
        with folders.writing():
            set_retention(folders, options.hours)
    print(f'Superseded files stay for {retention_hours(folders):g} hours. Within that time ./lake undo can bring them '
          'back.')
    return 0


def _key_of_rules(folders: LakeFolders, table: Table) -> Sequence[str]:
    """Return the columns of the first rule IsPrimaryKey of the workflow's rules file; none without such a rule."""
    database, consume, _ = table.database.partition('_consume')
    read, name = configuration_below(str(folders.configuration)), f'dq-rules/dq-{database}-{table.name}.json'
    content, findings = read(name), Findings(name)
    raw = parse_json_object(content, findings) if content is not None else None
    quality = parse_quality(raw, findings) if raw is not None else None
    if quality is None:
        return []
    stage = quality.after_sparksql if consume else quality.after_transform
    rules = [*stage.warn_rules, *stage.quarantine_rules, *stage.halt_rules]
    return next(([item.value.lower() for item in rule.parameters] for rule in rules
                 if isinstance(rule, Rule) and rule.type == 'IsPrimaryKey'), [])
