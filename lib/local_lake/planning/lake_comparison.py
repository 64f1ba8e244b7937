"""Compares two versions of a lake's configuration: effects, what breaks downstream, and what must be loaded again."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lake_etl.column_lineage.lineage_graph import ROWS, ColumnName, LineageGraph, TableLineage
from lake_etl.config.configuration_files import folded
from lake_etl.config.written_tables import CONSUME
from lake_etl.syntax.sql_syntax import tables_read
from lib.local_lake.planning.breakage import Breakage, find_breakages
from lib.local_lake.planning.configured_lake import ConfiguredLake
from lib.local_lake.planning.effect import ORDER, PERSONAL, ConfigurationEffect, Reload
from lib.local_lake.planning.rule_reading import rules_of_others
from lib.local_lake.planning.workflow_comparison import ROWS_OF_RULES, compare_workflows
from lib.local_lake.planning.workflow_facts import WorkflowFacts

OF_ROWS = frozenset({'rows change', 'reading changes', 'table added', 'table mode changes', 'cannot be analysed',
                     'match changes', 'view changed'})
OF_COLUMNS = frozenset({'protection removed', 'protection changed', 'protection added', 'type changed',
                        'values change', 'column added', 'column renamed'})


@dataclass(frozen=True)
class DownstreamChange:
    """A table that is made of changed tables.

    workflow  that fills it; empty for a view
    columns   that change with them; empty if the rows change, or if it is not known which
    sources   the changed tables
    certain   whether its lineage is known
    """

    table: str
    workflow: str
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    certain: bool = True


@dataclass(frozen=True, kw_only=True)
class ConfigurationPlan:
    """What a change of the configuration does.

    effects     what the reader should know first comes first
    reloads     which files of each workflow must be loaded again because of its own configuration
    followers   workflows that read changed tables: which of their files must follow, and the workflows before them
    order       of all workflows: those that others read come first
    """

    effects: tuple[ConfigurationEffect, ...] = ()
    breakages: tuple[Breakage, ...] = ()
    downstream: tuple[DownstreamChange, ...] = ()
    reloads: Mapping[str, Reload] = field(default_factory=dict)
    followers: Mapping[str, tuple[Reload, tuple[str, ...]]] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def changes_data(self) -> bool:
        """Tell whether anything but documentation differs."""
        return bool(self.breakages) or any(effect.changes_data for effect in self.effects)


def compare_lakes(before: ConfiguredLake, after: ConfiguredLake) -> ConfigurationPlan:
    """Return what a change from one configuration to the other does."""
    effects = list(_own_effects(before, after))
    effects += _personal_effects(before, after, effects)
    downstream = tuple(_downstream(effects, before, after))
    effects.sort(key=lambda effect: (ORDER.index(effect.kind), effect.table, effect.column, effect.detail))
    return ConfigurationPlan(
        effects=tuple(dict.fromkeys(effects)), breakages=tuple(find_breakages(before, after, effects)),
        downstream=downstream, reloads=_reloads(effects, after), followers=_followers(downstream, after),
        order=tuple(_in_order(after)))


def own_effects(workflow: str, before: ConfiguredLake, after: ConfiguredLake) -> tuple[ConfigurationEffect, ...]:
    """Return the effects of a change of one workflow on its own tables; the name is folded.

    A version that cannot be read may have done anything.
    """
    name, table = after.name(workflow) if workflow in after.names else before.name(workflow), workflow.replace('/', '.')
    if workflow in before.problems and workflow not in after.problems:
        return (ConfigurationEffect(workflow=name, table=table, kind='cannot be analysed', certain=False,
                                    detail='the earlier configuration cannot be read'),)
    old, new = before.facts.get(workflow), after.facts.get(workflow)
    if old is None and new is None:
        return ()
    if old is None:
        return (ConfigurationEffect(workflow=name, table=table, kind='table added', reload='none',
                                    detail='its files are loaded when they arrive'),)
    if new is None:
        return tuple(_removed(name, table, old)) if workflow not in after.problems else ()
    return tuple(compare_workflows(name, old, new))


def _removed(workflow: str, table: str, old: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    """Yield what it means that a workflow has no files any more: its source files may come all the same."""
    effect = partial(ConfigurationEffect, workflow=workflow, table=table, reload='none')
    yield effect(kind='table removed', detail='it stays as it is, and its files are loaded with the defaults')
    if protected := sorted(name for name, column in old.columns.items() if column.protected_by):
        yield effect(kind='in clear text', detail=f'in files that still come, nothing protects {", ".join(protected)}')


def _own_effects(before: ConfiguredLake, after: ConfiguredLake) -> Iterator[ConfigurationEffect]:
    for workflow in sorted({*before.names, *after.names}):
        yield from own_effects(workflow, before, after)
    for database in sorted({*before.matches, *after.matches}):
        old, new = before.matches.get(database), after.matches.get(database)
        if old != new:
            spec = new or old
            keys = [] if not (old and new) else [
                name for name in vars(new) if getattr(old, name) != getattr(new, name)]
            yield ConfigurationEffect(
                workflow=database, table=f'{database}{CONSUME}.{spec.primary_entity_table}'.lower() if spec else '',
                kind='match changes' if old and new else 'table added' if new else 'table removed',
                detail=', '.join(keys), certain=False, reload='all' if new else 'none')


def _personal_effects(before: ConfiguredLake, after: ConfiguredLake, own: Iterable[ConfigurationEffect]
                      ) -> Iterator[ConfigurationEffect]:
    """Yield which columns have personal data in clear text now, as names or the lineage tell, and had not before."""
    told = {(effect.table, effect.column) for effect in own if effect.kind in PERSONAL}
    filling = _filling(after)
    for name, lineage in after.graph.tables.items():
        for column in lineage.columns:
            unread = {origin.source.table for origin in column.origins} & after.unread_tables
            if not unread and (name, column.name) not in told and _loses_protection(
                    name, column.name, before.graph, after.graph):
                told.add((name, column.name))
                yield ConfigurationEffect(
                    workflow=filling.get(name, ''), table=name, kind='protection removed', column=column.name,
                    detail='it held only protected values', reload='none')
    for workflow, columns in after.personal.items():
        table, known = workflow.replace('/', '.'), before.personal.get(workflow, {})
        for name, kind in columns.items():
            if name not in known and (table, name) not in told:
                told.add((table, name))
                yield ConfigurationEffect(workflow=after.name(workflow), table=table, kind='in clear text', column=name,
                                          detail=f'it looks like {kind}', reload='none')


def _loses_protection(table: str, name: str, before: LineageGraph, after: LineageGraph) -> bool:
    """Tell whether a column held protected values and holds clear ones, or takes clear values of a protected source."""
    old_table = before.tables.get(table)
    old, new = old_table.column(name) if old_table else None, after.tables[table].column(name)
    if new is None:
        return False
    if old is not None and old.protected and not new.protected:
        return True
    if after.tables[table].kind != 'cleanse':
        return False
    clear = {origin.source for origin in new.origins if not origin.masks}
    known = {origin.source for column in (old_table.columns if old_table else ()) for origin in column.origins
             if not origin.masks}
    masked = {origin.source for column in (old_table.columns if old_table else ()) for origin in column.origins
              if origin.masks}
    return bool(clear & masked - known)


def _filling(lake: ConfiguredLake) -> dict[str, str]:
    """Return which workflow fills each Cleanse and Consume table, by the names of the tables."""
    found = {}
    for workflow, facts in lake.facts.items():
        database, _, table = workflow.partition('/')
        found[f'{database}.{table}'] = lake.filler(lake.name(workflow))
        if facts.consume:
            found[f'{database}{CONSUME}.{facts.consume.table}'] = lake.name(workflow)
    return found


def _downstream(effects: Iterable[ConfigurationEffect], before: ConfiguredLake, after: ConfiguredLake
                ) -> Iterator[DownstreamChange]:
    """Yield the tables and views that are made of changed ones."""
    changed: dict[str, set[ColumnName]] = {}
    for effect in effects:
        if effect.kind in OF_ROWS or (effect.kind in OF_COLUMNS and not effect.column) or (
                effect.kind.startswith('rule') and effect.reload != 'none'):
            changed.setdefault(effect.table, set()).add(ColumnName(effect.table, ROWS))
        elif effect.kind in (*OF_COLUMNS, 'column removed'):
            changed.setdefault(effect.table, set()).update(
                ColumnName(effect.table, name) for name in (effect.column, effect.earlier) if name)
    found: dict[str, tuple[set[str], set[str]]] = {}
    for table, names in changed.items():
        for name in names:
            for target in {*after.graph.downstream(name), *before.graph.downstream(name)}:
                if target.table in after.graph.tables:
                    columns, sources = found.setdefault(target.table, (set(), set()))
                    columns.add(target.column)
                    sources.add(table)
    filling = _filling(after)
    for table, (columns, sources) in sorted(found.items()):
        listed = () if ROWS in columns else tuple(sorted(columns))
        yield DownstreamChange(table, filling.get(table, ''), listed, tuple(sorted(sources)))
    yield from _by_text(changed, found, after)


def _by_text(changed: Iterable[str], found: Iterable[str], after: ConfiguredLake) -> Iterator[DownstreamChange]:
    """Yield tables whose query or rules read a changed table in a way that the lineage does not tell."""
    for rule in rules_of_others(after):
        table = rule.workflow.replace('/', '.')
        read = tuple(sorted(name for name in changed if name != table and rule.names(name)))
        if read and ROWS_OF_RULES in rule.place:
            yield DownstreamChange(table, after.name(rule.workflow), (), read, certain=False)
    touched = {*changed, *found}
    for workflow, facts in after.facts.items():
        database = workflow.partition('/')[0]
        table = f'{database}{CONSUME}.{facts.consume.table}' if facts.consume else ''
        sql = after.workflows[workflow].spark_sql
        if sql is None or table in touched or not _is_unknown(after.graph.tables.get(table)):
            continue
        named = {'.'.join(name) for text in sql.statements for name in tables_read(text, 'spark')}
        texts = ' '.join(sql.statements).lower()
        sources = tuple(sorted(name for name in changed if name in named or name.partition('.')[2] in texts))
        if sources:
            yield DownstreamChange(table, after.name(workflow), (), sources, certain=False)


def _is_unknown(table: TableLineage | None) -> bool:
    return table is None or bool(table.unknown_rows or table.further_columns) or any(
        column.unknown for column in table.columns)


def _reloads(effects: Iterable[ConfigurationEffect], after: ConfiguredLake) -> dict[str, Reload]:
    """Return which files of each workflow must be loaded again because of its own configuration."""
    wanted: dict[str, Reload] = {}
    for effect in effects:
        matched = [name for key, name in after.names.items() if key.partition('/')[0] == effect.workflow.lower()]
        for workflow in [effect.workflow] if '/' in effect.workflow else matched:
            workflow = after.filler(workflow)
            if effect.reload == 'all' or (effect.reload == 'one' and workflow not in wanted):
                wanted[workflow] = effect.reload
    present = {name for key, name in after.names.items() if key in after.facts}
    return {workflow: reload for workflow, reload in wanted.items() if workflow in present}


def _followers(downstream: Iterable[DownstreamChange], after: ConfiguredLake
               ) -> dict[str, tuple[Reload, tuple[str, ...]]]:
    """Return the workflows whose Consume tables are made of changed tables of other workflows."""
    filling, found = _filling(after), dict[str, tuple[Reload, tuple[str, ...]]]()
    for change in downstream:
        facts = after.facts.get(folded(change.workflow))
        before = {filling[source] for source in change.sources if source in filling} - {change.workflow}
        if facts and facts.consume and before and change.table.partition('.')[0].endswith(CONSUME):
            found[change.workflow] = 'all' if facts.consume.by_partition else 'one', tuple(sorted(before))
    return found


def workflows_before(workflows: Iterable[str], lake: ConfiguredLake) -> set[str]:
    """Return workflows with all those whose tables they read, directly or not, and that they wait for."""
    needs, waiting, found = _needs(lake), list(workflows), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs.get(name, ())
    return found


def _needs(lake: ConfiguredLake) -> dict[str, set[str]]:
    """Return for each workflow those whose tables its query reads, and those that it waits for."""
    filling = _filling(lake)
    needs: dict[str, set[str]] = {name: set() for name in lake.names.values()}
    for origin, target in lake.graph.edges():
        if target.table in filling and origin.source.table in filling:
            needs[filling[target.table]].add(filling[origin.source.table])
    for workflow, read in lake.workflows.items():
        waits = read.dependencies.depends_on if read.dependencies else ()
        keys = (folded('/'.join(pair)) for pair in waits)
        needs[lake.name(workflow)] |= {lake.names[key] for key in keys if key in lake.names}
    return needs


def _in_order(lake: ConfiguredLake) -> list[str]:
    """Return the workflows, each after those that it needs."""
    needs = _needs(lake)
    ordered: list[str] = []
    while needs:
        free = sorted(name for name, others in needs.items() if not (others & needs.keys()) - {name})
        # Workflows that read each other's tables have no right order.
        ordered += free or sorted(needs)
        needs = {name: others for name, others in needs.items() if name not in ordered}
    return ordered
