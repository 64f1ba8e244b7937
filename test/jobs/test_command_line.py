"""The command line as a user sees it: every command on a separate lake, with its printed output."""
from __future__ import annotations

import csv
import json
import os
import re
import time
from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from lib.local_lake.cli import main
from openlineage_schema import events_in
from resources.sample_data.customer_book import customers
from resources.sample_data.customer_file import party_number

REPOSITORY = Path(__file__).resolve().parents[2]
CLAIMS = REPOSITORY / 'resources' / 'syntheticgeneral-claim-data.csv'


@pytest.fixture(scope='module')
def lake(tmp_path_factory, small_data):
    """A folder with the demo's lake."""
    folder = tmp_path_factory.mktemp('demo')
    assert main(['--lake', str(folder), 'demo']) == 0
    return str(folder)


def said(capsys):
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_the_demo_a_second_time_loads_nothing_and_shows_the_same_tables(lake, capsys):
    assert main(['--lake', lake, 'demo']) == 0
    text = said(capsys)
    assert text.count('already loaded, unchanged.') == 12
    for table in ('claimdata', 'policydata', 'writtenpolicydata', 'policysummarydata', 'nestedpolicydata'):
        assert f' {table} ' in text
    assert 'Workers Compensation' in text and './lake tables' in text


def test_each_run_of_the_demo_is_in_the_file_of_openlineage_events(lake, capsys):
    events = events_in(Path(lake) / 'lineage' / 'openlineage.jsonl')
    kinds = Counter((event['run']['runId'], event['eventType']) for event in events)
    assert set(kinds.values()) == {1} and {kind for _, kind in kinds} == {'START', 'COMPLETE'}
    assert len({run for run, _ in kinds}) * 2 == len(events) > 24
    complete = {event['job']['name']: event for event in events if event['eventType'] == 'COMPLETE'}

    cleanse = complete['collect-to-cleanse.SyntheticGeneralData.PolicyData']
    source, = cleanse['inputs']
    assert source['namespace'] == 'file' and source['name'].endswith('syntheticgeneral-policy-data.csv')
    output, = cleanse['outputs']
    assert output['name'] == f'{lake}/cleanse/syntheticgeneraldata/policydata'
    sql = 'SELECT count(*) AS n FROM syntheticgeneraldata.policydata'
    assert main(['--lake', lake, 'query', '--format', 'json', sql]) == 0
    assert [{'n': output['outputFacets']['outputStatistics']['rowCount']}] == json.loads(capsys.readouterr().out)
    fields = {field['name']: field['type'] for field in output['facets']['schema']['fields']}
    assert fields['startdate'] == 'date' and fields['year'] == 'string'
    ein, = output['facets']['columnLineage']['fields']['ein']['inputFields']
    assert (ein['name'], ein['field']) == (source['name'], 'TIN') and ein['transformations'][-1]['masking'] is True
    assertions = output['facets']['dataQualityAssertions']['assertions']
    assert {'assertion': 'IsComplete "PolicyNumber"', 'success': True, 'column': 'policynumber'} in assertions

    consume = complete['cleanse-to-consume.SyntheticGeneralData.PolicyData']
    assert {item['name'].rpartition('/')[2] for item in consume['inputs']} == {'policydata', 'claimdata'}
    assert 'FROM' in consume['job']['facets']['sql']['query'].upper()
    assert consume['outputs'][0]['facets']['columnLineage']['fields']['policynumber']['inputFields']
    merged = next(event for name, event in complete.items() if name.startswith('consume-entity-match.'))
    assert len(merged['inputs']) == 1 and len(merged['outputs']) == 2

    text = (Path(lake) / 'lineage' / 'openlineage.jsonl').read_text(encoding='utf-8')
    with open(REPOSITORY / 'resources' / 'syntheticgeneral-policy-data.csv', encoding='utf-8') as file:
        rows = list(islice(csv.DictReader(file), 50))
    assert not [value for row in rows for name in ('TIN', 'PolicyNumber', 'InsuredCompanyName') if (
        value := row[name]) and value in text]


