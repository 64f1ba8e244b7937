"""Column lineage from configuration: mapping, transforms, rules, SQL files, views over views, masks and circles."""
from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lake_etl.column_lineage.cleanse_lineage import rule_columns
from lake_etl.column_lineage.lineage_graph import ROWS, ColumnName, LineageGraph
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.configuration_files import SPEC
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_entity_match, read_workflow
from lake_etl.dqdl.parser import parse_rule
from lake_etl.errors import LakeError
from lake_etl.syntax.records import Findings

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / 'lib/glue_scripts'
MAPPING = 'SourceName,DestName\nPolicy No,PolicyNo\nTax Id,TaxId\nPremium,Premium\nRegion,Region\nNote,Null\n'


def lake(files, published=None, workflows=('Gen/Policy',), matches=(), own=()) -> LineageGraph:
    """Return the lineage of workflows whose files are given by their names below the configuration folder."""
    contents = {name: text.encode() if isinstance(text, str) else json.dumps(text).encode()
                for name, text in files.items()}
    registry = {**known_forms(), **dict.fromkeys(own, object())}
    masking = protection_by_transform(registry, known_forms())
    return trace_lake(LakeConfiguration(
        workflows={tuple(name.split('/')): read_workflow(*name.split('/'), contents.get, registry, 'Prod')
                   for name in workflows},
        matches={name: read_entity_match(name, contents.get) for name in matches}, masking=masking,
        published=published or {}))


def spec(**steps):
    return {f'{SPEC}/Gen-Policy.json': {'transform_spec': steps}, f'{SPEC}/Gen-Policy.csv': MAPPING}


def sql(engine, text, table='Policy'):
    return {f'transformation-sql/{engine}-Gen-{table}.sql': text}


def origins(graph, table, column):
    return {str(origin.source): tuple(step.place for step in origin.steps)
            for origin in graph.origins(ColumnName(table, column))}


def sources(graph, table, column):
    return set(origins(graph, table, column))


def test_a_column_of_cleanse_names_mapping_row_and_transforms_on_the_way_from_the_file():
    graph = lake(spec(currency=[{'field': 'Premium'}], hash=['TaxId'],
                      combinecolumns=[{'field': 'Key', 'format': '{}-{}', 'source_columns': ['PolicyNo', 'Premium']}]))
    assert origins(graph, 'gen.policy', 'key') == {
        'collect/Gen/Policy.Policy No': ('row 2 of Gen-Policy.csv', 'transform_spec.combinecolumns of Gen-Policy.json'),
        'collect/Gen/Policy.Premium': ('row 4 of Gen-Policy.csv', 'transform_spec.currency of Gen-Policy.json',
                                       'transform_spec.combinecolumns of Gen-Policy.json')}
    assert [column.name for column in graph.tables['collect/Gen/Policy'].columns] == [
        'Policy No', 'Tax Id', 'Premium', 'Region', 'Note']
    assert graph.tables['gen.policy'].column('PREMIUM').name == 'premium'


def test_an_edge_masks_when_every_way_hides_the_values():
    graph = lake(spec(hash=['TaxId'], **{'hash:2': ['Region'], 'combinecolumns': [
        {'field': 'Both', 'format': '{}{}', 'source_columns': ['TaxId', 'Premium']}]}))
    table = graph.tables['gen.policy']
    assert {column.name: [origin.masks for origin in column.origins] for column in table.columns if column.origins} == {
        'policyno': [False], 'taxid': [True], 'premium': [False], 'region': [True], 'both': [True, False]}
    assert [column.name for column in table.columns if column.protected] == ['taxid', 'region', 'both']


def test_a_copy_that_was_taken_before_the_mask_is_not_masked():
    graph = lake(spec(columnreplace=[{'field': 'Copy', 'source': 'TaxId', 'pattern': '-', 'replacement': ''}],
                      hash=['TaxId'], merge=[{'field': 'Any', 'source_list': ['Copy', 'TaxId']}]))
    copy, both = (graph.tables['gen.policy'].column(name).origins[0] for name in ('copy', 'any'))
    assert not copy.masks and not both.masks


