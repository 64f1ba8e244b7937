"""Reads a document of the Open Data Contract Standard into a contract, and names what a workflow cannot hold."""
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.config.input import is_owner
from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.quoting import quoted
from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings, describe, suggestion
from lib.local_lake.contracts.column_types import logical_type, property_type
from lib.local_lake.contracts.data_contract import AFTER, LOAD, QUARANTINE, Contract, ContractColumn, ContractRule
from lib.local_lake.contracts.option_rules import rules_of_options, with_strict_bounds
from lib.local_lake.contracts.quality_items import rule_of_item
from lib.local_lake.contracts.sensitivity import is_sensitive

IDENTITY = {'version', 'apiVersion', 'kind', 'id', 'name', 'status', 'schema', 'contractCreatedTs'}
TABLE_KEYS = {'id', 'name', 'physicalName', 'physicalType', 'logicalType', 'description', 'properties', 'quality',
              'customProperties'}
COLUMN_KEYS = {'id', 'name', 'physicalName', 'physicalType', 'logicalType', 'logicalTypeOptions', 'description',
               'required', 'unique', 'primaryKey', 'primaryKeyPosition', 'classification', 'properties', 'items',
               'quality', 'customProperties', 'enum'}
# Written for readers of an exported contract, and known from elsewhere.
FOR_READERS = {'transformDescription', 'partitioned', 'partitionKeyPosition'}
OWN_TABLE = {'workflow', 'droppedColumns', 'hasMapping', 'quarantineClear'}
OWN_COLUMN = {'sourceName', 'typeOfTable', 'protectedBy', 'replacement', 'clearTextReason', 'threshold', 'scorer',
              'width', 'optional', 'madeBy'}
UNITS = {name: unit for unit, names in {
    'h': 'h hr hour hours', 'd': 'd day days', 'w': 'w week weeks', 'm': 'm month months', 'y': 'y yr yrs year years'
}.items() for name in names.split()}
LONGEST_RETENTION = 999_999


@dataclass
class ReadContract:
    """A contract, and what has been left out.

    own       whether the lake has exported it, so that each rule names its stage
    left_out  sentences on parts of the document that a workflow has no place for
    """

    contract: Contract
    own: bool
    left_out: list[str] = field(default_factory=list)


def read_document(document: Mapping[str, Any], file: str, table: str | None = None) -> ReadContract:
    """Return the contract of one table of a document.

    file   name of the file, for messages
    table  name of the table; needed if the document describes several

    Raises ConfigurationError with all problems of the document.
    """
    findings = Findings(file)
    reading = _Reading(findings)
    described = reading.chosen_table(document.get('schema'), table)
    found = reading.table(described) if described is not None else None
    if findings.problems or found is None:
        raise ConfigurationError(findings.problems)
    reading.leave_out(document, IDENTITY | {'slaProperties', 'team'}, '')
    found = replace(found, owner=reading.owner(document.get('team')),
                    retention=reading.retention(document.get('slaProperties')))
    return ReadContract(found, bool(found.workflow), reading.sentences())


