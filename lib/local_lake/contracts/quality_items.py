"""Translates quality rules to items of a contract's section `quality` and back."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lake_etl.config.quality_rules import ACTIONS, STAGES
from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.quoting import quoted, quoted_code
from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import Condition, Number, Rule, Text
from lake_etl.syntax.records import Findings
from lib.local_lake.contracts.data_contract import AFTER, QUARANTINE, ContractRule
from lib.local_lake.contracts.option_rules import as_number, json_number

Item = Mapping[str, Any]
ENGINE = 'dqdl'
OPERATORS = {'mustBe': '=', 'mustNotBe': '!=', 'mustBeGreaterThan': '>', 'mustBeGreaterOrEqualTo': '>=',
             'mustBeLessThan': '<', 'mustBeLessOrEqualTo': '<='}
BETWEEN = {'mustBeBetween': '(RowCount >= {}) AND (RowCount <= {})', 'mustNotBeBetween':
           '(RowCount < {}) OR (RowCount > {})'}
# A share of complete rows as a bound of the share of nulls.
TURNED = {'>': 'mustBeLessThan', '>=': 'mustBeLessOrEqualTo', '<': 'mustBeGreaterThan', '<=': 'mustBeGreaterOrEqualTo',
          '=': 'mustBe'}
HUNDRED = Decimal(100)
# Names of version 3.0 for metrics that version 3.1 defines.
OLD_METRICS = {'nullCheck': 'nullValues', 'nullCount': 'nullValues', 'duplicateCount': 'duplicateValues',
               'validValues': 'invalidValues', 'rowCount': 'rowCount'}


def quality_item(rule: ContractRule, column: str | None) -> dict[str, Any]:
    """Return the item of a rule: a metric of the standard where one says the same, else the rule itself.

    column  whose property gets the item; None for an item of the table
    """
    described = _library_item(rule, column) if rule.stage == AFTER else None
    return {**(described or {'type': 'custom', 'engine': ENGINE, 'implementation': rule.text}),
            'severity': 'warning' if rule.action == ACTIONS[0] else 'error',
            'customProperties': [{'property': 'stage', 'value': rule.stage},
                                 {'property': 'action', 'value': rule.action}]}


def _library_item(contract_rule: ContractRule, column: str | None) -> dict[str, Any] | None:
    rule = contract_rule.simple
    if rule is None:
        return None
    names = [parameter.value for parameter in rule.parameters]
    item: dict[str, Any] | None = None
    if rule.type == 'IsComplete':
        item = {'metric': 'nullValues', 'mustBe': 0}
    elif rule.type == 'IsUnique':
        item = {'metric': 'duplicateValues', 'mustBe': 0}
        item |= {'arguments': {'properties': names}} if len(names) > 1 else {}
    elif rule.condition is not None:
        item = _compared(rule, rule.condition)
    # The item must say the same as the rule, in whatever way that is written.
    back = None if item is None else _rule_of_metric(item, column)
    return {'type': 'library', **item} if item and back == contract_rule.text else None


def _compared(rule: Rule, condition: Condition) -> dict[str, Any] | None:
    operands, operator = condition.operands, condition.operator
    if rule.type == 'ColumnValues' and operator == 'in':
        values = [_plain(operand) for operand in operands]
        return None if None in values else _invalid({'validValues': values})
    if rule.type == 'ColumnValues' and operator == 'matches':
        return _invalid({'pattern': operands[0].value}) if isinstance(operands[0], Text) else None
    if len(operands) != 1 or not isinstance(operands[0], Number):
        return None
    number = operands[0].value
    if rule.type == 'Completeness' and operator in TURNED:
        share = json_number((1 - number) * HUNDRED)
        return None if share is None else {'metric': 'nullValues', TURNED[operator]: share, 'unit': 'percent'}
    key = next((key for key, written in OPERATORS.items() if written == operator), None)
    count = json_number(number)
    return {'metric': 'rowCount', key: count} if rule.type == 'RowCount' and key and count is not None else None


def _invalid(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {'metric': 'invalidValues', 'mustBe': 0, 'arguments': dict(arguments)}


def _plain(operand: object) -> str | int | float | None:
    if isinstance(operand, Text):
        return operand.value
    return json_number(operand.value) if isinstance(operand, Number) else None


def rule_of_item(item: Item, column: str | None) -> ContractRule | None:
    """Return the rule of an item of a property or, without a column, of a whole table; None if no rule says the same.

    An item without stage and action is checked after the transforms. Only with the severity `error` a failure has an
    effect: failed rows are quarantined, or the load stops if there are no such rows.
    """
    text = _text_of_item(item, column)
    rule = parse_rule(text, Findings('contract'), '') if text else None
    if rule is None:
        return None
    own = {str(entry.get('property')): entry.get('value') for entry in _entries(item.get('customProperties'))}
    stage, action = own.get('stage'), own.get('action')
    if stage not in STAGES or action not in ACTIONS:
        stage, action = AFTER, ACTIONS[0]
        if str(item.get('severity', '')).lower() == 'error':
            action = QUARANTINE if has_row_outcome(rule) else 'halt_rules'
    return ContractRule(stage, action, str(rule))


def _text_of_item(item: Item, column: str | None) -> str | None:
    kind = item.get('type', 'library')
    if kind == 'custom':
        text = item.get('implementation')
        return text if item.get('engine') == ENGINE and isinstance(text, str) else None
    if kind == 'sql':
        return _rule_of_query(item, column)
    return _rule_of_metric(item, column) if kind == 'library' else None


def _rule_of_query(item: Item, column: str | None) -> str | None:
    """Return a rule that compares the result of a query; its table is the one that is checked."""
    query, compared = item.get('query'), _comparison(item)
    if not isinstance(query, str) or compared is None:
        return None
    for opened in ('${', '{'):
        for name in ('object', 'table'):
            query = query.replace(f'{opened}{name}}}', 'primary')
        for name in ('property', 'column'):
            query = query.replace(f'{opened}{name}}}', f'`{column}`' if column else f'{opened}{name}}}')
    return f'CustomSql {quoted_code(" ".join(query.split()))} {compared[0]} {compared[1]:f}'


def _rule_of_metric(item: Item, column: str | None) -> str | None:
    metric = item.get('metric') or OLD_METRICS.get(str(item.get('rule')))
    read = METRICS.get(str(metric))
    return read(item, column) if read else None


def _nulls(item: Item, column: str | None) -> str | None:
    compared = _comparison(item)
    if column is None or compared is None:
        return None
    operator, number = compared
    if operator in ('=', '<=') and number == 0:
        return f'IsComplete {quoted(column)}'
    if item.get('unit') == 'percent':
        share = (HUNDRED - number) / HUNDRED
        turned = next((complete for complete, key in TURNED.items() if OPERATORS[key] == operator), None)
        return f'Completeness {quoted(column)} {turned} {share.normalize():f}' if turned else None
    name = column.replace('`', '``')
    return f'CustomSql {quoted_code(f"select count(*) from primary where `{name}` is null")} {operator} {number:f}'


def _duplicates(item: Item, column: str | None) -> str | None:
    arguments = item.get('arguments')
    listed = arguments.get('properties') if isinstance(arguments, dict) else None
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else [column]
    return ' '.join(['IsUnique', *map(quoted, filter(None, names))]) if _is_none(item) and any(names) else None


def _invalids(item: Item, column: str | None) -> str | None:
    arguments = item.get('arguments')
    values = arguments if isinstance(arguments, dict) else item
    listed, pattern = values.get('validValues'), values.get('pattern')
    if column is None or _operators(item) and not _is_none(item):
        return None
    if isinstance(pattern, str) and listed is None:
        return f'ColumnValues {quoted(column)} matches {quoted_code(pattern)}'
    members = list(_members(listed)) if isinstance(listed, list) and pattern is None else []
    return f'ColumnValues {quoted(column)} in [{",".join(members)}]' if members and '' not in members else None


def _members(listed: Sequence[object]) -> Iterator[str]:
    for value in listed:
        number = as_number(value)
        yield quoted(value) if isinstance(value, str) else '' if number is None else f'{number:f}'


def _row_count(item: Item, column: str | None) -> str | None:
    between = next((key for key in BETWEEN if key in item), None)
    if between:
        bounds = [as_number(bound) for bound in item[between]] if isinstance(item[between], list) else []
        return BETWEEN[between].format(*bounds) if len(bounds) == 2 and None not in bounds else None
    compared = _comparison(item)
    return f'RowCount {compared[0]} {compared[1]:f}' if compared and item.get('unit') != 'percent' else None


def _operators(item: Item) -> dict[str, Any]:
    return {key: item[key] for key in OPERATORS if key in item}


def _comparison(item: Item) -> tuple[str, Decimal] | None:
    """Return the operator and the number that a result is compared with; None unless there is exactly one."""
    found = _operators(item)
    if len(found) != 1:
        return None
    (key, value), = found.items()
    number = as_number(value)
    return None if number is None else (OPERATORS[key], number)


def _is_none(item: Item) -> bool:
    compared = _comparison(item)
    return compared is not None and compared[0] in ('=', '<=') and compared[1] == 0


def _entries(listed: object) -> list[Mapping[str, Any]]:
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


METRICS: Mapping[str, Callable[[Item, str | None], str | None]] = {
    'nullValues': _nulls, 'duplicateValues': _duplicates, 'invalidValues': _invalids, 'rowCount': _row_count}