def test_an_overwritten_column_loses_what_it_was_made_of():
    graph = lake(spec(literal={'Region': 'EU'}, columnreplace=[
        {'field': 'Premium', 'source': 'PolicyNo', 'pattern': 'a', 'replacement': ''}]))
    assert sources(graph, 'gen.policy', 'region') == set()
    assert [step.place for step in graph.tables['gen.policy'].column('region').steps] == [
        'transform_spec.literal of Gen-Policy.json']
    assert sources(graph, 'gen.policy', 'premium') == {'collect/Gen/Policy.Policy No'}


def test_filters_expansions_and_quarantine_rules_decide_on_rows():
    graph = lake({**spec(filterrows=[{'condition': 'Region <> "EU"'}]),
                  'dq-rules/dq-Gen-Policy.json': {'after_transform': {
                      'quarantine_rules': ['IsComplete "policyno"'], 'warn_rules': ['IsUnique "premium"']}}})
    assert sources(graph, 'gen.policy', ROWS) == {'collect/Gen/Policy.Region', 'collect/Gen/Policy.Policy No'}
    assert graph.tables['gen.policy'].unknown_rows == ''


@pytest.mark.parametrize('condition', ['PolicyNo IN (SELECT a FROM b.c)'])
def test_a_filter_with_a_query_leaves_unknown_what_decides_on_rows(condition):
    graph = lake(spec(filterrows=[{'condition': condition}]))
    assert 'filterrows' in graph.tables['gen.policy'].unknown_rows


def test_without_a_mapping_columns_come_from_those_of_the_file_with_their_names():
    graph = lake({f'{SPEC}/Gen-Policy.json': {'transform_spec': {'hash': ['TaxId']}}})
    assert sources(graph, 'gen.policy', 'taxid') == {'collect/Gen/Policy.TaxId'}
    assert 'no mapping' in graph.tables['gen.policy'].further_columns
    graph = lake({f'{SPEC}/Gen-Policy.json': {'transform_spec': {'hash': ['TaxId']}}},
                 {'gen.policy': ['premium', 'taxid', 'year', 'month', 'day']})
    assert sources(graph, 'gen.policy', 'premium') == {'collect/Gen/Policy.premium'}
    assert graph.tables['gen.policy'].further_columns == ''


def test_after_a_transform_that_declares_nothing_all_is_unknown_from_here():
    graph = lake(spec(mine={'a': 1}, literal={'Fixed': 1}), own=('mine',))
    table = graph.tables['gen.policy']
    assert "'mine' does not declare" in table.column('premium').unknown and table.column('premium').origins == ()
    assert table.column('fixed').unknown == '' and "'mine'" in table.unknown_rows


def test_members_of_a_flattened_struct_are_unknown_and_the_other_columns_are_known():
    graph = lake(spec(flatten=[{'field': 'Region'}]), {'gen.policy': ['policyno', 'region', 'city']})
    assert 'flatten' in graph.tables['gen.policy'].column('city').unknown
    assert sources(graph, 'gen.policy', 'policyno') == {'collect/Gen/Policy.Policy No'}


CONSUME = 'SELECT p.policyno, p.premium * 2 AS twice, p.year, p.month, p.day FROM gen.policy p WHERE p.region = "EU"'


