"""Lays out the records of a copybook: the place of each field, its storage, and the name and type of its column."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lake_etl.cobol.column_naming import with_column_names
from lake_etl.cobol.copybook import Item, names_in
from lake_etl.cobol.record_nodes import (
    LayoutOptions, Node, RecordField, RecordGroup, RecordLayout, RecordTable, column_nodes, struct_type)
from lake_etl.cobol.stored_fields import Inherited, boundary, stored_field
from lake_etl.syntax.records import Findings, suggestion

LARGEST_RECORD = 2 ** 24
# How fields are stored that cannot hold a number of elements.
NO_COUNTS = ('text', 'national', 'float', 'unused')


def lay_out(records: Sequence[Item], options: LayoutOptions, findings: Findings) -> RecordLayout | None:
    """Return the layout of the records of a file; records every problem, and returns None if there is one."""
    before = len(findings.problems)
    chosen = _chosen_records(records, options, findings)
    if len(findings.problems) > before:
        return None
    builder = _Builder(options, findings, {name for item in chosen for name in _counters(item)})
    nodes = builder.records(chosen)
    if len(findings.problems) > before:
        return None
    members = tuple(with_column_names(nodes))
    _check_counters(members, [], findings)
    segment = _segment_field(members, options, findings)
    columns = tuple((str(node.column), node.type) for node in column_nodes(members))
    size = max(node.size for node in members)
    if not columns:
        findings.problem('', 'no field has a name, so there are no columns')
    if size > LARGEST_RECORD:
        findings.problem('', f'a record has {size:,} bytes, and at most {LARGEST_RECORD:,} are read')
    if len(findings.problems) > before:
        return None
    return RecordLayout(name=chosen[0].name, members=members, columns=columns, size=size, segment_field=segment,
                        loaded=frozenset(options.only) or None)


def _chosen_records(records: Sequence[Item], options: LayoutOptions, findings: Findings) -> list[Item]:
    """Return the records of the copybook that the file holds."""
    names = [item.name for item in records]
    groups = {value: name.upper() for value, name in options.segments.items()}
    known = names_in(records)
    for value, name in groups.items():
        if name not in known:
            findings.problem('', f"the record type '{value}' of the segments is the group {name}, which is not there",
                             suggestion(name, known))
    for value in options.only:
        if value not in groups:
            findings.problem('', f"'only' of the segments names '{value}', which is not one of their record types",
                             suggestion(value, groups))
    if options.record is not None:
        wanted = [item for item in records if item.name == options.record.upper()]
        if not wanted:
            findings.problem('', f"there is no record '{options.record}'",
                             suggestion(options.record.upper(), names) or f'it has {", ".join(names)}')
        return wanted[:1]
    if len(records) == 1:
        return list(records)
    wanted = [item for item in records if item.name in groups.values()]
    if not wanted and len(findings.problems) == 0:
        findings.problem('', f'describes {len(records)} records: {", ".join(names)}', "choose one by 'record', or tell "
                         "them apart by 'segments' in the cobol section of the input_spec")
    return wanted


def _counters(item: Item) -> Iterator[str]:
    """Yield the names of the fields on which the lengths of tables depend."""
    if item.occurs and item.occurs.depending:
        yield item.occurs.depending
    for child in item.children:
        yield from _counters(child)


@dataclass
class _Builder:
    """Builds the nodes of a layout from items."""

    options: LayoutOptions
    findings: Findings
    counters: set[str]

    def records(self, items: Sequence[Item]) -> list[Node]:
        """Return the records, which all begin at the first byte."""
        alone = len(items) == 1
        return [replace(self.node(item, Inherited(certain=alone or bool(self.segments_of(item)))), overlays=index > 0)
                for index, item in enumerate(items)]

    def segments_of(self, item: Item) -> frozenset[str] | None:
        return frozenset(value for value, name in self.options.segments.items()
                         if item.name and name.upper() == item.name) or None

    def node(self, item: Item, inherited: Inherited, offset: int = 0) -> Node:
        """Return the node of an item at a place in its group; it gets the slack bytes before it itself."""
        inherited = replace(
            inherited, usage=item.usage or inherited.usage, synchronized=item.synchronized or inherited.synchronized,
            sign=(item.sign == 'leading', item.separate) if item.sign else inherited.sign)
        if not item.occurs:
            return self.single(item, inherited, offset)
        offset += _slack(inherited.start + offset, self.alignment(item, inherited))
        element = self.single(item, replace(inherited, start=0), 0)
        size = element.size + _slack(element.size, self.alignment(item, inherited))
        element = replace(element, size=size)
        occurs = item.occurs
        if isinstance(element, RecordGroup):
            element = replace(element, members=tuple(with_column_names(element.members)))
        kind = element.type if isinstance(element, RecordField) else struct_type(element.members)
        column = item.name or next((node.name for node in column_nodes((element,))), '') or None
        if isinstance(element, RecordField) and element.column is None or kind == 'struct<>':
            column = None
        return RecordTable(name=item.name, column=column, type=f'array<{kind}>', element=element, offset=offset,
                           size=size * occurs.most, most=occurs.most, depending=occurs.depending)

    def single(self, item: Item, inherited: Inherited, offset: int) -> RecordField | RecordGroup:
        if item.children:
            return self.group(item, inherited, offset)
        found = stored_field(item, inherited, self.options.little)
        if isinstance(found, str):
            self.problem(item, found)
            return RecordField(name=item.name, column=None, type='string', storage='unused', offset=offset, size=1)
        found = replace(found, counts=item.name in self.counters)
        return replace(found, offset=offset + _slack(inherited.start + offset, boundary(found, inherited)))

    def group(self, item: Item, inherited: Inherited, offset: int) -> RecordGroup:
        if item.picture:
            self.problem(item, 'has a picture, and items below it')
        members: list[Node] = []
        end = base = 0
        clusters = _clusters(item.children)
        for number, cluster in enumerate(clusters):
            base = end
            segmented = len(cluster) > 1 and all(self.segments_of(child) for child in cluster)
            certain = inherited.certain and (len(cluster) == 1 or segmented)
            for index, child in enumerate(cluster):
                self.check_redefines(child, cluster, index)
                below = replace(inherited, start=inherited.start + offset, certain=certain)
                node = self.node(child, below, base)
                if index == 0:
                    base = node.offset
                elif node.offset != base:
                    node = replace(node, offset=base)
                members.append(replace(node, overlays=index > 0))
                end = max(end, node.offset + node.size)
            varies = len(cluster) > 1 and any(node.varies for node in members[-len(cluster):])
            if varies and number + 1 < len(clusters):
                self.problem(clusters[number + 1][0],
                             'follows a REDEFINES with an OCCURS DEPENDING ON, so its place is not known')
        return RecordGroup(name=item.name, members=tuple(members), offset=offset, size=end,
                           segments=self.segments_of(item), varies=any(node.varies for node in members))

    def check_redefines(self, child: Item, cluster: Sequence[Item], index: int) -> None:
        if index == 0 and child.redefines:
            self.problem(child, f'redefines {child.redefines}, which is not the item above it')

    def alignment(self, item: Item, inherited: Inherited) -> int:
        """Return the largest boundary on which a field of the item has to begin."""
        if item.children:
            below = replace(inherited, usage=item.usage or inherited.usage,
                            synchronized=item.synchronized or inherited.synchronized)
            return max(self.alignment(child, replace(
                below, usage=child.usage or below.usage,
                synchronized=child.synchronized or below.synchronized)) for child in item.children)
        found = stored_field(item, inherited, self.options.little)
        return 1 if isinstance(found, str) else boundary(found, inherited)

    def problem(self, item: Item, message: str) -> None:
        self.findings.problem(item.place, f'{item.name or "FILLER"} {message}')


def _slack(place: int, boundary: int) -> int:
    return -place % boundary


def _clusters(items: Iterable[Item]) -> list[list[Item]]:
    """Return the items in groups of those that describe the same bytes: an item, and those that redefine it."""
    found: list[list[Item]] = []
    for item in items:
        if item.redefines and found and item.redefines in [other.name for other in found[-1]]:
            found[-1].append(item)
        else:
            found.append([item])
    return found


def _check_counters(members: Iterable[Node], above: list[RecordField], findings: Findings) -> None:
    """Record tables whose number of elements is not in a whole number above them in the record.

    above  the fields before these members; gets those of these members too
    """
    for node in members:
        if isinstance(node, RecordField):
            above.append(node)
        elif isinstance(node, RecordGroup):
            _check_counters(node.members, above, findings)
        else:
            counter = next((item for item in above if item.name == node.depending), None)
            if node.depending is not None and (counter is None or counter.scale or counter.storage in NO_COUNTS):
                findings.problem('', f'{node.name or "FILLER"} depends on {node.depending}, which is no whole number '
                                 'above it in the record')
            _check_counters((node.element,), above if isinstance(node.element, RecordField) else list(above), findings)


def _segment_field(members: tuple[Node, ...], options: LayoutOptions, findings: Findings) -> RecordField | None:
    """Return the field that tells record types apart, its offset counted from the beginning of the record."""
    if options.segment_field is None:
        return None
    wanted = options.segment_field.upper()
    found = next((item for item in _fixed_fields(members, 0) if item.name == wanted), None)
    if found is None or found.storage not in ('text', 'zoned'):
        findings.problem('', f"the field '{options.segment_field}' of the segments is not a field of characters at a "
                         'fixed place of the record', suggestion(wanted, [
                             item.name for item in _fixed_fields(members, 0) if item.name]))
        return None
    return found


def _fixed_fields(members: tuple[Node, ...], start: int) -> Iterator[RecordField]:
    """Yield the fields at the same place of every record, outside of tables, with that place as offset."""
    for node in members:
        if isinstance(node, RecordField):
            yield replace(node, offset=start + node.offset)
        elif isinstance(node, RecordGroup):
            yield from _fixed_fields(node.members, start + node.offset)
        if node.varies and not node.overlays and len([item for item in members if item.overlays]) == 0:
            return