class _Reading:
    """Reads the parts of a document."""

    def __init__(self, findings: Findings):
        self.findings = findings
        self.left: list[str] = []
        self.keys_left: Counter[str] = Counter()

    def sentences(self) -> list[str]:
        """Return what has been left out, keys of columns last."""
        columns = [f'{key} of {count} column{"s" if count > 1 else ""}' for key, count in self.keys_left.items()]
        return self.left + columns

    def leave_out(self, described: Mapping[str, Any], known: set[str], place: str) -> None:
        """Note all keys that are not known and hold something."""
        self.left += [f'{place}{key}' for key, value in described.items()
                      if key not in known and value not in (None, '', [], {}, False, -1)]

    def chosen_table(self, schema: object, name: str | None) -> Mapping[str, Any] | None:
        """Return the table of that name, or the only one; records a problem if there is none."""
        tables = [item for item in schema if isinstance(item, dict)] if isinstance(schema, list) else []
        names = [str(item.get('name', '')) for item in tables]
        if not tables:
            self.findings.problem('schema', 'the contract describes no table')
        elif name is None and len(tables) > 1:
            self.findings.problem('schema', f'the contract describes {len(tables)} tables: {", ".join(names)}',
                                  'choose one with --table')
        elif name is None:
            return tables[0]
        else:
            for item, known in zip(tables, names, strict=True):
                if known.lower() == name.lower():
                    return item
            self.findings.problem('schema', f"there is no table '{name}'",
                                  suggestion(name, names) or f'tables: {", ".join(names)}')
        return None

    def table(self, described: Mapping[str, Any]) -> Contract | None:
        """Return the contract of a table, without owner and retention."""
        own = self._own(described, OWN_TABLE, '')
        name, listed = described.get('name'), described.get('properties') or []
        if not isinstance(name, str) or not name.strip():
            self.findings.problem('schema', f"the table's 'name' must be a text, got {describe(name)}")
            return None
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            self.findings.problem('schema.properties', 'expected a list of objects')
            return None
        self.leave_out(described, TABLE_KEYS, f'{name}.')
        columns = [column for item in listed if (column := self._column(item, own)) is not None]
        self._check_names(columns)
        contract = Contract(
            workflow=_text(own.get('workflow')), name=name, description=_text(described.get('description')),
            columns=tuple(columns), dropped=_texts(own.get('droppedColumns')),
            has_mapping=own.get('hasMapping') is not False, quarantine_clear=own.get('quarantineClear') is True,
            rules=tuple(self._listed_rules(described, None)))
        return self._with_rules(contract, listed)

    def _own(self, described: Mapping[str, Any], known: set[str], place: str) -> dict[str, Any]:
        """Return the custom properties that the lake has written, and note the others."""
        listed = described.get('customProperties')
        entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        named = {str(entry.get('property')): entry.get('value') for entry in entries}
        for name in named.keys() - known:
            self._count(f'customProperties.{name}', place)
        return {name: value for name, value in named.items() if name in known}

    def _count(self, key: str, column: str) -> None:
        if column:
            self.keys_left[key] += 1
        else:
            self.left.append(key)

    def _column(self, described: Mapping[str, Any], table: Mapping[str, Any]) -> ContractColumn | None:
        """Return a column; `table` has the custom properties of the table that the lake has written."""
        name = described.get('name')
        if not isinstance(name, str) or not name.strip() or name.strip().lower() == 'null':
            self.findings.problem('schema.properties', f"a column's 'name' must be a text, got {describe(name)}")
            return None
        own = self._own(described, OWN_COLUMN, name)
        if name.lower() in RESERVED_COLUMNS:
            if LOAD not in _texts(own.get('madeBy')):
                self.left.append(f"column '{name}', because the load adds its own")
            return None
        for key, value in described.items():
            if key not in COLUMN_KEYS | FOR_READERS and value not in (None, '', [], {}, False, -1):
                self.keys_left[key] += 1
        kind, exact = property_type(described)
        if kind is None and (described.get('physicalType') or described.get('logicalType')):
            self.left.append(f"the type of column '{name}'")
        if described.get('classification') and not (own or is_sensitive(_text(described['classification']))):
            self.keys_left['classification'] += 1
        options = described.get('logicalTypeOptions')
        pattern = options.get('format') if isinstance(options, dict) and kind in ('date', 'timestamp') else None
        written = own.get('sourceName')
        source, made_by = written if isinstance(written, str) else '', _texts(own.get('madeBy'))
        if not source and not table.get('workflow'):
            source = _text(described.get('physicalName')) or name.strip()
        elif not source and not made_by and table.get('hasMapping') is not False:
            source = name.strip()    # Somebody has added the column to a contract that the lake has exported.
        return ContractColumn(
            name=name.strip(), source_name=source, type=kind, exact_type=exact or kind is None,
            type_of_table=own.get('typeOfTable') is True, format=_text(pattern) or None,
            description=_text(described.get('description')), protected_by=_text(own.get('protectedBy')),
            replacement=json.dumps(own.get('replacement'), default=str) if own.get('protectedBy') == 'redact' else '',
            classification=_text(described.get('classification')), clear_reason=_text(own.get('clearTextReason')),
            made_by=made_by, threshold=_number(own.get('threshold')),
            scorer=_text(own.get('scorer')) or None, width=_whole(own.get('width')),
            optional=own.get('optional') is True)

    def _check_names(self, columns: list[ContractColumn]) -> None:
        for name, count in Counter(column.name.lower() for column in columns).items():
            if count > 1:
                self.findings.problem('schema.properties', f"{count} columns are named '{name}', in any letter case")

    def _with_rules(self, contract: Contract, listed: list[Mapping[str, Any]]) -> Contract:
        """Return the contract with the rules of its columns: those of `quality`, of options and of keys."""
        rules = list(contract.rules)
        for described in listed:
            column = contract.column(str(described.get('name')).strip())
            name = column.name if column else str(described.get('name'))
            rules += self._listed_rules(described, name)
            rules += self._option_rules(described, column)
        contract = replace(contract, rules=tuple(rules))
        key = _primary_key(listed)
        if key and not contract.primary_key:
            contract = _with_rule(contract, f'IsPrimaryKey {" ".join(map(quoted, key))}')
        for described in listed:
            column = contract.column(str(described.get('name')).strip())
            if column and described.get('required') is True and column.name.lower() not in contract.required_columns:
                contract = _with_rule(contract, f'IsComplete {quoted(column.name)}')
            if column and described.get('unique') is True and column.name.lower() not in contract.unique_columns:
                contract = _with_rule(contract, f'IsUnique {quoted(column.name)}')
        return contract

    def _listed_rules(self, described: Mapping[str, Any], column: str | None) -> list[ContractRule]:
        listed = described.get('quality')
        found = []
        for item in listed if isinstance(listed, list) else ():
            rule = rule_of_item(item, column) if isinstance(item, dict) else None
            if rule is None:
                self.left.append(f'a rule of {f"column {column!r}" if column else "the table"} ({_kind(item)})')
            else:
                found.append(rule)
        return found

    def _option_rules(self, described: Mapping[str, Any], column: ContractColumn | None) -> list[ContractRule]:
        options = described.get('logicalTypeOptions')
        options = with_strict_bounds(options) if column is not None and isinstance(options, dict) else {}
        name = column.name if column else ''
        logical = logical_type(column.type) if column and column.type else None
        rules = dict(rules_of_options(name, logical, options)) if logical else {}
        if column and isinstance(described.get('enum'), list):
            rules |= {'enum': _enum_rule(name, described['enum'])}
        found = {key: parse_rule(text, Findings('contract'), '') for key, text in rules.items()}
        for key in options:
            if found.get(key) is None and not (key == 'format' and column):
                self.keys_left[f'logicalTypeOptions.{key}'] += 1
        return [ContractRule(AFTER, QUARANTINE, str(rule)) for rule in found.values() if rule is not None]

    def owner(self, team: object) -> str:
        """Return the name of the team, and note its members and all else that is known of it."""
        name = _text(team.get('name')) if isinstance(team, dict) else ''
        if not isinstance(team, dict) or name and not is_owner(name):
            self.leave_out({'team': team}, set(), '')
            return ''
        self.leave_out(team, {'name'}, 'team.')
        return name

    def retention(self, listed: object) -> str:
        """Return the retention such as `10 y`, and note all other agreements on the service."""
        found = ''
        for item in listed if isinstance(listed, list) else ():
            name = item.get('property') if isinstance(item, dict) else None
            value = _whole(item.get('value')) if name else None
            unit = UNITS.get(str(item.get('unit', 'd')).lower()) if name else None
            if name == 'retention' and not found and unit and value and 0 < value <= LONGEST_RETENTION:
                found = f'{value} {unit}'
            elif f'slaProperties.{name}' not in self.left:
                self.left.append(f'slaProperties.{name}')
        return found


def _primary_key(listed: list[Mapping[str, Any]]) -> list[str]:
    keys = [(_whole(item.get('primaryKeyPosition')) or 0, str(item.get('name')).strip()) for item in listed
            if item.get('primaryKey') is True]
    return [name for _, name in sorted(keys, key=lambda key: key[0])]


def _with_rule(contract: Contract, text: str) -> Contract:
    return replace(contract, rules=(*contract.rules, ContractRule(AFTER, QUARANTINE, text)))


def _enum_rule(column: str, values: list[object]) -> str:
    listed = [item.get('value') if isinstance(item, dict) else item for item in values]
    rule = rule_of_item({'metric': 'invalidValues', 'mustBe': 0, 'arguments': {'validValues': listed}}, column)
    return rule.text if rule else ''


def _kind(item: object) -> str:
    if not isinstance(item, dict):
        return describe(item)
    kind = item.get('type', 'library')
    detail = item.get('metric') or item.get('rule') or item.get('engine')
    return f'{kind} {detail}' if isinstance(detail, str) else str(kind)


def _text(value: object) -> str:
    return value.replace('\r\n', '\n').strip() if isinstance(value, str) else ''


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