def test_spark_sql_athena_views_and_views_over_views_make_one_chain_down_to_the_file():
    graph = lake({**spec(hash=['PolicyNo']), **sql('spark', CONSUME), **sql('athena', '''
        -- the first view
        CREATE OR REPLACE VIEW totals AS SELECT policyno, sum(twice) AS total FROM policy GROUP BY policyno;
        CREATE VIEW best AS SELECT * FROM totals ORDER BY total DESC LIMIT 1;''')})
    assert origins(graph, 'gen_consume.best', 'total') == {
        'gen_consume.totals.total': ('statement 2 of athena-Gen-Policy.sql',)}
    assert sources(graph, 'gen_consume.totals', ROWS) == {'gen_consume.policy.*', 'gen_consume.policy.policyno'}
    upstream = {str(item) for item in graph.upstream(ColumnName('gen_consume.best', 'total'))}
    assert {'collect/Gen/Policy.Premium', 'collect/Gen/Policy.Region', 'collect/Gen/Policy.Policy No'} <= upstream
    assert {str(item) for item in graph.downstream(ColumnName('collect/Gen/Policy', 'Premium'))} == {
        'gen.policy.premium', 'gen_consume.policy.twice', 'gen_consume.totals.total', 'gen_consume.best.total',
        'gen_consume.best.*'}
    assert graph.tables['gen_consume.best'].column('policyno').protected
    assert not graph.tables['gen_consume.best'].column('total').protected


def test_every_statement_of_a_file_counts():
    graph = lake({**spec(), **sql('spark', '''
        SET spark.sql.shuffle.partitions = 1;
        CREATE OR REPLACE TEMPORARY VIEW eu AS SELECT * FROM gen.policy WHERE region = 'EU';
        CREATE OR REPLACE TEMPORARY VIEW big AS SELECT policyno AS p, year, month, day FROM eu WHERE premium > 5;
        SELECT * FROM big''')})
    assert sources(graph, 'gen_consume.policy', 'p') == {'gen.policy.policyno'}
    assert sources(graph, 'gen_consume.policy', ROWS) == {'gen.policy.*', 'gen.policy.region', 'gen.policy.premium'}


def test_external_schemas_of_redshift_stand_for_databases_and_placeholders_for_their_values():
    graph = lake({**spec(), **sql('spark', CONSUME), **sql('redshift', '''
        -- reads the lake
        CREATE EXTERNAL SCHEMA IF NOT EXISTS lake FROM DATA CATALOG DATABASE 'gen_consume' IAM_ROLE default;
        CREATE OR REPLACE VIEW reports.p AS SELECT twice FROM lake.{table_name} WHERE year = {p_year}
        WITH NO SCHEMA BINDING;''')})
    assert sources(graph, 'reports.p', 'twice') == {'gen_consume.policy.twice'}
    assert graph.unread == ()


@pytest.mark.parametrize('statement, reason', [
    ('CREATE VIEW v AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t', 'RECURSIVE'),
    ('CREATE VIEW v AS SELECT nowhere.x FROM policy', 'none of the tables'),
    ('CREATE VIEW v AS SELECT a FROM other.one, other.two', 'more than one table'),
    ('CREATE VIEW v AS SELECT a FROM TABLE(sequence(1, 2))', 'FROM'),
    ('CREATE VIEW v AS SELECT a FROM {p_year}', 'placeholder'),
    ('ALTER TABLE v ADD COLUMNS (x int)', 'another kind')])
def test_sql_that_cannot_be_traced_is_unknown_from_here(statement, reason):
    graph = lake({**spec(), **sql('spark', CONSUME), **sql('athena', statement)})
    assert len(graph.unread) == 1 and reason in graph.unread[0]
    assert graph.unread[0].startswith('statement 1 of athena-Gen-Policy.sql: its lineage is unknown from here')
    assert graph.tables['gen_consume.policy'].column('twice').origins
    unknown = graph.tables.get('gen_consume.v')
    assert unknown is None or (unknown.columns == () and unknown.further_columns and unknown.unknown_rows)


def test_a_view_over_an_unknown_view_is_open_and_its_named_columns_still_point_to_it():
    graph = lake({**spec(), **sql('athena', '''CREATE VIEW v AS SELECT a FROM other.one, other.two;
        CREATE VIEW w AS SELECT * FROM v; CREATE VIEW x AS SELECT v.a FROM v''')})
    assert graph.tables['gen_consume.w'].columns == () and graph.tables['gen_consume.w'].further_columns
    assert sources(graph, 'gen_consume.x', 'a') == {'gen_consume.v.a'}


