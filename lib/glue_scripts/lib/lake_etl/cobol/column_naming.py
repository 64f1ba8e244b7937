"""Names the columns of a record: as the copybook names fields, with underscores, and with their groups where needed."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lake_etl.cobol.record_nodes import Node, RecordGroup


def with_column_names(members: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes with column names that differ: a name that occurs twice begins with those of its groups."""
    nodes = tuple(members)
    paths = list(_paths(nodes, ()))
    names: list[str] = []
    for path in paths:
        same = [other for other in paths if other[-1] == path[-1]]
        parts = next((count for count in range(1, len(path) + 1)
                      if sum(other[-count:] == path[-count:] for other in same) == 1), len(path))
        name = '_'.join(path[-parts:])
        number = sum(other == name or other.startswith(f'{name}_#') for other in names) + 1
        names.append(name if number == 1 else f'{name}_#{number}')
    remaining = iter(name.replace('#', '').replace('-', '_') for name in names)
    return (_renamed(node, remaining) for node in nodes)


def _paths(members: Iterable[Node], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for node in members:
        if isinstance(node, RecordGroup):
            yield from _paths(node.members, (*above, node.name) if node.name else above)
        elif node.column is not None:
            yield (*above, node.column)


def _renamed(node: Node, names: Iterator[str]) -> Node:
    if isinstance(node, RecordGroup):
        return replace(node, members=tuple(_renamed(member, names) for member in node.members))
    return replace(node, column=next(names)) if node.column is not None else node
