"""Finds what a change of the configuration breaks: SQL, rules and matches that name columns which do not exist."""
from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from lake_etl.column_lineage.cleanse_lineage import rule_columns
from lake_etl.column_lineage.lineage_graph import ROWS
from lake_etl.config.configuration_files import file_names, folded
from lake_etl.config.quality_rules import ACTIONS
from lake_etl.config.written_tables import CONSUME
from lib.local_lake.planning.configured_lake import ConfiguredLake
from lib.local_lake.planning.effect import STRUCTURE, ConfigurationEffect
from lib.local_lake.planning.rule_reading import rules_of_others


@dataclass(frozen=True)
class Breakage:
    """What does not work any more after a change: where it is written, and why.

    certain  whether it fails; otherwise it cannot be analysed
    """

    place: str
    reason: str
    certain: bool = True


def find_breakages(before: ConfiguredLake, after: ConfiguredLake, effects: Iterable[ConfigurationEffect]
                   ) -> Iterator[Breakage]:
    """Yield what does not work any more after a change of the configuration."""
    gone = {(effect.table, effect.earlier or effect.column) for effect in effects
            if effect.kind in ('column removed', 'column renamed')}
    for name, problems in after.problems.items():
        known = () if before.unread.get(name) != after.unread.get(name) else before.problems.get(name, ())
        yield from (Breakage(item.file, str(item).removeprefix(f'{item.file}: ')) for item in problems
                    if item not in known)
    if after.circle and after.circle != before.circle:
        yield Breakage('transformation-sql', after.circle)
    yield from _refused(effects, after)
    earlier = set(before.graph.unread)
    for sentence in after.graph.unread:
        if sentence not in earlier:
            yield _unread(sentence, gone, after)
    yield from _only_of_source(gone, after)
    yield from _read_by_rules(gone, before, after)
    yield from _missing_tables(before, after)
    for missing in (_missing_columns, _missing_in_rules, _missing_in_matches):
        earlier_ones = set(missing(before))
        yield from (item for item in missing(after) if item not in earlier_ones)


def _refused(effects: Iterable[ConfigurationEffect], after: ConfiguredLake) -> Iterator[Breakage]:
    """Yield what loads refuse: columns that lose their protection without a reason, and changed columns if strict."""
    for effect in effects:
        read = after.workflows.get(folded(effect.workflow))
        if read is None or effect.table != folded(effect.workflow).replace('/', '.'):
            continue
        spec = read.file(file_names(*effect.workflow.split('/')).spec).rpartition('/')[2]
        reasons = {name.lower() for name in read.input.no_longer_protected}
        if effect.kind == 'protection removed' and effect.reload != 'none' and effect.column not in reasons:
            yield Breakage(spec, f'loads stop: {effect.column} was protected, and input_spec.no_longer_protected gives '
                                 'no reason why it is not any more')
        if effect.kind in STRUCTURE and read.input.allow_schema_change in ('strict', 'reorder'):
            yield Breakage(spec, f'loads stop: allow_schema_change is {read.input.allow_schema_change}, and '
                                 f'{effect.column} is another column than in the published table')


def _unread(sentence: str, gone: Collection[tuple[str, str]], lake: ConfiguredLake) -> Breakage:
    """Return what is wrong with a statement that could be traced before: it names removed columns, or nobody knows."""
    place, _, reason = sentence.partition(': ')
    words = set(re.findall(r'\w+', _sql_text(place.rpartition(' of ')[2], lake)))
    named = sorted(f'{table}.{name}' for table, name in gone if name in words)
    if named:
        return Breakage(place, f'reads {" and ".join(named)}, which {"do" if len(named) > 1 else "does"} not exist')
    return Breakage(place, reason, certain='none of the tables' in reason)


def _sql_text(file: str, lake: ConfiguredLake) -> str:
    """Return the statements of a SQL file in lower case."""
    for read in lake.workflows.values():
        for name in read.present_files:
            if name.rpartition('/')[2] == file:
                spark = read.spark_sql.statements if read.spark_sql else ()
                return ' '.join({'spark': spark, 'athena': read.athena_statements}.get(
                    file.partition('-')[0].lower(), read.redshift_statements)).lower()
    return ''