def test_rows_that_a_statement_adds_to_a_table_add_their_origins():
    graph = lake({**spec(), **sql('spark', CONSUME), **sql('athena', '''
        CREATE TABLE t AS SELECT policyno AS a FROM policy; INSERT INTO t SELECT twice FROM policy''')})
    assert sources(graph, 'gen_consume.t', 'a') == {'gen_consume.policy.policyno', 'gen_consume.policy.twice'}


def test_tables_that_are_made_of_each_other_are_an_error_that_names_them_and_their_files():
    files = {**spec(), **sql('athena', 'CREATE VIEW a AS SELECT x FROM b; CREATE VIEW b AS SELECT x FROM c;'),
             **sql('athena', 'CREATE VIEW c AS SELECT x FROM a', 'Claim')}
    with pytest.raises(LakeError, match='in a circle') as raised:
        lake(files, workflows=('Gen/Policy', 'Gen/Claim'))
    for name in ('gen_consume.a', 'gen_consume.b', 'gen_consume.c', 'athena-Gen-Policy.sql', 'athena-Gen-Claim.sql'):
        assert name in str(raised.value)


def test_a_table_may_read_its_own_earlier_rows():
    graph = lake({**spec(), **sql('spark', CONSUME + '''
        UNION ALL SELECT policyno, twice, year, month, day FROM gen_consume.policy''')})
    assert 'gen_consume.policy.twice' in sources(graph, 'gen_consume.policy', 'twice')


def test_a_match_gives_ids_by_the_columns_that_it_compares():
    graph = lake({**spec(), **sql('spark', 'SELECT *, region AS zip FROM gen.policy'), f'{SPEC}/Gen-entitymatch.json': {
        'primary_entity_table': 'people', 'global_id_field': 'gid',
        'exact_match_fields': {'source_primary_key': 'policyno', 'source_system_key': 'region'},
        'levels': [{'id': 1, 'blocks': ['zip'], 'threshold': 0.8,
                    'fields': [{'fieldname': 'taxid', 'type': 'exact', 'weight': 1}]}]}}, matches=('Gen',))
    assert sources(graph, 'gen_consume.people', 'gid') == {
        f'gen_consume.policy.{name}' for name in ('policyno', 'region', 'zip', 'taxid')}
    assert sources(graph, 'gen_consume.people', 'premium') == {'gen_consume.policy.premium'}
    assert 'gen_consume.policy.taxid' in sources(graph, 'gen_consume.people_xref', 'level')


@pytest.mark.parametrize('rule, columns', [
    ('IsComplete "a"', ('a',)), ('IsPrimaryKey "a" "b"', ('a', 'b')),
    ('ColumnValues "a" > 1 where "b = 2"', ('a', 'b')),
    ('(IsComplete "a") or (ColumnLength "c" > 1)', ('a', 'c')), ('CustomSql "SELECT a FROM primary"', None),
    ('ReferentialIntegrity "a,b" "ref.{c,d}" = 1.0', ('a', 'b')), ('RowCount > 1', ()),
    ('IsComplete "a" where "b IN (SELECT c FROM d)"', None)])
def test_a_rule_names_the_columns_that_decide(rule, columns):
    findings = Findings('rules')
    parsed = parse_rule(rule, findings, '')
    assert findings.problems == [] and rule_columns(parsed) == columns


def sample_lake() -> LineageGraph:
    read = configuration_below(str(SAMPLES))
    names = sorted(path.stem for path in (SAMPLES / SPEC).glob('*.json') if 'entitymatch' not in path.name)
    forms = known_forms()
    workflows = {tuple(name.removesuffix('-dependent').split('-', 1)): None for name in names}
    return trace_lake(LakeConfiguration(
        workflows={key: read_workflow(*key, read, forms, 'Prod') for key in workflows},
        matches={'Customer': read_entity_match('Customer', read)}, published={},
        masking=protection_by_transform(forms, forms)))


