"""Finds the data quality rules that read tables of other workflows, by the names in their texts."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.quality_rules import ACTIONS, STAGES
from lake_etl.dqdl.syntax_tree import leaves
from lib.local_lake.planning.configured_lake import ConfiguredLake

TYPES = ('ReferentialIntegrity', 'DatasetMatch', 'SchemaMatch', 'RowCountMatch', 'AggregateMatch', 'CustomSql')
QUOTES = re.compile('[`"]')


@dataclass(frozen=True)
class ReadingRule:
    """A rule that reads other tables; `place` is its stage and action, `text` what it says in lower case."""

    workflow: str
    place: str
    rule: str
    text: str

    def names(self, table: str, column: str = '') -> bool:
        """Tell whether the rule names a table, as `<database>.<table>`, and a column as a word."""
        words = (rf'(?<![\w.]){re.escape(table)}(?!\w)', rf'(?<!\w){re.escape(column)}(?!\w)' if column else '')
        return all(re.search(word, self.text) for word in words)


def rules_of_others(lake: ConfiguredLake) -> Iterator[ReadingRule]:
    """Yield the rules of all workflows that may read tables of other ones."""
    for workflow, read in lake.workflows.items():
        for stage in STAGES if read.quality else ():
            for action in ACTIONS:
                for rule in getattr(getattr(read.quality, stage), action):
                    if any(part.type in TYPES for part in leaves(rule)):
                        yield ReadingRule(workflow, f'{stage}.{action}', f'{stage}.{action}: {rule}',
                                          QUOTES.sub('', str(rule)).lower())
