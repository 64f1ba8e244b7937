"""A column that was ever protected never gets values in clear, under any name and after any mistake."""
from __future__ import annotations

import hashlib
import itertools
import json
import shutil

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import ConfigurationError, LakeError, OwnershipError, PublicationError
from lake_etl.publish import whole_table
from lake_etl.publish.ownership import remembered_of
from lib.local_lake.cli import main
from small_lake import SmallLake

KEY = 'HV/Bordereau/a.csv'
MAPPING = 'SourceName,DestName\nPolicy No,policyno\nName,name\nMail,mail\nTax Id,taxid\n'
FILE = 'Policy No,Name,Mail,Tax Id\nP1,Ann,ann@x.org,T-111\n'
NEXT = FILE.replace('P1', 'P2')
STEPS = {'hash': ['name', 'mail'], 'tokenize': ['taxid']}
SPEC = {'transform_spec': STEPS}
PERSONAL = {'Ann', 'ann@x.org', 'T-111'}
SPEC_FILE, MAPPING_FILE = 'transformation-spec/HV-Bordereau.json', 'transformation-spec/HV-Bordereau.csv'
SUMMARY = 'CREATE TABLE Summary AS SELECT policyno, year, month, day FROM hv.{} '


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


PROTECTED = [('P2', digest('Ann'), digest('ann@x.org'), digest('T-111'))]


