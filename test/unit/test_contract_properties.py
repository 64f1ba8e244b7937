"""What a workflow and a contract both know survives export and import, for generated configurations."""
from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lake_etl.config.entries.known import known_forms
from lake_etl.config.quality_rules import STAGES
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_workflow
from lib.local_lake.contracts.configured import configured_contract
from lib.local_lake.contracts.contract_file import contract_text, read_contract
from lib.local_lake.contracts.document import contract_document
from lib.local_lake.contracts.document_reading import read_document
from lib.local_lake.contracts.workflow_texts import workflow_texts

PUBLISHED = Path(__file__).parents[1] / 'published'
SCHEMA = jsonschema.Draft201909Validator(json.loads((PUBLISHED / 'odcs-3.1.0.schema.json').read_text()))
REGISTRY = {**known_forms(), 'own': object()}
PROTECTING = protection_by_transform(REGISTRY, known_forms())
TYPES = ('string', 'int', 'BIGINT', 'decimal(16,2)', 'decimal(9)', 'double', 'date', 'timestamp', 'boolean', 'binary',
         'array<string>', 'struct<a:int,`b c`:array<struct<d:date>>>', 'map<string,int>', 'varchar(10)')
RULES = (
    "IsComplete '{0}'", "IsUnique '{0}'", "IsUnique '{0}' '{1}'", "IsPrimaryKey '{0}' '{1}'", "IsPrimaryKey '{0}'",
    "Completeness '{0}' > 0.9", "Completeness '{0}' >= 0.333", "ColumnValues '{0}' in ['a', 'no', '1', 'é']",
    "ColumnValues '{0}' in [1, 2.5]", "ColumnValues '{0}' matches '[A-Z]{{3}}\\d+'", "ColumnValues '{0}' >= 0",
    "ColumnValues '{0}' < 1.50", "ColumnValues '{0}' >= '2020-01-31'", "ColumnLength '{0}' >= 3",
    "ColumnLength '{0}' <= 3", "ColumnLength '{0}' = 3", "RowCount > 10", "RowCount between 5 and 9",
    "CustomSql 'select count(*) from primary' > 3",
    "(IsComplete '{0}') or (ColumnValues '{1}' > 0)", "IsComplete '{0}' where '{1} > 3'", "Sum '{0}' > 0",
    "ColumnValues '{0}' in ['a'] with threshold > 0.9")
TEXTS = some.text(some.characters(blacklist_categories=('Cs', 'Cc'), blacklist_characters='\u2028\u2029\ufeff\x85'),
                  min_size=1, max_size=12).filter(lambda text: text.strip() and text.strip().lower() != 'null')
NAMES = TEXTS.filter(lambda text: not set(text) & set('`"\'\\/') and text.strip().lower() not in (
    'year', 'month', 'day', 'execution_id') and not text.isspace()).map(str.strip)
DESCRIPTIONS = some.sampled_from([
    '', 'Number of the policy', 'yes', '2020-01-01', 'a: b\n- c', "it's \"quoted\"", ' x '])


