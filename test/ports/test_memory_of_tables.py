"""Both catalogs keep what a table remembers next to other properties; both stores find configuration."""
from __future__ import annotations

import unicodedata
from dataclasses import replace

import boto3
import pytest

from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.arguments import OWNER
from lake_etl.config.reader import configuration_below, configuration_reader
from lake_etl.errors import ConfigurationError
from lake_etl.ports import Column, Publication, Table
from lake_etl.publish.ownership import PROTECTED, WORKFLOW, Ownership, parameters_after

KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
COLUMNS = (Column('name', 'string'), Column('Straße', 'string'))
TABLE = Table('hv', 'bordereau', COLUMNS, KEYS, 's3://cleanse/hv/bordereau')
LOAD = Ownership(workflow='HV/Bordereau', protected={'name': 'hash', 'straße': 'redact'}, file='HV-Bordereau.json')


@pytest.fixture(params=['SQLite', 'Glue'])
def catalog(request, tmp_path):
    made = SqliteCatalog(f'sqlite://{tmp_path}/lake.db') if request.param == 'SQLite' else None
    if made is None:
        request.getfixturevalue('aws')
        made = GlueCatalog()
    made.create_database('hv', 's3://cleanse/hv')
    return made


def load(catalog, ownership):
    existing = catalog.table('HV', 'Bordereau')
    catalog.publish(Publication(replace(TABLE, parameters=parameters_after(existing, ownership))))
    return catalog.table('hv', 'bordereau').parameters


def test_a_load_is_remembered_through_changes_that_say_nothing_about_it(catalog):
    first = load(catalog, LOAD)
    assert (first[WORKFLOW], first[PROTECTED]) == ('HV/Bordereau', '{"name": "hash", "straße": "redact"}')
    # As `upsert_catalog_table` of users' jobs does.
    catalog.publish(Publication(replace(TABLE, columns=COLUMNS[:1], description='new')))
    assert catalog.table('hv', 'bordereau').parameters == first
    catalog.publish(Publication(replace(TABLE, parameters={'owner': 'me'})))
    last = load(catalog, replace(LOAD, protected={'name': 'tokenize'}, no_longer_protected={'straße': 'public'}))
    assert last == {**first, 'owner': 'me', PROTECTED: '{"name": "tokenize"}'}


def test_properties_that_others_give_a_table_on_glue_and_ours_leave_each_other_alone(aws):
    catalog, glue = GlueCatalog(), boto3.client('glue')
    catalog.create_database('hv', 's3://cleanse/hv')
    load(catalog, LOAD)
    found = glue.get_table(DatabaseName='hv', Name='bordereau')['Table']
    kept = {name: found[name] for name in ('Name', 'TableType', 'StorageDescriptor', 'PartitionKeys', 'Parameters')}
    glue.update_table(DatabaseName='hv', TableInput={**kept, 'Parameters': {**kept['Parameters'], 'cost': '7'}})
    assert load(catalog, LOAD) == {**kept['Parameters'], 'cost': '7'}


def test_the_owner_is_a_field_of_the_table_on_glue_which_others_may_fill_as_long_as_no_workflow_does(aws):
    catalog, glue = GlueCatalog(), boto3.client('glue')
    catalog.create_database('hv', 's3://cleanse/hv')
    load(catalog, LOAD)
    found = glue.get_table(DatabaseName='hv', Name='bordereau')['Table']
    kept = {name: found[name] for name in ('Name', 'TableType', 'StorageDescriptor', 'PartitionKeys', 'Parameters')}
    glue.update_table(DatabaseName='hv', TableInput={**kept, 'Owner': 'somebody'})
    for ownership, expected in ((LOAD, 'somebody'), (replace(LOAD, owner='Policy data'), 'Policy data'), (LOAD, None)):
        load(catalog, ownership)
        assert glue.get_table(DatabaseName='hv', Name='bordereau')['Table'].get('Owner') == expected


def test_the_owner_reaches_both_catalogs(catalog):
    assert load(catalog, replace(LOAD, owner='Policy data'))[OWNER] == 'Policy data'


def test_configuration_is_found_in_any_case_in_every_store(file_store):
    name = unicodedata.normalize('NFD', 'HV-Präm ie%20+.JSON')
    root = f'{file_store.root}/etl'
    spelled = name if file_store.root.startswith(('s3:', '/')) else name.replace('%', '%25').replace(' ', '%20')
    file_store.files.write(f'{root}/transformation-spec/{spelled}', b'{}')
    file_store.files.write(f'{root}/transformation-spec/below/HV-Tbl.json', b'{}')
    read = configuration_reader(file_store.root, '/etl/transformation-spec/')
    assert read('transformation-spec/hv-präm ie%20+.json') == b'{}'
    assert read.stored_name('transformation-spec/hv-PRÄM ie%20+.json') == f'transformation-spec/{name}'
    assert read('transformation-spec/HV-Tbl.json') is None, 'it lies in a folder of its own'
    assert read('dq-rules/dq-HV-Tbl.json') is None
    for file in ('HV-Tbl.json', 'hv-tbl.json'):
        file_store.files.write(f'{root}/transformation-spec/{file}', b'{}')
    with pytest.raises(ConfigurationError, match='letter case alone'):
        configuration_below(root)('transformation-spec/Hv-Tbl.json')