def test_the_demo_shows_who_was_matched_to_whom_and_the_next_commands_explain_it(lake, tmp_path, capsys):
    assert main(['--lake', lake, 'demo']) == 0
    text = said(capsys)
    assert re.search(r'352 source keys belong to \d+ people: \d+ by level 1, \d+ by level 2, \d+ by level 3', text)
    pair = re.search(r'./lake match explain Customer (\S+:\S+) (\S+:\S+)', text).groups()
    assert main(['--lake', lake, 'match', 'explain', 'Customer', *pair]) == 0
    explained = said(capsys)
    assert 'bits against a housemate' in explained and 'matches them, with a score of' in explained
    page = tmp_path / 'report.html'
    assert main(['--lake', lake, 'match', 'report', 'Customer', '--out', str(page)]) == 0
    assert 'The report is in' in said(capsys) and 'new person' in page.read_text(encoding='utf-8')


def test_a_person_is_explained_by_the_beginning_of_the_global_id(lake, capsys):
    sql = ('SELECT globalid FROM customer_consume.customer_primary_xref GROUP BY globalid HAVING count(*) = 3 '
           'ORDER BY 1 LIMIT 1')
    assert main(['--lake', lake, 'query', '--format', 'csv', sql]) == 0
    person = capsys.readouterr().out.splitlines()[1]
    assert main(['--lake', lake, 'match', 'explain', 'Customer', person[:12]]) == 0
    assert said(capsys).count('Level 1') >= 2