@some.composite
def configurations(draw):
    """Return the files of a workflow."""
    names = draw(some.lists(NAMES, min_size=2, max_size=5, unique_by=str.lower))
    sources = draw(some.lists(NAMES, min_size=len(names), max_size=len(names), unique_by=str.lower))
    mapped = draw(some.booleans()) or draw(some.booleans())
    known = names if mapped else []
    steps = {}
    for kind, values in (('changetype', some.sampled_from(TYPES)), ('redact', some.sampled_from(['x', None, 3, 'é']))):
        chosen = draw(some.dictionaries(some.sampled_from(names), values, max_size=2))
        steps |= {kind: chosen} if chosen else {}
    for kind in ('date', 'timestamp'):
        chosen = draw(some.lists(some.sampled_from(names), max_size=1, unique=True))
        steps |= {kind: [{'field': name, 'format': 'dd/MM/yyyy'} for name in chosen]} if chosen else {}
    for kind in ('hash', 'tokenize', 'titlecase', 'filldown', 'own'):
        chosen = draw(some.lists(some.sampled_from(names), max_size=1, unique=True))
        named = [{'field': name} for name in chosen] if kind == 'filldown' else chosen
        steps |= {kind: named} if chosen and (kind != 'own' or draw(some.integers(0, 9)) == 0) else {}
    order = draw(some.permutations(list(steps)))
    source = {'types': draw(some.dictionaries(some.sampled_from(sources), some.sampled_from(TYPES), max_size=2)),
              'left_unprotected': draw(some.dictionaries(some.sampled_from(names), some.just('public'), max_size=1))}
    source |= draw(some.sampled_from([{}, {
        'retention': '10 y', 'table_description': 'All: policies # not a comment',
        'owner': 'Policy: data # a@b.example'}]))
    stages = {stage: {action: [draw(some.sampled_from(RULES)).format(
        draw(some.sampled_from(names)), draw(some.sampled_from(names))) for _ in range(draw(some.integers(0, 2)))]
        for action in ('warn_rules', 'halt_rules')} for stage in STAGES}
    stages['after_transform']['quarantine_rules'] = [
        rule.format(draw(some.sampled_from(names)), draw(some.sampled_from(names)))
        for rule in draw(some.lists(some.sampled_from([rule for rule in RULES if 'Column' in rule or 'Is' in rule]),
                                    max_size=4))]
    files = {'transformation-spec/g-t.json': json.dumps(
        {'input_spec': source, 'transform_spec': {key: steps[key] for key in order}}),
        'dq-rules/dq-g-t.json': json.dumps(stages)}
    if known:
        files['transformation-spec/g-t.csv'] = mapping(draw, names, sources)
    return {name: text.encode() for name, text in files.items()}


def mapping(draw, names, sources):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(['SourceName', 'DestName', 'Threshold', 'Scorer', 'Width', 'Optional', 'Description'])
    for name, source in zip(names, sources, strict=True):
        similar = draw(some.sampled_from([('', ''), ('90', 'ratio'), ('0', 'WRatio')]))
        writer.writerow([source, name, *similar, draw(some.sampled_from(['', '7'])),
                         draw(some.sampled_from(['', 'true'])), draw(DESCRIPTIONS)])
    writer.writerow(['// a comment'])
    if draw(some.booleans()):
        writer.writerow(['Not needed', 'Null', '', '', '', '', ''])
    return out.getvalue()


def known_to_both(contract, names=None):
    """Return what a contract describes in full, of the columns with these names."""
    columns = [column for column in contract.columns if column.is_described and (names is None or column.name in names)]
    if not contract.has_mapping:    # Then only the data tells the order.
        columns.sort(key=lambda column: column.name)
    return (contract.workflow, contract.name, contract.description, contract.owner, contract.retention,
            contract.dropped, contract.has_mapping, contract.quarantine_clear, Counter(contract.rules),
            columns)


def configured(files):
    return configured_contract('g', 't', read_workflow('g', 't', files.get, REGISTRY, 'Prod'), PROTECTING)


def assume_valid(files):
    from hypothesis import assume

    from lake_etl.errors import ConfigurationError
    try:
        return configured(files)
    except ConfigurationError:
        assume(False)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(configurations())
def test_import_after_export_is_the_identity_for_what_both_know(tmp_path_factory, files):
    contract = assume_valid(files)
    document = contract_document(contract, '1.0.0')
    SCHEMA.validate(document)
    file = tmp_path_factory.getbasetemp() / 'contract.yaml'
    file.write_text(contract_text(document), encoding='utf-8')
    read = read_document(read_contract(file), 'contract.yaml')
    assert read.own and read.left_out == []
    assert known_to_both(read.contract) == known_to_both(contract)
    texts = workflow_texts('g', 't', read.contract)
    described = [column.name for column in contract.columns if column.is_described]
    again = configured({name: text.encode() for name, text in texts.items()})
    assert known_to_both(again, described) == known_to_both(contract)
