"""A collected file becomes the partition of a Cleanse table, as its configuration defines."""
from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lake_etl.errors import ConfigurationError, DataError
from lake_etl.ports import Publication
from small_lake import DAY

KEY = 'Gen/Policy/policies.csv'
POLICIES = (
    'PolicyNo,Effective Date,Written.Premium,NewRenewal,Agent,InternalNote\n'
    'P-1,01/02/2026,"$1,200.50",New,Ann,x\n'
    'P-2,15/02/2026,"(300.25)",Renewal,Bob,y\n'
    'P-3,,,New,,z\n')
MAPPING = (
    'SourceName,DestName,Threshold,Scorer\n'
    'PolicyNo,policy_number,,\n'
    'Effective Date,effective_date,,\n'
    'Written.Premium,written_premium,,\n'
    'NewOrRenewal,new_or_renewal,80,ratio\n'
    'Agent,Null,,\n')
SPEC = {
    'input_spec': {'table_description': 'Policies as the agencies send them'},
    'transform_spec': {
        'date': [{'field': 'effective_date', 'format': 'dd/MM/yyyy'}],
        'currency': [{'field': 'written_premium'}],
        'literal': {'source_system': 'agency'},
        'hash': ['policy_number'],
    },
}
MAPPED = ['mapping'] * 3 + ['fuzzymapping', 'dropped', 'dropped']


def configure(lake, spec=SPEC, mapping=MAPPING):
    lake.configure('transformation-spec/Gen-Policy.json', spec)
    lake.configure('transformation-spec/Gen-Policy.csv', mapping)


def test_a_file_is_mapped_transformed_stamped_and_published(lake):
    configure(lake)
    execution = lake.load(KEY, POLICIES)
    assert lake.types('gen', 'policy') == {
        'policy_number': 'string', 'effective_date': 'date', 'written_premium': 'decimal(16,2)',
        'new_or_renewal': 'string', 'source_system': 'string', 'execution_id': 'string'}
    assert lake.rows('SELECT effective_date, written_premium, new_or_renewal, source_system, execution_id, year, month,'
                     ' day FROM gen.policy ORDER BY effective_date') == [
        (date(2026, 2, 1), Decimal('1200.50'), 'New', 'agency', execution, *DAY),
        (date(2026, 2, 15), Decimal('-300.25'), 'Renewal', 'agency', execution, *DAY),
        (None, None, 'New', 'agency', execution, *DAY)]
    hashed = [row[0] for row in lake.rows('SELECT policy_number FROM gen.policy')]
    assert len(set(hashed)) == 3 and all(len(value) == 64 for value in hashed)
    assert lake.catalog.table('gen', 'policy').description == 'Policies as the agencies send them'


def test_lineage_lists_every_operation_in_order_with_the_totals_of_the_amounts(lake):
    configure(lake)
    execution = lake.load(KEY, POLICIES)
    records = lake.lineage(execution)
    assert [record['dataset_operation'] for record in records] == [
        'read', *MAPPED, 'dateconversion', 'currencyconversion', 'literal', 'hash', 'numericaudit', 'write']
    assert [record['operation_seq'] for record in records] == list(range(1, len(records) + 1))
    assert {record['dataset'] for record in records} == {'Gen/Policy'}
    by_operation = {record['dataset_operation']: record['info'] for record in records}
    assert by_operation['fuzzymapping']['match'] == 'NewRenewal'
    assert [record['info']['dropped'] for record in records if record['dataset_operation'] == 'dropped'] == [
        'Agent', 'InternalNote']
    assert by_operation['numericaudit']['totals'] == {'written_premium': '900.25'}
    assert by_operation['numericaudit']['dataset_counts'] == {'row': 3, 'column': 6}
    assert by_operation['write']['rows'] == 3


def test_without_configuration_names_are_cleaned_and_recommended_files_are_written(lake):
    lake.load(KEY, 'Policy No,Policy.No,Premium (EUR)\nP-1,A,10.50\nP-2,B,3\n')
    assert list(lake.types('gen', 'policy')) == ['policy_no', 'policy_no_2', 'premium_eur', 'execution_id']
    assert (lake.folders.temporary / 'Gen-Policy.csv').read_text() == (
        'SourceName,DestName\nPolicy No,policy_no\nPolicy.No,policy_no_2\nPremium (EUR),premium_eur\n')
    spec = json.loads((lake.folders.temporary / 'Gen-Policy.json').read_text())
    assert spec['transform_spec'] == {'changetype': {'premium_eur': 'decimal(16,2)'}}