def test_the_sample_workflows_are_known_from_file_to_view_and_every_edge_names_its_step():
    graph = sample_lake()
    assert graph.unread == ()
    assert all(origin.steps for origin, _ in graph.edges())
    assert [name for name, table in graph.tables.items() if table.unknown_rows] == []
    used = {step.place.split()[0].removeprefix('transform_spec.').split(':')[0] for origin, target in graph.edges()
            if target.table == 'all.transforms-example' for step in origin.steps if step.kind == 'transform'}
    sourceless = {'literal', 'filename', 'flatten'}
    aliases = {'json', 'xml', 'jsonstructured', 'xmlstructured'}
    assert set(known_forms()) - used <= sourceless | aliases
    assert ColumnName('collect/SyntheticGeneralData/PolicyData', 'WrittenPremiumAmount') in graph.upstream(
        ColumnName('general_insurance.combined_policy_months', 'earnedpremium'))


def test_lineage_comes_without_spark_and_in_under_a_second_for_a_workflow():
    code = ('import sys, lake_etl.column_lineage.workflow_lineage; '
            'sys.exit(any(name in sys.modules for name in ("pyspark", "boto3")))')
    assert subprocess.run([sys.executable, '-c', code], cwd=SAMPLES / 'lib').returncode == 0
    sample_lake()
    started = time.process_time()
    sample_lake()
    assert time.process_time() - started < 5    # Eleven workflows.


@pytest.mark.parametrize('view, expected', [
    ('SELECT a FROM other.one o WHERE EXISTS (SELECT 1 FROM other.two t WHERE t.x = o.y)',
     {'other.one.y', 'other.two.x'}),
    ('SELECT l.a FROM other.one l JOIN other.two r USING (k)', {'other.one.k', 'other.two.k'}),
    ('SELECT a FROM other.one GROUP BY a HAVING max(b) > 1', {'other.one.a', 'other.one.b'}),
    ('SELECT a, row_number() OVER (ORDER BY b) AS n FROM other.one LIMIT 3', set()),
    ('SELECT t.e AS a FROM other.one CROSS JOIN UNNEST(items) AS t(e)', {'other.one.items'}),
    ('SELECT address.city AS a FROM other.one', set()),
    ('SELECT a FROM other.one o WHERE NOT o.address.city = \'x\'', {'other.one.address'}),
    ('SELECT transform(list, x -> x + b) AS a FROM other.one', set()),
    ('SELECT a FROM (VALUES (1), (2)) AS v(a)', set())])
def test_clauses_decide_on_rows(view, expected):
    graph = lake({**spec(), **sql('athena', f'CREATE VIEW v AS {view}')})
    assert graph.unread == ()
    rows = {name for name in sources(graph, 'gen_consume.v', ROWS) if not name.endswith('*')}
    assert rows == expected


def test_an_unqualified_name_that_an_inner_or_an_outer_query_may_own_is_unknown():
    graph = lake({**spec(), **sql('athena', 'CREATE VIEW v AS SELECT a FROM other.one WHERE EXISTS '
                                            '(SELECT 1 FROM other.two WHERE x = y)')})
    assert len(graph.unread) == 1 and 'around it' in graph.unread[0]


def test_members_of_structs_and_variables_of_lambdas_are_no_columns():
    graph = lake({**spec(), **sql('athena', 'CREATE VIEW v AS SELECT o.address.city AS c, '
                                            'transform(list, x -> x + b) AS t FROM other.one o')})
    assert sources(graph, 'gen_consume.v', 'c') == {'other.one.address'}
    assert sources(graph, 'gen_consume.v', 't') == {'other.one.list', 'other.one.b'}