def test_few_people_of_the_demo_are_mixed_up_and_few_are_split(lake, capsys):
    sql = 'SELECT globalid, source_system, source_key FROM customer_consume.customer_primary_xref'
    assert main(['--lake', lake, 'query', '--format', 'json', sql]) == 0
    truth = {(system, party_number(system, person.number)): person.number
             for system in ('A01', 'C25', 'F15') for person in islice(customers(1), 1000)}
    found = [(row['globalid'], truth[row['source_system'], row['source_key']])
             for row in json.loads(capsys.readouterr().out)]

    def pairs(values):
        return sum(count * (count - 1) // 2 for count in Counter(values).values())
    right = pairs(found)
    assert right / pairs(person for person, _ in found) > 0.95
    assert right / pairs(number for _, number in found) > 0.9


@pytest.mark.parametrize('arguments, expected', [
    (['Customer', 'A01:none', 'C25:none'], "No published row has the source key 'A01:none'"),
    (['Customer', 'zzz'], "The global ids of 0 people begin with 'zzz'"),
    (['Customer', 'A01', 'C25:1'], "'A01' is not a source key"),
    (['Customer', 'A01:1', 'C25:1', 'F15:1'], 'There are 3 rows on the command line'),
    (['SyntheticLifeData', 'A01:1', 'C25:1'], 'There is no transformation-spec/SyntheticLifeData-entitymatch.json'),
])
def test_rows_that_cannot_be_explained_are_named(lake, capsys, arguments, expected):
    assert main(['--lake', lake, 'match', 'explain', *arguments]) == 1
    assert expected in said(capsys)


def test_a_query_answers_in_every_format_and_in_any_case(lake, capsys):
    sql = 'SELECT COUNT(*) AS Policies FROM SyntheticGeneralData_Consume.PolicyData'
    assert main(['--lake', lake, 'query', sql, '--format', 'json']) == 0
    assert [list(row.values()) for row in json.loads(capsys.readouterr().out)] == [[957]]
    assert main(['--lake', lake, 'query', sql, '--format', 'csv']) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ['957']
    assert main(['--lake', lake, 'query', sql.replace('_Consume.PolicyData', '.ClaimData')]) == 0
    assert said(capsys).splitlines()[2].strip() == '1000'


def as_json(capsys, *arguments, status=0):
    """Run a command with `--format json` and return what a strict reader finds on standard output."""
    def refuse(constant):
        raise ValueError(constant)
    capsys.readouterr()
    assert main([*arguments, '--format', 'json']) == status
    return json.loads(capsys.readouterr().out, parse_float=Decimal, parse_constant=refuse)


def test_years_have_no_separator_and_decimals_keep_every_digit(lake, capsys):
    sql = ("SELECT 1984 AS year, DECIMAL '12345678901234567890.123456789' AS premium, nan() AS ratio, "
           "sum(earnedpremium) AS earned FROM syntheticgeneraldata_consume.policydata")
    found, = as_json(capsys, '--lake', lake, 'query', sql)
    assert (found['premium'], found['ratio']) == (Decimal('12345678901234567890.123456789'), 'NaN')
    assert main(['--lake', lake, 'query', '--format', 'csv', sql]) == 0
    assert capsys.readouterr().out.splitlines()[1].split(',')[3] == str(found['earned'])
    assert main(['--lake', lake, 'query', sql]) == 0
    assert said(capsys).splitlines()[2].split()[0] == '1984'


def test_runs_tables_and_rules_can_be_read_by_programs(lake, capsys):
    runs = as_json(capsys, '--lake', lake, 'runs', '--last', '3')
    assert len(runs) == 3 and {run['status'] for run in runs} == {'SUCCEEDED'}
    assert main(['--lake', lake, 'runs', '--last', '3']) == 0
    assert [line.split()[-1] for line in said(capsys).splitlines()[2:5]] == [run['execution_id'] for run in runs]
    assert all(isinstance(seconds, Decimal) for run in runs for seconds in run['seconds'].values())
    rows = {counts['table']: counts for run in as_json(capsys, '--lake', lake, 'runs') for counts in run['rows']}
    assert rows['syntheticgeneraldata.nestedpolicydata'] == {  # Its steps repeat rows.
        'table': 'syntheticgeneraldata.nestedpolicydata', 'read': 100, 'filtered': 0, 'quarantined': 0,
        'published': 2863}
    ids = as_json(capsys, '--lake', lake, 'query', 'SELECT DISTINCT execution_id FROM customer.f15')
    assert {row['execution_id'] for row in ids} <= {run['execution_id'] for run in as_json(
        capsys, '--lake', lake, 'runs')}
    sizes = {(table['database'], table['table']): table['rows'] for table in as_json(capsys, '--lake', lake, 'tables')}
    assert sizes['syntheticgeneraldata', 'claimdata'] == 1000
    assert sizes['syntheticgeneraldata_consume', 'policy_results_by_month'] is None


def test_views_of_athena_files_can_be_queried(lake, capsys):
    assert main(['--lake', lake, 'query', '--format', 'csv',
                 'SELECT count(*) FROM syntheticgeneraldata_consume.policy_results_by_month']) == 0
    assert int(capsys.readouterr().out.splitlines()[1]) > 0


def test_personal_data_is_hidden_and_tokens_can_be_looked_up(lake, capsys):
    main(['--lake', lake, 'query', '--format', 'json',
          'SELECT DISTINCT phonenumber FROM syntheticgeneraldata.policydata'])
    assert json.loads(capsys.readouterr().out) == [{'phonenumber': '(000) 555-0100'}]
    main(['--lake', lake, 'query', '--format', 'csv', 'SELECT min(length(ein)), max(length(ein)) '
          'FROM syntheticgeneraldata.policydata'])
    assert capsys.readouterr().out.splitlines()[1] == '64,64'


def test_tables_lists_sizes_and_views(lake, capsys):
    assert main(['--lake', lake, 'tables']) == 0
    text = said(capsys)
    assert 'syntheticlifedata_consume' in text and '3,708' in text and ' view' in text


def test_rows_that_rules_set_aside_are_shown_with_the_demo_and_its_runs(lake, capsys):
    assert main(['--lake', lake, 'demo']) == 0
    policies = next(line for line in said(capsys).splitlines() if ' policydata ' in line)
    assert policies.split()[:5] == ['syntheticgeneraldata', 'policydata', '957', '40', '43']
    assert main(['--lake', lake, 'runs']) == 0
    run = next(line for line in said(capsys).splitlines() if 'SyntheticGeneralData/PolicyData' in line)
    assert run.partition('SUCCEEDED')[2].split()[:4] == ['17', 'of', '18', '43']


def test_rules_are_checked_on_a_published_table(lake, capsys):
    assert main(['--lake', lake, 'quality', 'SyntheticGeneralData.PolicyData']) == 0
    text = said(capsys)
    assert '9 of 9 rules passed on syntheticgeneraldata.policydata.' in text and 'InsuredStateName' in text
    assert main(['--lake', lake, 'quality', 'syntheticgeneraldata_consume.policydata', '--format', 'json']) == 0
    rules = json.loads(capsys.readouterr().out)
    assert {item['action'] for item in rules} == {'warn', 'quarantine', 'halt'}
    assert all(isinstance(value, (int, float)) for item in rules for value in item['metrics'].values())


def test_a_failed_rule_is_printed_whole_and_tells_by_the_exit_status(lake, tmp_path, capsys):
    rules = tmp_path / 'rules.dqdl'
    rules.write_text('Rules = [ RowCount > 5000, (IsComplete "policynumber") and (IsUnique "policynumber") ]\n'
                     'Analyzers = [ Mean "earnedpremium" ]')
    assert main(['--lake', lake, 'quality', 'syntheticgeneraldata.policydata', '--rules', str(rules)]) == 1
    text = said(capsys)
    assert '1 of 3 rules passed' in text and 'Failed: RowCount > 5000' in text
    assert 'Column.earnedpremium.Mean' in text
    assert main(['--lake', lake, 'quality', 'syntheticgeneraldata.policydata', '--rules', str(rules), '--format',
                 'sarif']) == 1
    results = json.loads(capsys.readouterr().out)['runs'][0]['results']
    assert [result['message']['text'].partition(' failed on syntheticgeneraldata.policydata: ')[0]
            for result in results] == ['RowCount > 5000', '(IsComplete "policynumber") AND (IsUnique "policynumber")']


def test_proposed_rules_are_valid_and_pass_on_their_own_data(lake, tmp_path, capsys):
    table = 'nestedpolicydata'
    rules = tmp_path / 'dq-rules' / 'dq-Gen-Policy.json'
    assert main(['--lake', lake, 'quality', 'recommend', table, '--out', str(rules)]) == 0
    proposed = json.loads(rules.read_text())['after_transform']['warn_rules']
    assert {rule.split()[0] for rule in proposed} >= {'RowCount', 'IsComplete', 'ColumnDataType', 'ColumnValues'}
    assert main(['--config', str(tmp_path), 'validate', 'Gen/Policy']) == 0
    capsys.readouterr()
    assert main(['--lake', lake, 'quality', table, '--rules', str(rules)]) == 0
    assert f'{len(proposed)} of {len(proposed)} rules passed' in said(capsys)
    assert main(['--lake', lake, 'quality', 'recommend', table, '--out', str(rules)]) == 1
    assert 'exists and was not changed' in said(capsys)


@pytest.mark.parametrize(('arguments', 'sentence'), [
    (['quality', 'policydata'], "'policydata' names 4 tables. Choose one of: syntheticgeneraldata.policydata, "),
    (['quality', 'nothing'], "There is no table 'nothing'. Choose one of: "),
    (['quality', 'claimdata', 'policydata'], 'expected ./lake quality TABLE'),
    (['quality', 'syntheticlifedata.claimdata'], 'expected dq-syntheticlifedata-claimdata.json'),
    (['quality', 'nestedpolicydata', '--rules', 'nowhere.json'], 'nowhere.json: there is no such file'),
    (['quality', 'nestedpolicydata', '--stage', 'later'], "--stage 'later': expected one of before_transform, "),
    (['quality', 'nestedpolicydata', '--rules', str(REPOSITORY / 'README.md')], 'README.md: '),
])
def test_a_wrong_call_of_quality_says_what_to_do(lake, arguments, sentence, capsys):
    assert main(['--lake', lake, *arguments]) == 1
    assert sentence in said(capsys)


def test_a_file_is_loaded_into_the_partition_of_its_date_and_what_does_not_convert_is_told_by_rows(
        tmp_path, spark, capsys):
    def spec(**on_error):
        folder = tmp_path / 'transformation-spec'
        folder.mkdir(exist_ok=True)
        (folder / 'Gen-Claim.json').write_text(json.dumps({'transform_spec': {
            'date': [{'field': 'start', 'format': 'M/d/yy', **on_error}]}}))

    def lake(*arguments):
        return main(['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), *arguments])

    file = tmp_path / 'claims.csv'
    file.write_text('no,start\n1,1/2/24\n2,never\n3,\n4,soon\n')
    load = ['run', str(file), '--workflow', 'Gen/Claim', '--date', '2024-02-29']
    sentence = "start: 2 of 3 values do not match 'M/d/yy', for example in rows 2 and 4"
    spec()
    assert lake(*load) == 0
    text = said(capsys)
    assert 'gen.claim: 4 rows' in text and f'  {sentence}\n' in text
    assert lake('query', '--format', 'csv', 'SELECT DISTINCT year, month, day FROM gen.claim') == 0
    assert capsys.readouterr().out.splitlines()[1] == '2024,02,29'
    assert lake('runs') == 0
    text = said(capsys)
    assert 'SUCCEEDED' in text and f'Gen/Claim/2024/02/29/claims.csv: {sentence}\n' in text

    spec(on_error='fail')
    assert lake(*load) == 1
    told = said(capsys)
    assert lake('runs', '--last', '1') == 0
    for text in (told, said(capsys)):
        assert f"'on_error' is 'fail'. {sentence}. Nothing was published." in text
        assert 'never' not in text and 'soon' not in text


def drop(lake, key, content):
    """Put a file into the Collect folder as a user does, long enough ago to be complete."""
    path = lake / 'collect' / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding='utf-8')
    os.utime(path, (time.time() - 60, time.time() - 60))


def test_watch_loads_dropped_files_once_and_refuses_shallow_ones(tmp_path, spark, capsys):
    drop(tmp_path, 'Gen/Policy/2025/07/a.csv', 'a\n1\n')
    drop(tmp_path, 'Gen/shallow.csv', 'a\n1\n')
    drop(tmp_path, 'Gen/Policy/.hidden.csv', 'a\n1\n')
    drop(tmp_path, 'Gen/Policy/archive/b.csv', '')
    assert main(['--lake', str(tmp_path), 'watch', '--once']) == 1
    text = said(capsys)
    assert 'Gen/Policy/2025/07/a.csv, collect-to-cleanse, cleanse-to-consume' in text
    assert "Refused: 'Gen/shallow.csv' lies too high" in text
    assert 'archive/b.csv, collect-to-cleanse, failed.' in text and 'is empty' in text
    assert main(['--lake', str(tmp_path), 'watch', '--once']) == 0
    again = said(capsys)
    assert 'Gen/Policy/archive/b.csv' in again and '2025/07/a.csv' not in again and 'collect-to-cleanse' not in again
    main(['--lake', str(tmp_path), 'query', '--format', 'csv', 'SELECT a, year, month FROM gen.policy'])
    assert capsys.readouterr().out.splitlines()[1:] == ['1,2025,07']
    assert main(['--lake', str(tmp_path), 'runs']) == 0
    assert said(capsys).count('FAILED') == 2


def test_validate_checks_all_workflows_of_the_repository(capsys):
    assert main(['validate']) == 0
    assert said(capsys).count('are valid') >= 8


def test_validate_lists_all_problems_of_a_configuration_folder(tmp_path, capsys):
    folder = tmp_path / 'transformation-spec'
    folder.mkdir()
    (folder / 'Gen-Policy.json').write_text('{"transform_spec": {"hash": "TIN", "dat": []}}')
    (folder / 'Gen-Policy.csv').write_text('SourceName,DestName\na,b\nc,B\n')
    (tmp_path / 'dq-rules').mkdir()
    (tmp_path / 'dq-rules' / 'dq-Gen-Policy.json').write_text('{"after_transform": {"warn_rules": ["IsComplet b"]}}')
    assert main(['--config', str(tmp_path), 'validate', 'Gen/Policy']) == 1
    text = said(capsys)
    assert '4 configuration problems' in text and "did you mean 'date'" in text and "destination 'B'" in text
    assert "dq-Gen-Policy.json: after_transform.warn_rules[0]: column 1: rule type IsComplet is unknown" in text
    (folder / 'stray.json').write_text('{}')
    (folder / 'Gen-Claim.csv').write_text('SourceName,DestName\nLast Name,lastname\n')
    found = as_json(capsys, '--config', str(tmp_path), 'validate', status=1)
    assert not found['valid'] and found['valid_workflows'] == ['Gen/Claim'] and len(found['problems']) == 4
    assert {problem['file'] for problem in found['problems']} == {
        'Gen-Policy.json', 'Gen-Policy.csv', 'dq-Gen-Policy.json'}
    assert [warning['file'] for warning in found['warnings']] == ['transformation-spec/stray.json', 'Gen-Claim.json']
    assert as_json(capsys, '--config', str(tmp_path), 'validate', 'Gen/Claim')['valid']


def test_validate_names_files_that_no_workflow_reads(tmp_path, caplog):
    for name in ('transformation-spec/GenPolicy.json', 'transformation-spec/Gen-Policy.jsn', 'dq-rules/Gen-Policy.json',
                 'transformation-sql/Gen-Policy.sql', 'transformation-spec/Gen-entitymatch.json'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('{}')
    (tmp_path / 'transformation-spec' / 'Gen-Claim.json').write_text('{}')
    (tmp_path / 'transformation-spec' / 'Gen-entitymatch.json').write_text(
        '{"primary_entity_table": "p", "global_id_field": "id", "exact_match_fields": '
        '{"source_primary_key": "no", "source_system_key": "system"}}')
    assert main(['--config', str(tmp_path), 'validate']) == 0
    assert [record.args[0] for record in caplog.records] == [
        'dq-rules/Gen-Policy.json', 'transformation-spec/Gen-Policy.jsn', 'transformation-spec/GenPolicy.json',
        'transformation-sql/Gen-Policy.sql']


def test_lookups_are_loaded_from_files(tmp_path, capsys):
    table = tmp_path / 'rates.csv'
    table.write_text('line,state,rate\nauto,NY,1.5\nauto,CA,2\n')
    lookups = REPOSITORY / 'resources' / 'syntheticgeneral_lookup_data.json'
    assert main(['--lake', str(tmp_path), 'lookup', 'load', 'SyntheticGeneralData', str(lookups)]) == 0
    assert main(['--lake', str(tmp_path), 'lookup', 'load-multi', 'rates', str(table), 'line', 'state']) == 0
    assert 'Loaded 2 items into multi-lookup.' in said(capsys)


def test_proposals_for_a_file_can_be_validated(tmp_path, spark, capsys):
    assert main(['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), 'recommend', str(CLAIMS),
                 '--workflow', 'Gen/Claim']) == 0
    assert main(['--config', str(tmp_path), 'validate']) == 0
    assert 'Gen/Claim: 2 files are valid.' in said(capsys)


def test_clean_removes_what_no_table_needs_and_nothing_else(tmp_path, spark, capsys):
    for number in (1, 2):
        drop(tmp_path, 'Gen/Policy/2025/07/01/a.csv', f'a\n{number}\n')
        os.utime(tmp_path / 'collect/Gen/Policy/2025/07/01/a.csv', (number, number))
        assert main(['--lake', str(tmp_path), 'watch', '--once']) == 0
    assert len(list((tmp_path / 'cleanse').rglob('*.parquet'))) == 2
    assert main(['--lake', str(tmp_path), 'clean', '--superseded']) == 0
    assert len(list((tmp_path / 'cleanse').rglob('*.parquet'))) == 1
    capsys.readouterr()
    main(['--lake', str(tmp_path), 'query', 'SELECT a FROM gen.policy', '--format', 'csv'])
    assert capsys.readouterr().out.splitlines() == ['a', '2']
    assert main(['--lake', str(tmp_path), 'clean', '--all', '--yes']) == 0
    assert not tmp_path.exists()


@pytest.mark.parametrize(('arguments', 'sentence'), [
    (['query', 'SELECT 1'], 'There is no lake in'),
    (['run', 'nothing.csv', '--workflow', 'A/B'], 'there is no such file'),
    (['run', str(CLAIMS), '--workflow', 'A'], 'expected DATABASE/TABLE'),
    (['run', str(CLAIMS), '--workflow', 'A/B', '--date', '2025-02-30'], 'expected a date'),
    (['--config', 'nowhere', 'validate'], 'there is no such folder'),
    (['validate', 'A'], 'expected DATABASE/TABLE'),
])
def test_a_wrong_call_is_one_sentence_and_no_stack_trace(arguments, sentence, tmp_path, capsys, spark_environment):
    assert main(['--lake', str(tmp_path / 'none'), *arguments]) == 1
    text = said(capsys)
    assert sentence in text and 'Traceback' not in text


def test_the_broken_rows_of_the_bad_sample_are_set_aside(lake, capsys):
    bad = REPOSITORY / 'resources' / 'syntheticgeneral-policy-data-bad.csv'
    assert main(['--lake', lake, 'run', str(bad), '--workflow', 'SyntheticGeneralData/PolicyData',
                 '--date', '2024-02-29']) == 0
    counts = ', '.join(f"(SELECT count(*) FROM syntheticgeneraldata.policydata{table} WHERE year = '2024')"
                       for table in ('', '_quarantine_before_transform', '_quarantine_after_transform'))
    capsys.readouterr()
    assert main(['--lake', lake, 'query', f'SELECT {counts}', '--format', 'json']) == 0
    assert [list(row.values()) for row in json.loads(capsys.readouterr().out)] == [[50, 7, 43]]


def test_arguments_of_the_test_command_go_to_pytest_as_they_are(capfd):
    assert main(['test', '-q', '--collect-only', 'test/unit/test_screen.py']) == 0
    assert 'test_screen.py' in capfd.readouterr().out