def test_the_recommended_files_are_a_configuration_that_runs(lake):
    lake.load(KEY, 'Policy No,Premium (EUR),Since\n007,10.50,2026-01-31\n')
    for extension in ('csv', 'json'):
        recommended = lake.folders.temporary / f'Gen-Policy.{extension}'
        lake.configure(f'transformation-spec/{recommended.name}', recommended.read_text())
    lake.load(KEY, 'Policy No,Premium (EUR),Since\n008,20.255,2026-01-31\n', environment='Dev')
    assert lake.rows('SELECT policy_no, premium_eur, since FROM gen.policy') == [
        ('008', Decimal('20.26'), date(2026, 1, 31))]


def test_a_load_of_the_same_day_replaces_the_partition_and_no_other(lake):
    lake.load('Gen/Policy/2026/03/03/a.csv', 'a\n1\n')
    lake.load('Gen/Policy/2026/03/04/a.csv', 'a\n2\n3\n')
    lake.load('Gen/Policy/2026/03/04/a.csv', 'a\n4\n')
    assert lake.rows('SELECT a, day FROM gen.policy ORDER BY a') == [(1, '03'), (4, '04')]
    assert lake.partitions('gen', 'policy') == [('2026', '03', '03'), ('2026', '03', '04')]


def test_types_hold_from_file_to_file(lake):
    """A first file settles the types; accidents of later files do not change them, real changes do."""
    header = 'zip,amount,count,since,note\n'
    first = {'zip': 'string', 'amount': 'double', 'count': 'int', 'since': 'date', 'note': 'string',
             'execution_id': 'string'}
    lake.load('Gen/Policy/2026/03/01/a.csv', f'{header}02139,10.5,7,2026-01-31,new\n')
    assert lake.types('gen', 'policy') == first
    lake.load('Gen/Policy/2026/03/02/a.csv', f'{header}10115,10,,,\n')
    assert lake.types('gen', 'policy') == first
    lake.load('Gen/Policy/2026/03/03/a.csv', f'{header}10115,10,3000000000,2026-01-31,5\n')
    assert lake.types('gen', 'policy') == first | {'count': 'bigint'}
    assert lake.rows('SELECT zip, amount, count, since, note, day FROM gen.policy ORDER BY day') == [
        ('02139', 10.5, 7, date(2026, 1, 31), 'new', '01'),
        ('10115', 10.0, None, None, None, '02'),
        ('10115', 10.0, 3000000000, date(2026, 1, 31), '5', '03')]


# Each case: setting, the columns that come after `a int, b date`, and whether they may.
SCHEMA_CHANGES = [
    ('strict', 'b,a\n2026-01-31,1\n', 'The order differs'),
    ('strict', 'a,b,c\n1,2026-01-31,x\n', 'new: c'),
    ('reorder', 'b,a\n2026-01-31,1\n', ''),
    ('reorder', 'b,a\n2026-01-31,3000000000\n', 'a: int became bigint'),
    ('evolve', 'a,b,c\n3000000000,2026-01-31,x\n', ''),
    ('evolve', 'a\n1\n', 'missing: b'),
    ('evolve', 'a,b\n1,x\n', 'b: date became string'),
    ('permissive', 'c\nx\n', ''),
]


@pytest.mark.parametrize('setting, content, refusal', SCHEMA_CHANGES)
def test_a_schema_change_is_refused_with_both_schemas_or_published(lake, setting, content, refusal):
    lake.load(KEY, 'a,b\n7,2026-12-31\n')
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'allow_schema_change': setting}})
    result = lake.run(KEY, content)
    assert result.status == ('FAILED' if refusal else 'SUCCEEDED'), result.reason
    if refusal:
        assert refusal in result.reason
        assert 'published: a int, b date, execution_id string' in result.reason
        assert 'this load: ' in result.reason
        assert lake.rows('SELECT a, b FROM gen.policy') == [(7, date(2026, 12, 31))]
        assert lake.unreferenced_files() == []
    else:
        assert list(lake.types('gen', 'policy')) == {
            'reorder': ['a', 'b', 'execution_id'], 'evolve': ['a', 'b', 'execution_id', 'c'],
            'permissive': ['c', 'execution_id']}[setting]


@pytest.mark.parametrize('environment, refused', [('Dev', False), ('Test', True), ('Prod', True)])
def test_environments_differ_in_the_schema_changes_they_allow_when_nothing_is_set(lake, environment, refused):
    lake.load(KEY, 'a\n1\n')
    if refused:
        with pytest.raises(Exception, match='allow_schema_change'):
            lake.load(KEY, 'a,b\n1,2\n', environment=environment)
    else:
        lake.load(KEY, 'a,b\n1,2\n', environment=environment)


