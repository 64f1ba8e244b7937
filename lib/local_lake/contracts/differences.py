"""Compares a contract with what the configuration of a workflow says."""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.errors import Problem
from lib.local_lake.contracts.column_types import logical_type
from lib.local_lake.contracts.data_contract import AFTER, LOAD, QUARANTINE, Contract, ContractColumn, ContractRule
from lib.local_lake.contracts.document_reading import ReadContract
from lib.local_lake.contracts.sensitivity import is_sensitive


def contract_differences(read: ReadContract, configured: Contract, file: str) -> Iterator[Problem]:
    """Yield a problem for each difference between a contract and the configuration.

    file  name of the contract's file, for messages

    The columns that every load adds are not compared.
    """
    agreed = read.contract
    for place, there, here in (('description', agreed.description, configured.description),
                               ('team', agreed.owner, configured.owner),
                               ('retention', agreed.retention, configured.retention)):
        if there != here:
            yield Problem(file, place, f'is {_shown(there)} in the contract and {_shown(here)} in the configuration')
    for column in agreed.columns:
        known = configured.column(column.name)
        if known is None:
            yield Problem(file, column.name, 'no row of the mapping and no transform makes the column')
        elif LOAD not in known.made_by:
            yield from (Problem(file, column.name, message)
                        for message in _column_differences(column, known, agreed, configured))
    for column in configured.columns:
        if agreed.column(column.name) is None and LOAD not in column.made_by:
            yield Problem(file, column.name, 'the configuration makes the column, and the contract does not name it')
    yield from _rule_differences(read, configured, file)


def _shown(text: str) -> str:
    return f"'{' '.join(text.split())}'" if text else 'not given'


def _column_differences(agreed: ContractColumn, configured: ContractColumn, contract: Contract, own: Contract
                        ) -> Iterator[str]:
    if message := _type_difference(agreed, configured):
        yield message
    if agreed.format != configured.format and agreed.format:
        yield (f"values are read by the pattern '{configured.format}' and not by '{agreed.format}'" if configured.format
               else f"no transform reads values by the pattern '{agreed.format}'")
    if agreed.description != configured.description:
        yield (f'the description is {_shown(agreed.description)} in the contract and '
               f'{_shown(configured.description)} in the configuration')
    name = agreed.name.lower()
    for word, there, here in (('required', contract.required_columns, own.required_columns),
                              ('unique', contract.unique_columns, own.unique_columns)):
        if (name in there) != (name in here):
            yield (f'is {word} in the contract, and no quarantine or halt rule ensures it' if name in there
                   else f'a rule ensures that it is {word}, and the contract does not say so')
    yield from _protection_difference(agreed, configured)


def _type_difference(agreed: ContractColumn, configured: ContractColumn) -> str:
    if agreed.type is None or agreed.type_of_table and (configured.type is None or configured.type_of_table):
        same_table = agreed.type == configured.type or configured.type is None or agreed.type is None
        return '' if same_table else f'has the type {configured.type} in the table and {agreed.type} in the contract'
    if configured.type is None:
        return f'has the type {agreed.type} in the contract, and the configuration leaves it to the data'
    if configured.type == agreed.type or not agreed.exact_type and _same_kind(agreed.type, configured.type):
        return ''
    return f'has the type {agreed.type} in the contract and {configured.type} in the configuration'


def _same_kind(agreed: str, configured: str) -> bool:
    """Tell whether two types are one logical type; a number may also be a whole one."""
    there, here = logical_type(agreed), logical_type(configured)
    return there == here or (there, here) == ('number', 'integer')


def _protection_difference(agreed: ContractColumn, configured: ContractColumn) -> Iterator[str]:
    hidden, explained = bool(configured.protected_by), bool(configured.clear_reason)
    if agreed.protected_by != configured.protected_by and agreed.protected_by:
        yield (f'is protected by {agreed.protected_by} in the contract and by '
               f'{configured.protected_by or "nothing"} in the configuration')
    elif is_sensitive(agreed.classification) and not (hidden or explained):
        yield (f"is classified as '{agreed.classification}', and neither hash, redact or tokenize protects it nor does "
               'input_spec.left_unprotected give the reason')
    elif hidden and not is_sensitive(agreed.classification):
        shown = f"classifies it as '{agreed.classification}'" if agreed.classification else 'does not classify it'
        yield f'{configured.protected_by} protects it, and the contract {shown}'


def _rule_differences(read: ReadContract, configured: Contract, file: str) -> Iterator[Problem]:
    """Yield rules that only one side has; stage and action count where the contract tells them."""
    there, here = _rules_by_key(read.contract, read.own), _rules_by_key(configured, read.own)
    for side, rules, others in (('configuration', there, here), ('contract', here, there)):
        for key, found in rules.items():
            for rule in found[len(others.get(key, ())):]:
                place = f'{rule.stage}.{rule.action}' if read.own else 'quality'
                yield Problem(file, place, f'the {side} lacks the rule {rule.text}')


def _rules_by_key(contract: Contract, placed: bool) -> dict[tuple[str, ...], list[ContractRule]]:
    """Return the rules by what must be equal on both sides; letter case of columns does not matter.

    placed  whether stage and action must be equal too
    """
    found: dict[tuple[str, ...], list[ContractRule]] = {}
    for rule in contract.rules:
        if not _said_by_column(rule, contract, placed):
            said = (rule.simple.type, *rule.columns, str(rule.simple.condition)) if rule.simple else (rule.text,)
            key = (rule.stage, rule.action, *said) if placed else said
            found.setdefault(key, []).append(rule)
    return found


def _said_by_column(rule: ContractRule, contract: Contract, placed: bool) -> bool:
    """Tell whether a difference is already reported as a column that is required or unique."""
    kind = rule.simple.type if rule.simple and len(rule.columns) == 1 else ''
    by_column = {'IsComplete': contract.required_columns, 'IsUnique': contract.unique_columns}.get(kind, frozenset())
    if not (rule.is_enforced and rule.columns and rule.columns[0] in by_column):
        return False
    return not placed or (rule.stage, rule.action) == (AFTER, QUARANTINE)