@pytest.fixture(scope='module')
def made(tmp_path_factory, small_data):
    """The folder of a lake whose table hashes and tokenizes, with one row in it."""
    lake = SmallLake(tmp_path_factory.mktemp('made'))
    lake.configure(SPEC_FILE, SPEC)
    lake.configure(MAPPING_FILE, MAPPING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('sys.argv', ['test'])
        patch.setattr('lake_etl.runtime._catalog_address', 'glue')
        lake.load(KEY, FILE)
    return lake.configuration.parent


@pytest.fixture
def protected(lake, made):
    """A copy of that lake."""
    shutil.copytree(made, lake.configuration.parent, dirs_exist_ok=True)
    return lake


def published(lake, table='hv.bordereau'):
    return lake.rows(f'SELECT policyno, name, mail, taxid FROM {table}')


def require_nothing_in_clear(lake):
    """Look at every value of every table."""
    for table in lake.catalog.tables():
        values = map(str, itertools.chain.from_iterable(lake.rows(f'SELECT * FROM {table.database}.{table.name}')))
        assert not PERSONAL & set(values), table.name


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
@pytest.mark.parametrize('folders', ['hv/bordereau', 'HV/BORDEREAU', 'Hv/bordereaU'])
def test_a_load_under_another_spelling_is_protected_as_well(protected, environment, folders):
    execution = protected.load(f'{folders}/a.csv', NEXT, environment=environment)
    assert published(protected) == PROTECTED
    tokens = [item['raw_data'] for item in SqliteItems().scan(protected.folders.items('hash-values'))]
    assert tokens == ['T-111']
    assert 'tokenize' in {record['dataset_operation'] for record in protected.lineage(execution)}


def test_the_first_load_under_another_spelling_is_protected_as_well(lake):
    lake.configure('transformation-spec/HV-Bordereau.csv', MAPPING)
    lake.configure('transformation-spec/hv-bordereau.JSON', SPEC)
    lake.load('hV/bordereau/a.csv', NEXT, environment='Prod')
    assert published(lake) == PROTECTED


def test_the_command_line_says_the_same_for_any_spelling(protected, tmp_path, capsys):
    file = tmp_path / 'b.csv'
    file.write_text(NEXT)
    options = ['--lake', str(protected.folders.root), '--config', str(protected.configuration)]
    assert main([*options, 'run', str(file), '--workflow', 'hv/bordereau']) == 0
    assert [row[1:] for row in published(protected)] == [PROTECTED[0][1:]] * 2
    assert main([*options, 'validate', 'hv/bordereau']) == 0
    assert 'HV/Bordereau: 2 files are valid.' in capsys.readouterr().out
    protected.configure('transformation-spec/hv-bordereau.json', SPEC)
    for command in (['run', str(file), '--workflow', 'hv/bordereau'], ['validate']):
        assert main([*options, *command]) == 1
        error = capsys.readouterr().err
        assert 'HV-Bordereau.json' in error and 'hv-bordereau.json' in error
    require_nothing_in_clear(protected)


def without_configuration(lake):
    (lake.configuration / SPEC_FILE).unlink()
    (lake.configuration / MAPPING_FILE).unlink()


def other_columns(lake):
    lake.configure(SPEC_FILE, {'transform_spec': {'hash': ['Person', 'mail'], 'tokenize': ['taxid']}})
    lake.configure(MAPPING_FILE, MAPPING.replace(',name', ',Person'))


def dropped_columns(lake):
    lake.configure(SPEC_FILE, {'transform_spec': {'hash': ['mail'], 'tokenize': ['taxid']}})
    lake.configure(MAPPING_FILE, MAPPING.replace(',name', ',Null') + 'Name,Holder\n')


def steps(**changed):
    return lambda lake: lake.configure(SPEC_FILE, {'transform_spec': {**STEPS, **changed}})


def wrong_file_name(lake):
    (lake.configuration / SPEC_FILE).rename(lake.configuration / 'transformation-spec' / 'HV-Bordereaux.json')


@pytest.mark.parametrize('environment', ['Dev', 'Prod'])
@pytest.mark.parametrize('mistake', [
    without_configuration, other_columns, dropped_columns, steps(hash=['name']), steps(hash=[]), wrong_file_name,
    lambda lake: lake.configure(SPEC_FILE, {'transform_spec': {'digest': ['name', 'mail'], 'tokenize': ['taxid']}}),
    lambda lake: lake.configure(SPEC_FILE, {'transform_spec': {'hahs': ['name', 'mail'], 'tokenize': ['taxid']}}),
    lambda lake: lake.configure(SPEC_FILE, json.dumps(SPEC).replace('"tokenize"', '"hash"')),
    lambda lake: lake.configure(SPEC_FILE, {'transform_spec': {}})])
def test_a_load_that_leaves_protection_out_is_refused_before_its_file_is_read(protected, environment, mistake):
    before = published(protected)
    mistake(protected)
    for folders in ('HV/Bordereau', 'hv/bordereau'):
        with pytest.raises(LakeError) as raised:
            protected.load(f'{folders}/none-of-this-is-read.xlsx', 'no workbook', environment=environment)
        assert isinstance(raised.value, (OwnershipError, ConfigurationError))
    assert published(protected) == before
    assert protected.unreferenced_files() == []


def test_in_dev_a_step_that_does_not_exist_is_skipped_but_not_where_it_has_protected(protected):
    protected.configure(SPEC_FILE, {'transform_spec': {**STEPS, 'uppercase': ['policyno']}})
    protected.load(KEY, NEXT, environment='Dev')
    protected.configure(SPEC_FILE, {'transform_spec': {'pseudonym': ['name', 'mail'], 'tokenize': ['taxid']}})
    with pytest.raises(OwnershipError, match=r'mail \(hash\), name \(hash\).*HV-Bordereau\.json'):
        protected.load(KEY, FILE, environment='Dev')


def test_a_reason_in_words_ends_a_protection_is_on_record_and_is_used_up(protected, caplog):
    caplog.set_level('WARNING', 'lake_etl')
    reason = 'a register that everybody can read'
    ending = {'input_spec': {'no_longer_protected': {'Name': reason}},
              'transform_spec': {'hash': ['mail'], 'tokenize': ['taxid']}}
    protected.configure(SPEC_FILE, ending)
    execution = protected.load(KEY, NEXT)
    assert published(protected) == [('P2', 'Ann', *PROTECTED[0][2:])]
    assert f'name ({reason})' in caplog.text
    record, = [item['info'] for item in protected.lineage(execution) if item['dataset_operation'] == 'protectionended']
    assert record == {'table': 'hv.bordereau', 'columns': {'name': reason}}
    protected.configure(SPEC_FILE, {'transform_spec': ending['transform_spec']})
    again = protected.load(KEY, FILE)
    assert 'protectionended' not in {item['dataset_operation'] for item in protected.lineage(again)}
    assert remembered_of(protected.catalog.table('hv', 'bordereau')).protected == {'mail': 'hash', 'taxid': 'tokenize'}


def test_a_table_from_before_there_was_a_memory_takes_a_load_and_remembers_it(lake):
    lake.publish('hv', 'bordereau', {'policyno': 'string'}, {('2026', '01', '01'): [('P0',)]})
    lake.load(KEY, 'Policy No\nP1\n')
    lake.configure(SPEC_FILE, SPEC)
    lake.configure(MAPPING_FILE, MAPPING)
    lake.load(KEY, FILE)
    assert set(remembered_of(lake.catalog.table('hv', 'bordereau')).protected) == {'name', 'mail', 'taxid'}


def test_a_step_in_the_place_of_another_protects_as_well(protected):
    protected.configure(SPEC_FILE, {'transform_spec': {'redact': {'name': 'x', 'mail': 'x'}, 'hash': ['taxid']}})
    protected.load(KEY, NEXT)
    assert published(protected) == [('P2', 'x', 'x', digest('T-111'))]


def test_the_same_file_from_a_folder_in_another_case_replaces_its_own_rows(lake):
    lake.configure(SPEC_FILE, {'input_spec': {'load_mode': 'by_file'}, **SPEC})
    lake.configure(MAPPING_FILE, MAPPING)
    lake.load(KEY, FILE)
    lake.load('hv/bordereau/a.csv', NEXT)
    assert published(lake) == PROTECTED
    lake.load('hv/bordereau/b.csv', FILE)
    assert sorted(row[0] for row in published(lake)) == ['P1', 'P2']


def test_look_ups_of_the_database_are_found_from_a_folder_in_another_case(lake):
    lake.folders.root.mkdir()
    table = lake.folders.items('value-lookup')
    SqliteItems().put(table, {'source_system': 'HV', 'column_name': 'Sex', 'lookup_data': '{"1": "f"}'})
    lake.configure(SPEC_FILE, {'transform_spec': {'lookup': [{'field': 'sex', 'lookup': 'Sex'}]}})
    for folders in ('HV/Bordereau', 'hv/bordereau'):
        lake.load(f'{folders}/a.csv', 'sex\n1\n')
        assert lake.rows('SELECT sex FROM hv.bordereau') == [('f',)]


def test_rules_and_queries_are_found_in_any_case_and_rows_set_aside_are_protected(protected):
    protected.configure('dq-rules/DQ-hv-bordereau.json', {
        'before_transform': {'quarantine_rules': ['ColumnValues "policyno" = "P1"']}})
    protected.configure('transformation-sql/Spark-hv-BORDEREAU.sql',
                        'SELECT policyno, name, mail, taxid, year, month, day FROM hv.bordereau')
    result = protected.run('hv/bordereau/a.csv', FILE + NEXT.splitlines()[1] + '\n')
    assert result.status == 'SUCCEEDED', result.reason
    assert published(protected, 'hv.bordereau_quarantine_before_transform') == PROTECTED
    assert [row[0] for row in published(protected, 'hv_consume.bordereau')] == ['P1']
    require_nothing_in_clear(protected)


def test_a_consume_table_takes_rows_of_one_workflow_until_another_one_says_that_it_takes_over(lake):
    for name in ('Policy', 'Claim'):
        lake.configure(f'transformation-sql/spark-HV-{name}.sql', SUMMARY.format(name))
        lake.load(f'HV/{name}/a.csv', f'policyno\n{name}\n')
    lake.consume('HV/Policy/a.csv')
    lake.consume('hv/policy/a.csv')
    with pytest.raises(OwnershipError, match=r'hv_consume.summary is filled by the workflow HV/Policy, and hv/CLAIM '):
        lake.consume('hv/CLAIM/a.csv')
    assert lake.rows('SELECT policyno FROM hv_consume.summary') == [('Policy',)]
    lake.configure('transformation-sql/spark-HV-Claim.sql', f'-- takes over: hv/policy\n{SUMMARY.format("claim")}')
    execution = lake.consume('HV/Claim/a.csv')
    assert lake.rows('SELECT policyno FROM hv_consume.summary') == [('Claim',)]
    record, = [item['info'] for item in lake.lineage(execution, 'cleanse-to-consume')
               if item['dataset_operation'] == 'tabletakeover']
    assert record == {'table': 'hv_consume.summary', 'from': 'HV/Policy', 'to': 'HV/Claim'}
    with pytest.raises(OwnershipError, match='is filled by the workflow HV/Claim'):
        lake.consume('HV/Policy/a.csv')


def test_files_do_not_land_in_tables_that_other_workflows_fill(lake):
    lake.configure('dq-rules/dq-HV-Policy.json', {'before_transform': {'quarantine_rules': ['IsComplete "policyno"']}})
    lake.configure('transformation-sql/spark-HV-Policy.sql', 'SELECT policyno, year, month, day FROM hv.policy')
    assert lake.run('HV/Policy/a.csv', 'policyno,x\nP1,1\n,2\n').status == 'SUCCEEDED'
    for key in ('hv_consume/policy/a.csv', 'hv/policy_quarantine_before_transform/a.csv'):
        with pytest.raises(OwnershipError, match='filled by the workflow HV/Policy'):
            lake.load(key, 'policyno\nP9\n')
    assert lake.rows('SELECT policyno FROM hv_consume.policy') == [('P1',)]


def test_a_query_does_not_fill_a_table_whose_columns_steps_have_protected(protected):
    protected.configure('transformation-sql/spark-HV-Bordereau.sql',
                        "SELECT 'P' AS policyno, 'Ann' AS name, year, month, day FROM hv.bordereau")
    with pytest.raises(OwnershipError, match='Queries have no steps that protect'):
        protected.consume(KEY, target_database_name='hv')
    require_nothing_in_clear(protected)


def test_a_match_and_a_workflow_do_not_share_a_table(lake):
    match = {'primary_entity_table': 'people', 'global_id_field': 'id', 'exact_match_fields': {
        'source_primary_key': 'no', 'source_system_key': 'system'}}
    lake.configure('transformation-spec/hv-EntityMatch.json', match)
    lake.configure('transformation-sql/spark-HV-A.sql', 'SELECT no, system, year, month, day FROM hv.a')
    assert lake.run('HV/A/a.csv', 'no,system\n1,S\n').status == 'SUCCEEDED'
    assert lake.rows('SELECT no FROM hv_consume.people') == [('1',)]
    lake.configure('transformation-sql/spark-HV-A.sql', 'CREATE TABLE people AS SELECT no, year, month, day FROM hv.a')
    with pytest.raises(PublicationError, match='is an Iceberg table'):
        lake.consume('HV/A/a.csv')
    lake.configure('transformation-spec/hv-EntityMatch.json', {**match, 'primary_entity_table': 'a'})
    with pytest.raises(OwnershipError, match='hv_consume.a is filled by HV/A'):
        lake.match('hv/a/a.csv')


def test_a_workflow_that_makes_the_table_during_the_load_of_another_one_keeps_it(lake, monkeypatch):
    for name in ('Policy', 'Claim'):
        lake.configure(f'transformation-sql/spark-HV-{name}.sql', SUMMARY.format(name))
        lake.load(f'HV/{name}/a.csv', f'policyno\n{name}\n')
    write = whole_table.write_partitions

    def write_later(*arguments):
        monkeypatch.setattr(whole_table, 'write_partitions', write)
        lake.consume('HV/Policy/a.csv')
        return write(*arguments)
    monkeypatch.setattr(whole_table, 'write_partitions', write_later)
    with pytest.raises(OwnershipError, match='is filled by the workflow HV/Policy'):
        lake.consume('HV/Claim/a.csv')
    assert lake.rows('SELECT policyno FROM hv_consume.summary') == [('Policy',)]
    assert lake.unreferenced_files() == []
