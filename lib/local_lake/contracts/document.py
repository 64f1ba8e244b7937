"""Writes a contract as a document of the Open Data Contract Standard."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lake_etl.arguments import PARTITION_KEYS, RESERVED_COLUMNS
from lake_etl.dqdl.parser import parse_rule
from lake_etl.syntax.records import Findings
from lib.local_lake.contracts.column_types import described_type
from lib.local_lake.contracts.data_contract import AFTER, QUARANTINE, Contract, ContractColumn, ContractRule
from lib.local_lake.contracts.option_rules import option_of_rule, rules_of_options
from lib.local_lake.contracts.quality_items import quality_item

API_VERSION = 'v3.1.0'
PARTITIONS = [key.name for key in PARTITION_KEYS]


def contract_document(contract: Contract, version: str) -> dict[str, Any]:
    """Return a contract as the value of a YAML or JSON document.

    version  of the contract itself, not of the standard
    """
    described = _Description(contract)
    table: dict[str, Any] = {'name': contract.name, 'physicalName': contract.workflow.replace('/', '.').lower(),
                             'physicalType': 'table', 'logicalType': 'object'}
    table |= {'description': contract.description} if contract.description else {}
    table['properties'] = [described.property(column) for column in contract.columns]
    items = list(described.items(''))
    table |= {'quality': items} if items else {}
    table['customProperties'] = _custom({
        'workflow': contract.workflow, 'droppedColumns': list(contract.dropped) or None,
        'hasMapping': None if contract.has_mapping else False,
        'quarantineClear': contract.quarantine_clear or None})
    document: dict[str, Any] = {
        'version': version, 'apiVersion': API_VERSION, 'kind': 'DataContract',
        'id': str(uuid5(NAMESPACE_URL, f'insurancelake:{contract.workflow}'.lower())), 'name': contract.name,
        'status': 'active', 'schema': [table]}
    if contract.owner:
        document['team'] = {'name': contract.owner}
    if contract.retention:
        amount, unit = contract.retention.split(' ')
        document['slaProperties'] = [{'property': 'retention', 'value': int(amount), 'unit': unit}]
    return document


def _custom(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{'property': key, 'value': value} for key, value in values.items() if value is not None]


class _Description:
    """Distributes the rules of a contract: each becomes a key of a property, an option, or an item of `quality`."""

    def __init__(self, contract: Contract):
        self.contract = contract
        self.names = {column.name for column in contract.columns}
        self.options: dict[str, dict[str, Any]] = {}
        self.placed: dict[str, list[ContractRule]] = {}
        for index, rule in enumerate(contract.rules):
            if not (self._is_key(rule, index) or self._is_option(rule)):
                column = rule.simple.parameters[0].value if rule.simple and len(rule.columns) == 1 else ''
                self.placed.setdefault(column if column in self.names else '', []).append(rule)

    def items(self, column: str) -> Iterator[dict[str, Any]]:
        """Yield the items of `quality` of a column, or with an empty name of the table."""
        for rule in self.placed.get(column, ()):
            yield quality_item(rule, column or None)

    def property(self, column: ContractColumn) -> dict[str, Any]:
        """Return a column as a property."""
        found: dict[str, Any] = {'name': column.name}
        found |= {'physicalName': column.name.lower()} if column.name != column.name.lower() else {}
        found |= described_type(column.type) if column.type else {}
        options = self.options.get(column.name, {}) | ({'format': column.format} if column.format else {})
        found |= {'logicalTypeOptions': options} if options else {}
        found |= {'description': column.description} if column.description else {}
        found |= self._keys(column)
        if column.made_by:
            found['transformDescription'] = f'Written by: {", ".join(column.made_by)}.'
        items = list(self.items(column.name))
        found |= {'quality': items} if items else {}
        custom = _custom(_own_properties(column))
        return found | ({'customProperties': custom} if custom else {})

    def _keys(self, column: ContractColumn) -> dict[str, Any]:
        name, contract, found = column.name.lower(), self.contract, dict[str, Any]()
        if name in contract.required_columns or name in PARTITIONS:
            found['required'] = True
        if name in contract.unique_columns:
            found['unique'] = True
        if name in contract.primary_key:
            found |= {'primaryKey': True, 'primaryKeyPosition': contract.primary_key.index(name) + 1}
        if name in PARTITIONS:
            found |= {'partitioned': True, 'partitionKeyPosition': PARTITIONS.index(name) + 1}
        if column.classification:
            found['classification'] = column.classification
        return found

    def _is_key(self, rule: ContractRule, index: int) -> bool:
        """Tell whether `required`, `unique` or `primaryKey` says all that a rule does."""
        if (rule.stage, rule.action) != (AFTER, QUARANTINE) or rule.simple is None:
            return False
        others = Contract(workflow='', name='', columns=self.contract.columns,
                          rules=(*self.contract.rules[:index], *self.contract.rules[index + 1:]))
        names = [parameter.value for parameter in rule.simple.parameters]
        if not set(names) <= self.names or len(set(rule.columns)) < len(names):
            return False
        kind = rule.simple.type
        if kind != 'IsPrimaryKey' and rule.columns[0] in RESERVED_COLUMNS:
            return False
        return (kind == 'IsComplete' and rule.columns[0] not in others.required_columns
                or kind == 'IsUnique' and len(names) == 1 and rule.columns[0] not in others.unique_columns
                or kind == 'IsPrimaryKey' and not others.primary_key)

    def _is_option(self, rule: ContractRule) -> bool:
        """Tell whether an option of a property, such as `maxLength`, says all that a rule does; note it then."""
        column = self.contract.column(rule.columns[0]) if len(rule.columns) == 1 else None
        if (rule.stage, rule.action) != (AFTER, QUARANTINE) or rule.simple is None or column is None:
            return False
        logical = described_type(column.type).get('logicalType') if column.type else None
        option = option_of_rule(rule.simple, logical) if logical else None
        known = self.options.setdefault(column.name, {})
        if option is None or option[0] in known or logical is None:
            return False
        written = [str(parse_rule(text, Findings('contract'), '')) for _, text in rules_of_options(
            column.name, logical, dict([option]))]
        if written != [rule.text]:
            return False
        known[option[0]] = option[1]
        return True


def _own_properties(column: ContractColumn) -> dict[str, Any]:
    """Return what the standard has no key for."""
    replacement = json.loads(column.replacement) if column.replacement else None
    return {'sourceName': column.source_name or None, 'typeOfTable': column.type_of_table or None,
            'protectedBy': column.protected_by or None, 'replacement': replacement,
            'clearTextReason': column.clear_reason or None, 'threshold': column.threshold, 'scorer': column.scorer,
            'width': column.width, 'optional': column.optional or None, 'madeBy': list(column.made_by) or None}