def _missing_columns(lake: ConfiguredLake) -> Iterator[Breakage]:
    """Yield the columns that SQL reads and that the tables do not have."""
    for origin, target in lake.graph.edges():
        table = lake.graph.tables.get(origin.source.table)
        if table is None or table.kind == 'source' or table.further_columns or origin.source.column == ROWS:
            continue
        if table.column(origin.source.column) is None:
            file = lake.graph.tables[target.table].file
            yield Breakage(file, f'{target.table} reads {origin.source}, which does not exist')


def _missing_tables(before: ConfiguredLake, after: ConfiguredLake) -> Iterator[Breakage]:
    """Yield the tables that SQL reads and that no workflow fills, unless that was so before."""
    known = {(origin.source.table, target.table) for origin, target in before.graph.edges()
             if origin.source.table not in before.graph.tables}
    read = {(origin.source.table, target.table) for origin, target in after.graph.edges()}
    for source, table in sorted(read - known):
        if source not in after.graph.tables and source not in after.unread_tables:
            more = ' any more' if source in before.graph.tables else ''
            name = source.removeprefix('default.')
            yield Breakage(after.graph.tables[table].file, f'{table} reads {name}, which no workflow fills{more}',
                           certain=False)


def _only_of_source(gone: Collection[tuple[str, str]], lake: ConfiguredLake) -> Iterator[Breakage]:
    """Yield the columns that SQL reads and that no step makes any more, of tables without a mapping."""
    for origin, target in lake.graph.edges():
        table, column = lake.graph.tables.get(origin.source.table), origin.source.column
        if table and table.further_columns and (table.name, column) in gone and table.column(column) is None:
            yield Breakage(lake.graph.tables[target.table].file, f'{target.table} reads {origin.source}, which exists '
                           'only if the source file has it', certain=False)


def _read_by_rules(gone: Collection[tuple[str, str]], before: ConfiguredLake, after: ConfiguredLake
                   ) -> Iterator[Breakage]:
    """Yield the rules that read a column or a table of another workflow which is gone."""
    tables = before.graph.tables.keys() - after.graph.tables.keys() - after.unread_tables
    for item in rules_of_others(after):
        place = f'dq-{after.name(item.workflow).replace("/", "-")}.json'
        for table, name in sorted(gone):
            if item.names(table, name):
                yield Breakage(place, f'{item.rule} reads {table}.{name}, which does not exist')
        for table in sorted(tables):
            if item.names(table):
                yield Breakage(place, f'{item.rule} reads {table}, which no workflow fills any more', certain=False)


def _missing_in_rules(lake: ConfiguredLake) -> Iterator[Breakage]:
    """Yield the columns that rules look at and that the rows do not have at their stage."""
    for workflow, read in lake.workflows.items():
        facts = lake.facts[workflow]
        consume = lake.graph.tables.get(
            f'{workflow.partition("/")[0]}{CONSUME}.{facts.consume.table}' if facts.consume else '')
        mapped = None if read.mapping is None else {name.lower() for name in read.mapping.destinations()}
        open_table = bool(facts.further) or facts.opaque_steps
        has = {'before_transform': mapped, 'after_transform': None if open_table else set(facts.columns),
               'after_sparksql': None if consume is None or consume.further_columns
               else {column.name.lower() for column in consume.columns}}
        for stage, columns in has.items():
            for action in ACTIONS if read.quality and columns is not None else ():
                for rule in getattr(getattr(read.quality, stage), action):
                    missing = [name for name in rule_columns(rule) or () if name.lower() not in (columns or ())
                               and name.lower() not in ('year', 'month', 'day', 'execution_id')]
                    yield from (Breakage(f'dq-{lake.name(workflow).replace("/", "-")}.json',
                                         f'{stage}.{action}: {rule} looks at {name}, which does not exist there')
                                for name in missing)


def _missing_in_matches(lake: ConfiguredLake) -> Iterator[Breakage]:
    """Yield the columns that an entity match compares and that a Consume table of its database does not have."""
    for database, spec in lake.matches.items():
        for workflow, facts in lake.facts.items():
            if facts.consume is None or workflow.partition('/')[0] != database:
                continue
            table = lake.graph.tables.get(f'{database}{CONSUME}.{facts.consume.table}')
            if table is None or table.further_columns:
                continue
            yield from (Breakage(f'{database}-entitymatch.json', f'compares {name}, which {table.name} does not have')
                        for name in spec.columns() if table.column(name) is None)
