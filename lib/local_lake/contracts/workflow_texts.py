"""Writes the configuration files of a workflow that keeps a contract: mapping, specification and quality rules."""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from lake_etl.config.configuration_files import file_names
from lake_etl.config.mapping import COMMENT
from lake_etl.config.quality_rules import ACTIONS, STAGES
from lake_etl.errors import ConfigurationError, Problem
from lib.local_lake.contracts.configured import HIDE
from lib.local_lake.contracts.data_contract import Contract, ContractColumn
from lib.local_lake.contracts.sensitivity import is_sensitive

OPTIONAL_CELLS = {'Threshold': 'threshold', 'Scorer': 'scorer', 'Width': 'width', 'Optional': 'optional',
                  'Description': 'description'}


def workflow_texts(database: str, table: str, contract: Contract) -> dict[str, str]:
    """Return the content of each configuration file by its name, such as `transformation-spec/Gen-Policy.json`.

    Columns that a contract cannot describe are left out, see `columns_to_finish`. Raises ConfigurationError for names
    that a mapping cannot hold.
    """
    names = file_names(database, table)
    texts = {names.spec: _json_text(_specification(contract))}
    if contract.has_mapping:
        texts[names.mapping] = _mapping(contract)
    if contract.rules:
        texts[names.quality] = _json_text(_quality(contract))
    return texts


def columns_to_finish(contract: Contract) -> Iterator[str]:
    """Yield a sentence for each column that needs a decision or a transform which the contract does not tell."""
    for column in contract.columns:
        if column.made_by:
            yield (f"column '{column.name}' is written by {', '.join(column.made_by)}, which a contract does not "
                   'describe. Add the step to the specification.')
        elif column.protected_by and column.protected_by not in HIDE:
            yield (f"column '{column.name}' is protected by {column.protected_by}, a transform of your own. Add it to "
                   'the specification before you load personal data.')
        elif is_sensitive(column.classification) and not (column.protected_by or column.clear_reason):
            yield (f"column '{column.name}' is classified as {column.classification}. Protect it with hash, redact or "
                   'tokenize, or give the reason why it stays in clear text in input_spec.left_unprotected.')


def _mapping(contract: Contract) -> str:
    rows = [column for column in contract.columns if column.source_name]
    sources = [*(column.source_name for column in rows), *contract.dropped]
    wrong = [name for name in sources if name.lstrip().startswith(COMMENT) or not name.strip()]
    if wrong:
        raise ConfigurationError([Problem('contract', '', f"a mapping cannot name the source column '{name}'",
                                          f'rename it, or write a source name that does not begin with {COMMENT}')
                                  for name in wrong])
    more = [cell for cell, field in OPTIONAL_CELLS.items() if any(getattr(column, field) for column in rows)]
    more += ['Threshold'] if any(column.threshold is not None for column in rows) and 'Threshold' not in more else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['SourceName', 'DestName', *more])
    for column in rows:
        writer.writerow([column.source_name, column.name, *(_cell(column, OPTIONAL_CELLS[cell]) for cell in more)])
    writer.writerows([name, 'Null', *('' for _ in more)] for name in contract.dropped)
    return out.getvalue()


def _cell(column: ContractColumn, field: str) -> str:
    value = getattr(column, field)
    if isinstance(value, bool):
        return 'true' if value else ''
    return '' if value is None else f'{value:g}' if isinstance(value, float) else str(value)


def _specification(contract: Contract) -> dict[str, Any]:
    columns = [column for column in contract.columns if column.is_described]
    clear = {column.name: column.clear_reason for column in contract.columns if column.clear_reason}
    source = {'table_description': contract.description, 'owner': contract.owner, 'retention': contract.retention,
              'left_unprotected': clear}
    steps: dict[str, Any] = {'changetype': {
        column.name: column.type for column in columns
        if column.type and not column.type_of_table and not column.format and column.protected_by not in HIDE}}
    for name in ('date', 'timestamp'):
        steps[name] = [{'field': column.name, 'format': column.format} for column in columns
                       if column.format and column.type == name]
    for name in ('hash', 'tokenize'):
        steps[name] = [column.name for column in columns if column.protected_by == name]
    steps['redact'] = {column.name: json.loads(column.replacement or 'null') for column in columns
                       if column.protected_by == 'redact'}
    return {'input_spec': _filled(source), 'transform_spec': _filled(steps)}


def _quality(contract: Contract) -> dict[str, Any]:
    stages = {stage: _filled({action: [rule.text for rule in contract.rules if (rule.stage, rule.action) == (
        stage, action)] for action in ACTIONS}) for stage in STAGES}
    clear = {'quarantine_clear': True} if contract.quarantine_clear else {}
    return {'convert_single_quotes': False, **clear, **_filled(stages)}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _json_text(value: object) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + '\n'