def test_an_unknown_transform_is_left_out_in_dev_and_refused_elsewhere(lake, caplog):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'currncy': [{'field': 'a'}]}})
    lake.load(KEY, 'a\n1\n', environment='Dev')
    assert 'Transform function transform_currncy called for in Gen-Policy.json not implemented' in caplog.text
    with pytest.raises(ConfigurationError, match="currncy.*did you mean 'currency'"):
        lake.load(KEY, 'a\n2\n', environment='Prod')
    assert lake.rows('SELECT a FROM gen.policy') == [(1,)]


def test_a_misspelt_step_that_protects_data_is_refused_even_in_dev(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'redcat': {'a': 'x'}}})
    with pytest.raises(ConfigurationError, match="redcat.*did you mean 'redact'"):
        lake.load(KEY, 'a\n1\n', environment='Dev')


def parquet(spark, tmp_path, query):
    """Return the content of a Parquet file with the rows of a query."""
    spark.sql(query).coalesce(1).write.parquet(str(tmp_path / 'written'))
    return next((tmp_path / 'written').glob('*.parquet')).read_bytes()


def test_json_lines_with_nested_values_are_read(lake):
    lake.load('Gen/Policy/p.json', '{"id": "007", "premium": 10.10, "insured": {"name": "Ann"}, "tags": ["a", "b"]}\n'
                                   '{"id": "8", "premium": 2, "insured": {"name": "Bob"}}\n')
    assert lake.types('gen', 'policy') == {
        'id': 'string', 'insured': 'struct<name:string>', 'premium': 'decimal(22,2)', 'tags': 'array<string>',
        'execution_id': 'string'}
    assert lake.rows('SELECT id, premium, insured.name, tags[1] FROM gen.policy ORDER BY id') == [
        ('007', Decimal('10.10'), 'Ann', 'a'), ('8', Decimal('2.00'), 'Bob', None)]


def test_parquet_keeps_its_types_and_a_narrower_file_takes_those_of_the_table(lake, spark, tmp_path):
    lake.load('Gen/Policy/2026/03/03/p.parquet', parquet(spark, tmp_path / '1', "SELECT 5000000000L AS n, 1.5D AS x"))
    lake.load('Gen/Policy/2026/03/04/p.parquet', parquet(spark, tmp_path / '2', "SELECT 7 AS n, 2 AS x"))
    assert lake.types('gen', 'policy') == {'n': 'bigint', 'x': 'double', 'execution_id': 'string'}
    assert lake.rows('SELECT n, x FROM gen.policy ORDER BY n') == [(7, 2.0), (5000000000, 1.5)]


def test_a_json_file_may_be_an_array_and_parquet_may_have_any_extension(lake, spark, tmp_path):
    lake.configure('transformation-spec/Gen-Claim.json', {'input_spec': {'json': {'multiline': True}}})
    lake.load('Gen/Claim/c.json', '[{"a": 1},\n {"a":\n 2}]')
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'parquet': {}}})
    lake.load('Gen/Policy/p.data', parquet(spark, tmp_path, 'SELECT 3 AS a'))
    assert lake.rows('SELECT a FROM gen.claim UNION ALL SELECT a FROM gen.policy ORDER BY a') == [(1,), (2,), (3,)]


# Each case: file name, input_spec, content, rows of the table in order of the first column.
DELIMITED = {
    'quoted line breaks, delimiters and quotes': (
        'a.csv', {}, 'id,note\n1,"first\nsecond, ""third"""\n2,plain\n',
        [(1, 'first\nsecond, "third"'), (2, 'plain')]),
    'headerless': ('a.csv', {'csv': {'header': False}}, '1,x\n2,y\n', [(1, 'x'), (2, 'y')]),
    'tab separated without a last line end': ('a.txt', {'tsv': {}}, 'id\tnote\r\n1\tx\r\n2\ty', [(1, 'x'), (2, 'y')]),
    'pipe': ('a.csv', {'pipe': {}}, 'id|note\n1|x,y\n2|\n', [(1, 'x,y'), (2, None)]),
    'several characters': ('a.csv', {'csv': {'delimiter': '~|'}}, 'id~|note\n1~|x|y\n2~|z\n', [(1, 'x|y'), (2, 'z')]),
    'gzip': ('a.csv.gz', {}, gzip.compress('id,note\n1,"ü\n€"\n'.encode()), [(1, 'ü\n€')]),
    'latin-1': ('a.csv', {'encoding': 'iso-8859-1'}, 'id,note\n1,Grüße\n'.encode('iso-8859-1'), [(1, 'Grüße')]),
    'byte-order mark': ('a.csv', {}, '\ufeffid,note\n1,x\n', [(1, 'x')]),
    'null values': ('a.csv', {'null_values': ['N/A', '-']}, 'id,note\n1,N/A\n2,-\n3,x\n',
                    [(1, None), (2, None), (3, 'x')]),
    'types as given': ('a.csv', {'types': {'id': 'decimal(8,2)'}}, 'id,note\n1,x\n', [(Decimal('1.00'), 'x')]),
    'no types': ('a.csv', {'infer_types': False}, 'id,note\n1,2\n', [('1', '2')]),
    'short and long rows': ('a.csv', {}, 'id,note\n1\n2,x,y\n', [(1, None), (2, 'x')]),
    'blank lines': ('a.csv', {}, 'id,note\n\n1,x\n\n\n2,y\n', [(1, 'x'), (2, 'y')]),
}


