"""One effect of a change of the configuration: what it touches, and what must be loaded again."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EffectKind = Literal[
    'protection removed', 'in clear text', 'protection changed', 'protection added', 'table added', 'table removed',
    'column added', 'column removed', 'column renamed', 'type changed', 'values change', 'rows change',
    'columns reordered', 'reading changes', 'rule added', 'rule removed', 'view added', 'view removed', 'view changed',
    'table mode changes', 'match changes', 'loads may stop', 'waits for others', 'cannot be analysed', 'documentation']
# Which files of the workflow must be loaded again: all, one (it fills the table anew), or none.
Reload = Literal['all', 'one', 'none']
# What the reader should see first.
PERSONAL: tuple[EffectKind, ...] = ('protection removed', 'in clear text')
# Effects on the columns of a table, which a load may refuse.
STRUCTURE: tuple[EffectKind, ...] = ('column added', 'column removed', 'column renamed', 'type changed')
ORDER: tuple[EffectKind, ...] = EffectKind.__args__    # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class ConfigurationEffect:
    """An effect of a change.

    workflow  `<database>/<table>` as its files are spelled, or the database of an entity match
    table     of the lake, `<database>.<table>`
    column    empty if the whole table is meant
    earlier   earlier name of a renamed column
    detail    more in words, such as `decimal(16,2) instead of int`
    certain   whether the data change; otherwise they may change
    reload    which files of the workflow must be loaded again
    """

    workflow: str
    table: str
    kind: EffectKind
    column: str = ''
    earlier: str = ''
    detail: str = ''
    certain: bool = True
    reload: Reload = 'all'

    @property
    def changes_data(self) -> bool:
        """Tell whether rows, columns, views or the protection of a table may differ."""
        return self.kind not in ('documentation',)
