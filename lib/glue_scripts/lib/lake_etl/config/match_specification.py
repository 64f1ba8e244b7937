"""The entity match specification: how to recognize rows of several source systems as one entity."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from lake_etl.config.block_rule import BlockRule, parse_block_part
from lake_etl.config.match_field import Field
from lake_etl.config.match_weights import MatchWeights
from lake_etl.syntax.records import Findings, parse_record

TABLE_NAME = re.compile(r'\w+', re.ASCII)
DEFAULT_BLOCK_PAIRS = 100_000


@dataclass(frozen=True, kw_only=True)
class ExactMatchFields:
    """The columns by which a source system identifies its entities.

    source_primary_key  column with the key in the source system
    source_system_key   column that names the source system
    """

    source_primary_key: str
    source_system_key: str


@dataclass(frozen=True, kw_only=True)
class Level:
    """One way to recognize an entity; a level is tried on the rows that no earlier level has matched.

    id         name of the level, shown with each match
    blocks     columns, or parts of columns as in `lastname[0:3]`, that must all be equal for two rows to be compared; a
               list of lists has several such rules, and rows that meet one of them are compared
    fields     the columns to compare
    threshold  the lowest score at which two rows match, above 0 and up to 1
    type       weighted: the score is the weighted average of the similarities; probabilistic: it is a probability
    weights    for probabilistic levels: the weights of the fields; learned from each batch when left out
    """

    id: str | int
    blocks: tuple[str | tuple[str, ...], ...]
    fields: tuple[Field, ...]
    threshold: float
    type: Literal['weighted', 'probabilistic'] = 'weighted'
    weights: MatchWeights | None = None

    @property
    def rules(self) -> tuple[BlockRule, ...]:
        """Return the block rules; a flat list of texts is one rule."""
        flat = tuple(part for part in self.blocks if isinstance(part, str))
        lists = [part for part in self.blocks if not isinstance(part, str)]
        return tuple(BlockRule(tuple(map(parse_block_part, parts))) for parts in ([flat] if flat else []) + lists)

    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns that the level reads."""
        blocks = (part.column for rule in self.rules for part in rule.parts)
        exchanged = (field.agreement.exchanged_with for field in self.fields if field.agreement.exchanged_with)
        return tuple(dict.fromkeys([*blocks, *(name for field in self.fields for name in field.columns()),
                                    *exchanged]))

    def check(self) -> Iterator[str]:
        """Yield the problems of blocks, weights and threshold."""
        yield from _block_problems(self.blocks)
        if not self.fields:
            yield 'fields is empty; name at least one column to compare'
        elif self.type == 'weighted' and not any(field.weight for field in self.fields):
            yield 'all weights are 0; at least one field needs a weight above 0'
        yield from self._weight_problems()
        if not 0 < self.threshold <= 1:
            yield f'threshold is {self.threshold}, expected a number above 0 and up to 1'

    def _weight_problems(self) -> Iterator[str]:
        """Yield a problem where the weights do not fit the fields, or the fields do not fit the type."""
        if self.type == 'weighted':
            if self.weights or any(field.comparison for field in self.fields):
                yield 'weights and comparison have no effect for type weighted; they are for probabilistic'
            return
        names = [field.fieldname for field in self.fields]
        given = [shares.name for shares in self.weights.fields] if self.weights else names
        if given != names:
            yield f'weights are for {", ".join(given)}, expected one for each field in order: {", ".join(names)}'
            return
        for field, shares in zip(self.fields, self.weights.fields if self.weights else (), strict=False):
            if len(shares.same_person) != field.agreement.level_count:
                yield (f"weights of '{field.fieldname}' have {len(shares.same_person)} shares, and the field has "
                       f'{field.agreement.level_count} levels')


def _block_problems(blocks: Iterable[str | tuple[str, ...]]) -> Iterator[str]:
    blocks = tuple(blocks)
    if not blocks or any(not part for part in blocks):
        yield 'blocks is empty; without blocks every row would be compared with every other'
    if len({isinstance(part, str) for part in blocks}) > 1:
        yield 'blocks mixes texts and lists; write every rule as a list of its own'
    for part in (text for item in blocks for text in ([item] if isinstance(item, str) else item) if text):
        try:
            parse_block_part(part)
        except ValueError as error:
            yield str(error)


@dataclass(frozen=True, kw_only=True)
class EntityMatchSpec:
    """The options of an entity match.

    primary_entity_table  name of the table with one row for each entity, in the Consume database
    global_id_field       column with the id of the entity; rows that already have an id keep it
    sort_field            column that tells which of several rows of one entity is the latest; nulls are the oldest
    exact_match_fields    the columns by which source systems identify their entities
    levels                the levels, in the order in which they are tried
    default_values        texts that stand for a missing value, in blocks and in fields, in any letter case
    max_block_pairs       most pairs of rows in one block; a larger block is divided by the next field, and skipped with
                          a warning if that does not help
    """

    primary_entity_table: str
    global_id_field: str
    sort_field: str | None = None
    exact_match_fields: ExactMatchFields | None = None
    levels: tuple[Level, ...] = ()
    default_values: tuple[str, ...] = ()
    max_block_pairs: int = DEFAULT_BLOCK_PAIRS

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that incoming rows must have."""
        keys = self.exact_match_fields
        exact = (keys.source_primary_key, keys.source_system_key) if keys else ()
        sort = (self.sort_field,) if self.sort_field else ()
        return tuple(dict.fromkeys([*exact, *sort, *(name for level in self.levels for name in level.columns())]))

    def check(self) -> Iterator[str]:
        """Yield the problems that concern several keys."""
        if not TABLE_NAME.fullmatch(self.primary_entity_table):
            yield f"primary_entity_table is '{self.primary_entity_table}', expected a name of letters, digits and _"
        if not self.exact_match_fields and not self.levels:
            yield 'neither exact_match_fields nor levels are given, so no row could ever match'
        if self.max_block_pairs < 1:
            yield f'max_block_pairs is {self.max_block_pairs}, expected at least 1'
        names = [str(level.id) for level in self.levels]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"level id '{name}' is given twice; a match could not be traced to its level"


def parse_entity_match(raw: object, findings: Findings) -> EntityMatchSpec | None:
    """Return the specification in an `-entitymatch.json` file; None if it has problems, which are all recorded."""
    return parse_record(EntityMatchSpec, raw, '', findings)