@pytest.mark.parametrize('case', DELIMITED)
def test_delimited_text_is_read_as_its_input_spec_says(lake, case):
    name, input_spec, content, expected = DELIMITED[case]
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': input_spec})
    lake.load(f'Gen/Policy/{name}', content)
    columns = [f'"{column}"' for column in list(lake.types('gen', 'policy'))[:2]]
    assert lake.rows(f'SELECT {", ".join(columns)} FROM gen.policy ORDER BY 1') == expected


def test_any_character_may_stand_in_names_of_folders_files_and_columns(lake):
    key = "Gen/Policy/it's 50% of # [ü] {a}*?.csv"
    header = 'Größe in m²,"a ""b"" c",it\'s,50%,x`y,$1\n'
    lake.load(key, f'{header}1,2,3,4,5,6\n')
    columns = ['größe_in_m²', 'a_"b"_c', "it's", '50%', 'x`y', '$1', 'execution_id']
    assert list(lake.types('gen', 'policy')) == columns
    quoted = ', '.join('"{}"'.format(name.replace('"', '""')) for name in columns[:-1])
    assert lake.rows(f'SELECT {quoted} FROM gen.policy') == [(1, 2, 3, 4, 5, 6)]


def test_names_with_odd_characters_can_be_mapped_and_transformed(lake):
    lake.configure('transformation-spec/Gen-Policy.csv',
                   'SourceName,DestName\nGröße in m²,größe\n"a ""b"" c",a b\nLoss.Paid,loss.paid\nx`y,x`y\n')
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {
        'currency': [{'field': 'loss.paid'}], 'changetype': {'größe': 'bigint', 'x`y': 'string'},
        'titlecase': ['a b']}})
    lake.load(KEY, 'Größe in m²,"a ""b"" c",Loss.Paid,x`y\n1,ann,$5,9\n')
    assert lake.rows('SELECT "größe", "a b", "loss.paid", "x`y" FROM gen.policy') == [(1, 'Ann', Decimal('5.00'), '9')]


def test_database_and_table_names_may_have_hyphens_and_upper_case(lake):
    lake.configure('transformation-spec/My-Gen-Policy_Data.json', {'transform_spec': {'literal': {'seen': 'yes'}}})
    lake.load('My-Gen/Policy_Data/a.csv', 'a\n1\n')
    assert lake.rows('SELECT a, seen FROM "my-gen".policy_data') == [(1, 'yes')]


def test_a_strict_mapping_refuses_a_missing_column_and_a_lenient_one_leaves_it_out(lake):
    configure(lake, {'input_spec': {'strict_schema_mapping': True}}, 'SourceName,DestName\na,a\nb,Null\n')
    with pytest.raises(DataError, match='lacks mapped columns: b. It has: a'):
        lake.load(KEY, 'a\n1\n')
    configure(lake, {}, 'SourceName,DestName\na,a\nb,c\n')
    lake.load(KEY, 'a\n1\n')
    assert list(lake.types('gen', 'policy')) == ['a', 'execution_id']


def test_a_users_description_and_comments_survive_a_load(lake):
    lake.load(KEY, 'a\n1\n')
    table = lake.catalog.table('gen', 'policy')
    columns = tuple(replace(item, comment='Key') for item in table.columns)
    commented = replace(table, description='Ours', columns=columns,
                        parameters={**table.parameters, 'owner': 'actuaries'})
    lake.catalog.publish(Publication(commented))
    lake.load(KEY, 'a,b\n1,2\n')
    table = lake.catalog.table('gen', 'policy')
    assert (table.description, table.parameters['owner']) == ('Ours', 'actuaries')
    assert {item.name: item.comment for item in table.columns} == {'a': 'Key', 'b': '', 'execution_id': 'Key'}
