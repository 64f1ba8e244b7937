"""Puts the lineage of all workflows of a lake together: tables in the order in which they are made."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from lake_etl.arguments import PARTITION_KEYS
from lake_etl.column_lineage.cleanse_lineage import cleanse_lineage, rule_columns
from lake_etl.column_lineage.lineage_graph import (
    ROWS, ColumnLineage, ColumnName, LineageGraph, LineageStep, Origin, TableKind, TableLineage, merge_origins)
from lake_etl.column_lineage.relation import Relation, UntraceableQuery, base_table
from lake_etl.column_lineage.statement_lineage import ReadStatement, SqlFile, UnreadStatement, read_statements
from lake_etl.config.configuration_files import entity_match_file, file_names
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.quality_rules import StageRules
from lake_etl.config.workflow import Workflow
from lake_etl.config.written_tables import CONSUME, CROSS_REFERENCE
from lake_etl.errors import LakeError

CROSS_REFERENCE_COLUMNS = ('match_key', 'source_system', 'source_key', 'first_seen', 'last_seen', 'level', 'score')


@dataclass(frozen=True, kw_only=True)
class LakeConfiguration:
    """What the lineage of a lake is computed from.

    workflows  by database and table
    matches    entity match specifications by database
    masking    whether each transform hides personal data, by name
    published  columns of the tables in the catalog, partition columns last; where there are none, configuration alone
               decides
    """

    workflows: Mapping[tuple[str, str], Workflow]
    matches: Mapping[str, EntityMatchSpec]
    masking: Mapping[str, bool]
    published: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Filling:
    """A statement that fills a table, with what it needs.

    session  statements of the same file before it that define views of the session
    """

    table: str
    kind: TableKind
    file: str
    statement: ReadStatement
    session: tuple[ReadStatement, ...] = ()
    rules: StageRules | None = None
    rules_file: str = ''


def trace_lake(configuration: LakeConfiguration) -> LineageGraph:
    """Return the lineage of all tables and views of a lake.

    Raises LakeError when tables read each other in a circle.
    """
    tables: dict[str, TableLineage] = {}
    unread: list[str] = []
    fillings: list[_Filling] = []
    for (database, table), workflow in configuration.workflows.items():
        name = f'{database}.{table}'.lower()
        for item in cleanse_lineage(database, table, workflow, configuration.masking,
                                    configuration.published.get(name)):
            tables[item.name] = _with_columns_of(item, tables.get(item.name))
        for sql, rules, rules_file in _sql_files(database, table, workflow):
            found, failed = _fillings(sql, f'{database}{CONSUME}.{_consume_table(table, workflow)}'.lower(), rules,
                                      rules_file)
            fillings += found
            unread += map(str, failed)
    matched = {f'{database}{CONSUME}.{spec.primary_entity_table}'.lower(): (database, spec)
               for database, spec in configuration.matches.items()}
    by_table: dict[str, list[_Filling]] = {}
    for filling in fillings:
        by_table.setdefault(filling.table, []).append(filling)
    known = _KnownTables(tables, configuration.published)
    for name in _order(fillings, matched, configuration.workflows):
        for filling in by_table.get(name, ()):
            traced, failure = _filled_table(filling, known)
            tables[name] = traced
            unread += [failure] if failure else []
        if name in matched:
            tables |= {item.name: item for item in _matched_tables(name, *matched[name], configuration, tables)}
    return LineageGraph(_with_protection(tables), tuple(dict.fromkeys(unread)))


def _with_columns_of(table: TableLineage, known: TableLineage | None) -> TableLineage:
    """Return a source with the columns that another table takes from it, if its files fill several tables."""
    if known is None:
        return table
    further = [column for column in table.columns if column.name not in {item.name for item in known.columns}]
    return replace(known, columns=(*known.columns, *further),
                   further_columns=known.further_columns or table.further_columns)


@dataclass(frozen=True)
class _KnownTables:
    """The tables of a lake that are traced so far, and the columns of those in the catalog."""

    traced: Mapping[str, TableLineage]
    published: Mapping[str, Sequence[str]]

    def find(self, name: str) -> Relation:
        """Return a table as queries see it; one that nobody knows has unknown columns."""
        table = self.traced.get(name)
        if table is not None:
            return base_table(name, [column.name for column in table.columns], bool(table.further_columns))
        return base_table(name, self.published.get(name, ()), name not in self.published)


def _consume_table(table: str, workflow: Workflow) -> str:
    return (workflow.spark_sql.table_override if workflow.spark_sql else None) or table


def _sql_files(database: str, table: str, workflow: Workflow) -> Iterable[tuple[SqlFile, StageRules | None, str]]:
    """Yield the SQL files of a workflow, with the rules for the rows that they give."""
    names, consume = file_names(database, table), f'{database}{CONSUME}'.lower()
    values = {'source_database_name': database.lower(), 'target_database_name': consume,
              'table_name': table.lower(), 'target_table': table.lower()}

    def short(name: str) -> str:
        return workflow.file(name).rpartition('/')[2]
    if workflow.spark_sql:
        rules = workflow.quality.after_sparksql if workflow.quality else None
        yield SqlFile(file=short(names.spark_sql), dialect='spark', database='default',
                      statements=workflow.spark_sql.statements, placeholders=values), rules, short(names.quality)
    yield SqlFile(file=short(names.athena_sql), dialect='athena', database=consume,
                  statements=workflow.athena_statements, placeholders=values), None, ''
    yield SqlFile(file=short(names.redshift_sql), dialect='redshift', database='public',
                  statements=workflow.redshift_statements, placeholders=values), None, ''


def _fillings(sql: SqlFile, consume_table: str, rules: StageRules | None, rules_file: str
              ) -> tuple[list[_Filling], list[UnreadStatement]]:
    """Return what the statements of a file fill, and the statements that cannot be read."""
    found, failed, session = [], [], list[ReadStatement]()
    for statement in read_statements(sql):
        if isinstance(statement, UnreadStatement):
            failed.append(statement)
        elif sql.dialect == 'spark' and statement.target and '.' not in statement.target:
            session.append(statement)
        elif sql.dialect == 'spark' and not statement.target:
            views = frozenset(f'default.{view.target}' for view in session)
            reads = statement.reads.union(*(view.reads for view in session)) - views
            found.append(_Filling(consume_table, 'consume', sql.file, replace(statement, reads=reads), tuple(session),
                                  rules, rules_file))
        elif statement.target:
            found.append(_Filling(statement.target, 'view', sql.file, statement))
    return found, failed


def _order(fillings: Sequence[_Filling], matched: Mapping[str, tuple[str, EntityMatchSpec]],
           workflows: Mapping[tuple[str, str], Workflow]) -> list[str]:
    """Return the tables that are made of others, each after those; raises LakeError for a circle."""
    reads: dict[str, set[str]] = {}
    files: dict[str, str] = {}
    for filling in fillings:
        # A table may read its own earlier rows.
        reads.setdefault(filling.table, set()).update(filling.statement.reads - {filling.table})
        files[filling.table] = filling.file
    for name, (database, _) in matched.items():
        reads[name] = _consume_tables(database, workflows) - {name}
        files[name] = entity_match_file(database).rpartition('/')[2]
        reads[f'{name}{CROSS_REFERENCE}'] = {name}
    try:
        return [name for name in TopologicalSorter(reads).static_order() if name in reads]
    except CycleError as error:
        circle = error.args[1]
        written = ', '.join(sorted({files[name] for name in circle if name in files}))
        raise LakeError(f'Tables are made of each other in a circle: {" -> ".join(circle)}. None of them can be filled '
                        f'first. Change the queries in {written} so that one of these tables does not read '
                        'the others.') from None


def _consume_tables(database: str, workflows: Mapping[tuple[str, str], Workflow]) -> set[str]:
    return {f'{owner}{CONSUME}.{_consume_table(table, workflow)}'.lower() for (owner, table), workflow
            in workflows.items() if owner.lower() == database.lower() and workflow.spark_sql}


def _filled_table(filling: _Filling, known: _KnownTables) -> tuple[TableLineage, str]:
    """Return the table that a statement fills, and why it is unknown from here, or an empty text."""
    statement, published = filling.statement, known.published
    session: dict[str, Relation] = {}
    try:
        for view in filling.session:
            session[view.target] = view.trace(known.find, session)
        relation = statement.trace(known.find, session)
    except (UntraceableQuery, RecursionError) as error:
        reason = str(error) if isinstance(error, UntraceableQuery) else 'it is nested too deeply'
        listed = tuple(ColumnLineage(name, unknown=reason) for name in published.get(filling.table, ()))
        return (TableLineage(filling.table, filling.kind, filling.file, listed, (), '' if listed else reason, reason),
                str(UnreadStatement(statement.place, reason)))
    step = LineageStep('query', statement.place)
    traced = _table_of(filling, relation, step, published)
    if statement.appends and filling.table in known.traced:
        traced = _appended(known.traced[filling.table], traced)
    return _with_rules(traced, filling), ''


def _table_of(filling: _Filling, relation: Relation, step: LineageStep, published: Mapping[str, Sequence[str]]
              ) -> TableLineage:
    def origins(sources: Iterable[ColumnName]) -> tuple[Origin, ...]:
        return tuple(Origin(source, (step,)) for source in sorted(sources, key=str))
    columns = {name: ColumnLineage(name, origins(sources), () if sources else (step,))
               for name, sources in relation.columns if name}
    further = ('only the catalog knows the columns of ' + ', '.join(relation.open) if relation.open
               else 'the engine gives names to some of its columns' if relation.unnamed else '')
    for name in published.get(filling.table, ()) if further else ():
        if name not in columns:
            one = relation.open[0] if len(relation.open) == 1 and not relation.unnamed else ''
            columns[name] = (ColumnLineage(name, origins([ColumnName(one, name)])) if one
                             else ColumnLineage(name, unknown=further))
    return TableLineage(filling.table, filling.kind, filling.file,
                        tuple(columns.values()), origins(relation.rows),
                        '' if filling.table in published else further)


def _appended(table: TableLineage, more: TableLineage) -> TableLineage:
    """Return a table to which a statement adds rows: each column comes from both, by position."""
    if table.further_columns or more.further_columns or len(table.columns) != len(more.columns):
        reason = f'a statement of {more.file} adds rows to it, and its columns are not all known'
        return replace(table, columns=tuple(ColumnLineage(column.name, unknown=reason) for column in table.columns),
                       unknown_rows=reason)
    columns = tuple(replace(mine, origins=merge_origins((*mine.origins, *theirs.origins)),
                            unknown=mine.unknown or theirs.unknown)
                    for mine, theirs in zip(table.columns, more.columns, strict=True))
    return replace(table, columns=columns, row_origins=merge_origins((*table.row_origins, *more.row_origins)),
                   unknown_rows=table.unknown_rows or more.unknown_rows)


def _with_rules(table: TableLineage, filling: _Filling) -> TableLineage:
    """Return the table with the columns of its quarantine rules deciding on rows."""
    rows, unknown = list(table.row_origins), table.unknown_rows
    for index, rule in enumerate(filling.rules.quarantine_rules if filling.rules else ()):
        step = LineageStep('rule', f'after_sparksql.quarantine_rules[{index}] of {filling.rules_file}')
        for name in rule_columns(rule) or ():
            column = table.column(name)
            rows += (origin.through(step) for origin in column.origins) if column else ()
            unknown = unknown or ('' if column else table.further_columns)
        if rule_columns(rule) is None:
            unknown = f'{step.place} is a query, or compares whole rows'
    return replace(table, row_origins=merge_origins(rows), unknown_rows=unknown)


def _matched_tables(name: str, database: str, spec: EntityMatchSpec, configuration: LakeConfiguration,
                    tables: Mapping[str, TableLineage]) -> Iterable[TableLineage]:
    """Yield the primary table of an entity match and its cross-reference."""
    file = entity_match_file(database).rpartition('/')[2]
    step = LineageStep('match', file)
    incoming = [tables[table] for table in sorted(_consume_tables(database, configuration.workflows))
                if table in tables and table != name]
    read = [Origin(ColumnName(table.name, column.lower()), (step,)) for table in incoming
            for column in spec.columns() if table.column(column)]
    rows = tuple(Origin(ColumnName(table.name, ROWS), (step,)) for table in incoming)
    identifier = spec.global_id_field.lower()
    columns: dict[str, list[Origin]] = {identifier: list(read)}
    for table in incoming:
        for column in table.columns:
            origin = Origin(ColumnName(table.name, column.name.lower()), (step,))
            columns.setdefault(column.name.lower(), []).append(origin)
    unknown = next((table.further_columns for table in incoming if table.further_columns), '')
    decided = merge_origins((*rows, *read))
    yield TableLineage(name, 'match', file, tuple(
        ColumnLineage(column, merge_origins(origins)) for column, origins in columns.items()), decided, unknown)
    days = [Origin(ColumnName(table.name, key.name), (step,)) for table in incoming for key in PARTITION_KEYS]
    yield TableLineage(f'{name}{CROSS_REFERENCE}', 'match', file, tuple(
        ColumnLineage(column, merge_origins(days if column.endswith('_seen') else read))
        for column in (identifier, *CROSS_REFERENCE_COLUMNS)), decided)


def _with_protection(tables: Mapping[str, TableLineage]) -> dict[str, TableLineage]:
    """Return the tables with those columns marked that hold values of protected columns."""
    graph = LineageGraph(tables)
    protected = {ColumnName(table.name, column.name) for table in tables.values() for column in table.columns
                 if column.protected}
    direct = {target for name in protected for target in graph.downstream(name) if target.column != ROWS} | protected
    return {name: replace(table, columns=tuple(
        replace(column, protected=ColumnName(name, column.name) in direct) for column in table.columns))
        for name, table in tables.items()}
