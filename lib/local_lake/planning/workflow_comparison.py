"""Says what differs between two versions of a workflow's configuration, table by table and column by column."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from lib.local_lake.planning.effect import ConfigurationEffect, EffectKind, Reload
from lib.local_lake.planning.workflow_facts import ColumnFacts, ConsumeFacts, StatementFacts, WorkflowFacts

STOPPING_RULES = 'halt_rules'
ROWS_OF_RULES = 'quarantine_rules'
# Rules that look at what Spark SQL returns do not change the Cleanse table.
AFTER_SQL = 'after_sparksql'


def compare_workflows(workflow: str, before: WorkflowFacts, after: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    """Yield the effects of a change of one workflow on the tables that it fills itself.

    workflow  `<database>/<table>` as its files are spelled
    """
    database, _, table = workflow.partition('/')
    cleanse = partial(ConfigurationEffect, workflow=workflow, table=f'{database}.{table}'.lower())
    yield from _columns(cleanse, before, after)
    yield from _rows_and_reading(cleanse, before, after)
    yield from _rules(workflow, before, after)
    yield from _clear_text(cleanse, before, after)
    yield from _consume(workflow, before.consume, after.consume)
    for dialect in sorted({*before.views, *after.views}):
        yield from _views(workflow, dialect, before.views.get(dialect, ()), after.views.get(dialect, ()))
    if before.dependencies != after.dependencies:
        yield cleanse(kind='waits for others', detail='other workflows must have succeeded before', reload='none')


def _columns(effect: Any, before: WorkflowFacts, after: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    old, new = _with_source_columns(before, after), _with_source_columns(after, before)
    certain = not (before.opaque_steps or after.opaque_steps)
    if bool(before.further) != bool(after.further):
        yield effect(kind='values change', detail='which columns the table has is decided in another way',
                     certain=False)
    elif before.further != after.further:
        yield effect(kind='values change', detail='columns that only the source file names', certain=False)
    renamed = dict(_renamed(old, new))
    for was, name in renamed.items():
        yield effect(kind='column renamed', column=name, earlier=was, detail=f'was {was}')
        yield from _column(effect, name, old[was], new[name], certain)
    for name in [key for key in old if key not in new and key not in renamed]:
        yield effect(kind='column removed', column=name)
    for name in [key for key in new if key not in old and key not in renamed.values()]:
        yield effect(kind='column added', column=name, detail=new[name].type or '')
    for name in [key for key in new if key in old]:
        yield from _column(effect, name, old[name], new[name], certain)
    common = [key for key in old if key in new]
    if not (before.further or after.further) and common != [key for key in new if key in old]:
        yield effect(kind='columns reordered', reload='none',
                     detail='a load with allow_schema_change strict stops')


def _with_source_columns(facts: WorkflowFacts, others: WorkflowFacts) -> Mapping[str, ColumnFacts]:
    """Return the columns of a table, with those of the source file that only the other version names.

    Without a mapping, a column that no step names is in the table as the source file has it.
    """
    if not facts.further:
        return facts.columns
    more = {key: ColumnFacts(column.name, None, '', facts.further) for key, column in others.columns.items()
            if key not in facts.columns and column.of_source}
    return {**facts.columns, **more}


def _column(effect: Any, name: str, old: ColumnFacts, new: ColumnFacts, certain: bool) -> Iterator[ConfigurationEffect]:
    yield from _protection(effect, name, old, new)
    if old.type != new.type and old.type and new.type:
        yield effect(kind='type changed', column=name, detail=f'{new.type} instead of {old.type}')
    elif old.recipe != new.recipe and not (old.protected_by and not new.protected_by):
        yield effect(kind='values change', column=name, certain=certain,
                     detail='' if old.type == new.type else f'the type may change to {new.type}' if new.type
                     else 'the type may change; only the data tell it')
    if old.description != new.description:
        yield effect(kind='documentation', column=name, reload='none', detail='description')


def _protection(effect: Any, name: str, old: ColumnFacts, new: ColumnFacts) -> Iterator[ConfigurationEffect]:
    if old.protected_by == new.protected_by:
        return
    kind: EffectKind = ('protection removed' if not new.protected_by else 'protection added' if not old.protected_by
                        else 'protection changed')
    yield effect(kind=kind, column=name, detail=' instead of '.join(
        filter(None, (new.protected_by or 'clear text', old.protected_by))))


def _renamed(old: Mapping[str, ColumnFacts], new: Mapping[str, ColumnFacts]) -> Iterator[tuple[str, str]]:
    """Yield the earlier and the present name of each column that is made in the same way under another name."""
    gone = [key for key in old if key not in new]
    for name in [key for key in new if key not in old]:
        same = [key for key in gone if old[key].recipe == new[name].recipe
                or old[key].source and old[key].source == new[name].source]
        if len(same) == 1:
            gone.remove(same[0])
            yield same[0], name


def _rows_and_reading(effect: Any, before: WorkflowFacts, after: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    if [recipe for _, recipe in before.rows] != [recipe for _, recipe in after.rows]:
        places = sorted({place for place, _ in {*before.rows} ^ {*after.rows} if place})
        opaque = before.opaque_steps or after.opaque_steps
        yield effect(kind='rows change', detail=', '.join(places) or 'the order of steps', certain=not opaque)
    for key in _different(before.reading, after.reading):
        yield effect(kind='reading changes', detail=_key(key), certain=False)
    for key in _different(before.stopping, after.stopping):
        yield effect(kind='loads may stop', detail=_key(key), reload='none')
    for key in _different(before.describing, after.describing):
        yield effect(kind='documentation', detail=_key(key), reload='none')


def _key(name: str) -> str:
    return name if name == 'copybook' else f'input_spec.{name}'


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [key for key in sorted({*before, *after}) if before.get(key, '') != after.get(key, '')]


def _rules(workflow: str, before: WorkflowFacts, after: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    database, _, table = workflow.lower().partition('/')
    for place in sorted({*before.rules, *after.rules}):
        stage, action = place
        old, new = before.rules.get(place), after.rules.get(place)
        facts = after.consume or before.consume
        name = (f'{database}_consume.{facts.table}' if stage == AFTER_SQL and facts else f'{database}.{table}')
        scope: Reload = 'none' if action != ROWS_OF_RULES else 'one' if stage == AFTER_SQL and not (
            facts and facts.by_partition) else 'all'
        effect = partial(ConfigurationEffect, workflow=workflow, table=name, reload=scope)
        for rule in (old - new if old and new else old or ()):
            yield effect(kind='rule removed', detail=f'{action}: {rule}')
        for rule in (new - old if old and new else new or ()):
            stops = '; a load that fails it stops' if action == STOPPING_RULES else ''
            yield effect(kind='rule added', detail=f'{action}: {rule}{stops}')


def _clear_text(effect: Any, before: WorkflowFacts, after: WorkflowFacts) -> Iterator[ConfigurationEffect]:
    for name, old, new in (('quarantine_clear: quarantined rows', before.quarantine_clear, after.quarantine_clear),
                           ('input_spec.keep_malformed_text: malformed rows', before.malformed_clear,
                            after.malformed_clear)):
        if old != new:
            yield effect(kind='in clear text' if new else 'protection added', detail=(
                f'{name} {"keep" if new else "no longer keep"} personal data in clear text'))


def _consume(workflow: str, before: ConsumeFacts | None, after: ConsumeFacts | None) -> Iterator[ConfigurationEffect]:
    database = workflow.partition('/')[0].lower()
    if before is None or after is None or before.table != after.table:
        if before is not None:
            yield ConfigurationEffect(workflow=workflow, table=f'{database}_consume.{before.table}',
                                      kind='table removed', reload='none',
                                      detail='it stays as it is, and no load fills it')
        if after is not None:
            yield ConfigurationEffect(workflow=workflow, table=f'{database}_consume.{after.table}', kind='table added',
                                      reload='all' if after.by_partition else 'one')
        return
    effect = partial(ConfigurationEffect, workflow=workflow, table=f'{database}_consume.{after.table}',
                     reload='all' if after.by_partition or before.by_partition else 'one')
    if before.mode != after.mode:
        yield effect(kind='table mode changes', detail=f'{after.mode} instead of {before.mode}', reload='all')
    if before.takes_over != after.takes_over:
        yield effect(kind='loads may stop', detail='takes over', reload='none')
    if [item.query.whole for item in before.session] != [item.query.whole for item in after.session]:
        yield effect(kind='values change', detail='a statement before the query differs', certain=False)
    yield from _query(effect, before.query, after.query)


def _query(effect: Any, before: StatementFacts, after: StatementFacts) -> Iterator[ConfigurationEffect]:
    old, new = before.query, after.query
    if old.whole == new.whole:
        return
    if not (old.parsed and new.parsed):
        yield effect(kind='cannot be analysed', certain=False, detail='the query differs, and cannot be read here')
        return
    if not (old.columns and new.columns) or old.rest != new.rest:
        yield effect(kind='rows change', detail='the query differs', certain=False)
    for name in [key for key in old.columns if key not in new.columns and new.columns]:
        yield effect(kind='column removed', column=name)
    for name in [key for key in new.columns if key not in old.columns and old.columns]:
        yield effect(kind='column added', column=name)
    changed = [key for key in new.columns if key in old.columns and old.columns[key] != new.columns[key]]
    for name in changed:
        yield effect(kind='values change', column=name)
    if changed and (old.coupled or new.coupled) and old.rest == new.rest:
        yield effect(kind='rows change', certain=False, detail='the query groups, sorts or reuses its columns')
    if [key for key in old.columns if key in new.columns] != [key for key in new.columns if key in old.columns]:
        yield effect(kind='columns reordered', reload='none')


def _views(workflow: str, dialect: str, before: Sequence[StatementFacts], after: Sequence[StatementFacts]
           ) -> Iterator[ConfigurationEffect]:
    """Yield the effects on what the statements for Athena or Redshift create; one run makes all of it again."""
    database = workflow.partition('/')[0].lower()
    names = f'{database}_consume' if dialect == 'athena' else 'public'

    def effect(statement: StatementFacts, kind: EffectKind) -> ConfigurationEffect:
        target = statement.target
        name = '' if not target else target if '.' in target else f'{names}.{target}'
        return ConfigurationEffect(
            workflow=workflow, table=name or f'{names} ({dialect})', kind=kind, reload='one', certain=bool(target),
            detail='' if target else f'statement {statement.number} for {dialect.title()}')
    old, new = _by_target(before), _by_target(after)
    yield from (effect(old[key][0], 'view removed' if old[key][0].target else 'cannot be analysed')
                for key in old if key not in new)
    yield from (effect(new[key][0], 'view added' if new[key][0].target else 'cannot be analysed')
                for key in new if key not in old)
    for key in [key for key in new if key in old]:
        if [item.query.whole for item in old[key]] != [item.query.whole for item in new[key]]:
            yield effect(new[key][-1], 'view changed')


def _by_target(statements: Sequence[StatementFacts]) -> dict[str, list[StatementFacts]]:
    """Return the statements by what they create; one that creates nothing is known by its own form."""
    found: dict[str, list[StatementFacts]] = {}
    for statement in statements:
        found.setdefault(statement.target or statement.query.whole, []).append(statement)
    return found
