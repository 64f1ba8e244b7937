"""Hashes of AWS InsuranceLake are kept where a workflow or the lake asks for it, and a change of kind is named."""
from __future__ import annotations

import csv
import hashlib
import logging

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.ports import Table
from lake_etl.publish.ownership import hash_warning
from lake_etl.transform.inferred_text import as_inferred
from lib.local_lake.cli import main

COLUMNS = {
    'whole': ['0123456789', '5', '+7', '-0'], 'long': ['99999999999999999999', '1', '007', ''],
    'amount': ['1234.50', '2', '-.5', '12345678.0'], 'small': ['0.00001', '1e3', '2', '1E+20'],
    'suffix': ['123D', '4f', '5', ''], 'none': ['NaN', '1', '2', '3'], 'blank': [' 7', '8', '9', '9 '],
    'huge': ['12345678901234567890123456789012345678901', '1', '2', '3'],
    'truth': ['true', 'FALSE', '', 'True'], 'day': ['2024-01-02', '2024-02-29', '', '1999-12-31'],
    'moment': ['2024-01-02 03:04:05', '2024-01-02T03:04:05Z', '2024-01-02 03:04:05.5', '2024-01-02'],
    'loose': ['2024-1-2', '2024-01', '2024-01-02', ''], 'mixed': ['A1', '0123', '1', '2'],
    'both': ['true', '1', '2', '3'], 'american': ['01/02/2024', '03/04/2024', '', ''], 'comma': ['1,5', '2', '3', '4'],
    'digits': ['20240102', '20240103', '1', '1'], 'empty': ['', '', '', ''], 'word': ['hello', 'ß', '', 'true'],
}


def test_text_is_rewritten_as_spark_infers_it(spark, tmp_path, spark_jobs):
    with (tmp_path / 'a.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerows([COLUMNS, *zip(*COLUMNS.values(), strict=True)])
    inferred = spark.read.csv(str(tmp_path / 'a.csv'), header=True, inferSchema=True).collect()
    text = spark.read.csv(str(tmp_path / 'a.csv'), header=True)
    with spark_jobs() as jobs:
        rewritten = as_inferred(text, text.columns)
        assert jobs() <= 2
    found = rewritten.collect()
    for name in COLUMNS:
        expected = [None if row[name] is None else str(row[name]) for row in inferred]
        assert [row[name] for row in found] == expected, name


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


FILE = 'ssn,account,plain\n0123456789,true,x\n0000000005,false,y\n'
SPEC = {'hash': ['ssn'], 'tokenize': ['account']}


@pytest.mark.parametrize(('workflow', 'argument', 'expected'), [
    (None, None, ('0123456789', 'true')), ('as_inferred', None, ('123456789', 'True')),
    (None, 'as_inferred', ('123456789', 'True')), ('as_written', 'as_inferred', ('0123456789', 'true'))])
def test_the_workflow_or_the_lake_chooses_what_is_hashed(lake, workflow, argument, expected):
    lake.configure('transformation-spec/Gen-Policy.json', {
        'input_spec': {'hash_text': workflow} if workflow else {}, 'transform_spec': SPEC})
    lake.load('Gen/Policy/a.csv', FILE, **({'hash_text': argument} if argument else {}))
    assert lake.rows("SELECT ssn, account FROM gen.policy WHERE plain = 'x'") == [tuple(map(digest, expected))]
    stored = {item['hash_key']: item['raw_data'] for item in SqliteItems().scan(lake.folders.items('hash-values'))}
    assert stored[digest(expected[1])] == expected[1]


def test_validate_and_a_load_warn_when_a_table_has_hashes_of_the_other_kind(lake, caplog, capsys):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': SPEC})
    lake.load('Gen/Policy/a.csv', FILE)
    assert 'hashes in table' not in caplog.text
    lake.configure('transformation-spec/Gen-Policy.json', {
        'input_spec': {'hash_text': 'as_inferred'}, 'transform_spec': SPEC})
    warning = 'The hashes in table gen.policy were made with hash_text as_written'
    assert main(['--lake', str(lake.folders.root), '--config', str(lake.configuration), 'validate']) == 0
    assert warning in caplog.text + capsys.readouterr().err
    caplog.clear()
    caplog.set_level(logging.WARNING)
    lake.load('Gen/Policy/b.csv', FILE)
    assert warning in caplog.text


@pytest.mark.parametrize(('parameters', 'hash_text', 'before'), [
    ({}, 'as_written', 'as_inferred'), ({}, 'as_inferred', None), ({}, None, None),
    ({'lake_etl.workflow': 'Gen/Policy'}, 'as_inferred', 'as_written'),
    ({'lake_etl.workflow': 'Gen/Policy'}, 'as_written', None),
    ({'lake_etl.workflow': 'Gen/Policy', 'lake_etl.hash_text': 'as_inferred'}, 'as_written', 'as_inferred')])
def test_a_table_of_another_lake_has_hashes_of_inferred_values(parameters, hash_text, before):
    warning = hash_warning(Table('gen', 'policy', (), (), '/x', parameters=parameters), hash_text, 'Gen-Policy.json')
    assert (warning is None) == (before is None)
    if warning:
        assert f'"hash_text": "{before}"' in warning
