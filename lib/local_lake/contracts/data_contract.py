"""Defines what a workflow and a data contract both know about a table."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.syntax_tree import AnyRule, Rule
from lake_etl.syntax.records import Findings

BEFORE, AFTER = 'before_transform', 'after_transform'
QUARANTINE = 'quarantine_rules'
# Lists of rules whose failure keeps rows, or the whole load, out of the table.
ENFORCED = (QUARANTINE, 'halt_rules')
# How a column with personal data is classified, whether or not its values are hidden.
PERSONAL = 'restricted'
# A column that the load adds, such as `year`.
LOAD = 'load'


@dataclass(frozen=True, kw_only=True)
class ContractColumn:
    """A column of the table.

    source_name     column of the source; empty if no row of a mapping makes it
    type            Spark type; None if configuration and contract leave it open
    exact_type      whether the type is given as such, and not derived from a logical type
    type_of_table   whether only the published table tells the type
    format          pattern by which dates or timestamps are read
    protected_by    transform that hides its values
    replacement     what `redact` writes in place of each value, as JSON
    classification  who may see values, as far as that is known
    clear_reason    why a column that looks personal stays in clear text
    made_by         steps that make or change the column and that a contract cannot describe
    """

    name: str
    source_name: str = ''
    type: str | None = None
    exact_type: bool = True
    type_of_table: bool = False
    format: str | None = None
    description: str = ''
    protected_by: str = ''
    replacement: str = ''
    classification: str = ''
    clear_reason: str = ''
    made_by: tuple[str, ...] = ()
    threshold: float | None = None
    scorer: str | None = None
    width: int | None = None
    optional: bool = False

    @property
    def is_described(self) -> bool:
        """Tell whether a contract describes the column in full, so that an import makes it."""
        return not self.made_by


@dataclass(frozen=True)
class ContractRule:
    """A quality rule in the data quality language, with its stage and the list that holds it."""

    stage: str
    action: str
    text: str

    @cached_property
    def rule(self) -> AnyRule | None:
        """Return the parsed rule; None if the text is not a rule."""
        return parse_rule(self.text, Findings('contract'), '')

    @property
    def simple(self) -> Rule | None:
        """Return a rule of one part without `where`, threshold, tags and labels; None for any other rule."""
        rule = self.rule
        plain = isinstance(rule, Rule) and not (rule.where or rule.threshold or rule.tags or rule.labels)
        return rule if plain and isinstance(rule, Rule) else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the parameters of a simple rule, in lower case."""
        return tuple(parameter.value.lower() for parameter in self.simple.parameters) if self.simple else ()

    @property
    def is_enforced(self) -> bool:
        """Tell whether the published rows pass the rule."""
        return self.stage in (BEFORE, AFTER) and self.action in ENFORCED


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What is agreed about the Cleanse table of a workflow.

    workflow          `<database>/<table>`; empty if the contract of another tool names none
    owner             who answers questions about the table
    retention         how long rows are kept, such as `10 y`
    dropped           columns of the source that do not become columns of the table
    has_mapping       false: all columns of the source become columns, also those that are not listed
    quarantine_clear  whether rows that are quarantined before the transforms keep personal data in clear text
    """

    workflow: str
    name: str
    description: str = ''
    owner: str = ''
    retention: str = ''
    columns: tuple[ContractColumn, ...] = ()
    rules: tuple[ContractRule, ...] = ()
    dropped: tuple[str, ...] = ()
    has_mapping: bool = True
    quarantine_clear: bool = False

    def column(self, name: str) -> ContractColumn | None:
        """Return a column by its name in any letter case."""
        return next((column for column in self.columns if column.name.lower() == name.lower()), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the columns of the first enforced rule on the primary key, in lower case."""
        return next((rule.columns for rule in self._primary_keys()), ())

    @property
    def unique_columns(self) -> frozenset[str]:
        """Return the columns without repeated values, in lower case."""
        return frozenset(rule.columns[0] for rule in self._enforced(AFTER)
                         if _type(rule) == 'IsUnique' and len(rule.columns) == 1)

    @property
    def required_columns(self) -> frozenset[str]:
        """Return the columns without nulls, in lower case."""
        changed = {column.name.lower() for column in self.columns if column.made_by or column.type or column.format}
        before = {rule.columns[0] for rule in self._enforced(BEFORE) if _type(rule) == 'IsComplete'}
        after = {rule.columns[0] for rule in self._enforced(AFTER) if _type(rule) == 'IsComplete'}
        # A value that does not convert becomes null, so a check before the conversion is not enough.
        keys = {name for rule in self._primary_keys() for name in rule.columns}
        return frozenset((before - changed) | after | keys)

    def _primary_keys(self) -> Iterator[ContractRule]:
        return (rule for rule in self._enforced(AFTER) if _type(rule) == 'IsPrimaryKey')

    def _enforced(self, stage: str) -> Iterator[ContractRule]:
        return (rule for rule in self.rules if rule.is_enforced and rule.stage == stage)


def _type(rule: ContractRule) -> str:
    return rule.simple.type if rule.simple else ''
