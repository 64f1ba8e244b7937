"""Values that do not convert become null, are counted by column, and are reported with rows but without values."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError

KEY = 'Gen/Policy/policies.csv'


def configure(lake, transforms, types=None):
    lake.configure('transformation-spec/Gen-Policy.json',
                   {'input_spec': {'types': types or {}}, 'transform_spec': transforms})


def csv(columns, rows):
    return '\n'.join([columns, *rows]) + '\n'


def reported(lake, execution):
    """Return (column, failed, values, rows) of each conversion in the lineage of a load."""
    return [(item['column'], item['failed'], item['values'], item['rows']) for record in lake.lineage(execution)
            if record['dataset_operation'] == 'failedconversions' for item in record['info']['conversions']]


DATE = {'date': [{'field': 'start', 'format': 'M/d/yy'}]}
STARTS = csv('no,start', ['1,1/2/24', '2,never', '3,', '4,"  "', '5,soon', '6,13/13/24', '7,2/3/24'])
MANY = [f'c{number}' for number in range(70)]
# Each case: transforms, fixed types, file, and what is reported.
CASES = {
    'dates': (DATE, {}, STARTS, [('start', 3, 5, [2, 6])]),
    'another column is read': ({'date': [{'field': 'day', 'source': 'start', 'format': 'M/d/yy'}]}, {}, STARTS,
                               [('day', 3, 5, [2, 6])]),
    'the result is hidden afterwards': ({**DATE, 'hash': ['start']}, {}, STARTS, [('start', 3, 5, [2, 6])]),
    'rows are left out afterwards': ({**DATE, 'filterrows': [{'condition': 'start IS NOT NULL'}]}, {}, STARTS,
                                     [('start', 3, 5, [2, 6])]),
    'rows are left out before': ({'filterrows': [{'condition': 'no > 2'}], **DATE}, {}, STARTS,
                                 [('start', 2, 3, [5, 6])]),
    'no row is left': ({**DATE, 'filterrows': [{'condition': 'false'}]}, {}, STARTS, [('start', 3, 5, [2, 6])]),
    'a column twice': ({'changetype': {'start': 'string'}, 'date': [{'field': 'start', 'format': 'M/d/yy'}],
                        'changetype:2': {'start': 'timestamp'}}, {}, STARTS, [('start', 3, 5, [2, 6])]),
    'fixed types': ({}, {'A': 'int', 'b': 'decimal(4,2)'}, csv('a,b', ['1,1', 'x,1234.5', '3,-']),
                    [('a', 1, 3, [2]), ('b', 2, 3, [2, 3])]),
    'every kind of conversion': (
        {'currency': [{'field': 'a'}], 'implieddecimal': [{'field': 'b', 'format': '5,2'}], 'changetype': {'c': 'int'},
         'timestamp': [{'field': 'd', 'format': 'yyyy-MM-dd HH:mm'}]},
        {}, csv('a,b,c,d', ['1,1,1,2024-01-31 10:00', 'x,1.5,x,2024-01-31', '$2,999999,9999999999,now']),
        [('a', 1, 3, [2]), ('b', 2, 3, [2, 3]), ('c', 2, 3, [2, 3]), ('d', 2, 3, [2, 3])]),
    'text that is read as a number or a date': (
        {'addcolumns': [{'field': 'sum', 'source_columns': ['a', 'b', 'A']}],
         'enddate': [{'field': 'end', 'start_date': 'c', 'num_months': 'b'}]},
        {}, csv('a,b,c', ['1,2,2024-01-31', 'x,3,31.1.2024']), [('A', 1, 2, [2]), ('c', 1, 2, [2])]),
    'source rows are counted where each has become many': (
        {'changetype': {'from': 'date', 'to': 'date'},
         'expandpolicymonths': {'policy_effective_date': 'from', 'policy_expiration_date': 'to',
                                'policy_month_start_field': 's', 'policy_month_end_field': 'e'},
         'currency': [{'field': 'premium'}]},
        {}, csv('from,to,premium', ['2024-01-01,2024-12-31,x', '2024-01-01,2024-03-31,1', '2024-01-01,2024-02-01,y']),
        [('premium', 2, 3, [1, 3])]),
    'elements of arrays': (
        {'jsonexpandarray': [{'field': 'days', 'index_field': 'i'}], 'date': [{'field': 'days', 'format': 'yyyy'}]},
        {}, csv('days', ['"[""2024"",""x""]"', '"[""2024""]"', '"[""y"",""z""]"']), [('days', 2, 3, [1, 3])]),
    'maps in maps': (
        {'jsonexpandmap': [{'field': 'a', 'source': 'doc', 'index_field': 'i', 'key_field': 'k'},
                           {'field': 'b', 'source': 'a', 'index_field': 'j', 'key_field': 'l'}]},
        {}, csv('doc', [r'"{""x"": ""{\""y\"": 1}"", ""z"": ""no""}"', 'none', '"{""x"": ""{}""}"']),
        [('doc', 1, 3, [2]), ('a', 1, 2, [1])]),
    'documents': ({'jsonstructured': ['doc']}, {}, csv('doc', ['"{""a"":1}"', 'x', '"{""a"":"']),
                  [('doc', 2, 3, [2, 3])]),
    'rows that do not fit the format': (DATE, {}, csv('no,start', ['1,1/2/24', '2,1/2/24,x', '3,y', '4']),
                                        [('', 2, 4, [2, 4]), ('start', 1, 3, [3])]),
    'names that need care': ({'changetype': {'a.b c`d': 'int'}}, {}, csv('"a.b c`d"', ['1', 'x']),
                             [('a.b c`d', 1, 2, [2])]),
    'more conversions than fit in one number': (
        {'changetype': dict.fromkeys(MANY, 'int')}, {},
        csv(','.join(MANY), [','.join(['x', *['1'] * 68, 'y']), ','.join(['1'] * 70)]),
        [('c0', 1, 2, [1]), ('c69', 1, 2, [1])]),
}


@pytest.mark.parametrize('case', CASES)
def test_what_does_not_convert_is_counted_by_column_with_its_first_and_last_row(lake, case):
    transforms, types, content, expected = CASES[case]
    names = content.partition('\n')[0].replace(',', '\n').split('\n')
    lake.configure('transformation-spec/Gen-Policy.csv',
                   csv('SourceName,DestName', [f'{name},{name}' for name in names]))
    configure(lake, transforms, types)
    assert reported(lake, lake.load(KEY, content)) == expected


RULES = {
    'rows are set aside by their values': "ColumnValues 'no' > 2",
    'rows are set aside by other rows': "(IsUnique 'no') and (CustomSql 'SELECT * FROM primary')",
}


@pytest.mark.parametrize('case', RULES)
def test_behind_a_quarantine_rows_are_those_of_the_file_and_values_those_that_went_on(lake, case):
    lake.configure('dq-rules/dq-Gen-Policy.json', {'before_transform': {
        'quarantine_rules': [RULES[case]], 'halt_rules': ['ColumnCount = 2', "ColumnNamesMatchPattern 'no|start'"]}})
    configure(lake, DATE)
    rows = STARTS.replace('2,never', '1,never')
    assert reported(lake, lake.load(KEY, rows)) == [('start', 2, 3, [5, 6])]
    assert set(lake.types('gen', 'policy_quarantine_before_transform')) == {
        'no', 'start', 'failed_rules', 'execution_id', 'quarantine_timestamp', 'source_file', 'source_row',
        'raw_values'}


# Each case: the entry that says on_error, and the sentence that names column, count, expectation and rows.
STOPPING = {
    'date': ({'date': [{'field': 'start', 'format': 'M/d/yy', 'on_error': 'fail'}]},
             "start: 3 of 5 values do not match 'M/d/yy', for example in rows 2 and 6"),
    'changetype': ({'changetype': {'start': {'type': 'date', 'on_error': 'fail'}}},
                   'start: 5 of 5 values cannot become date, for example in rows 1 and 7'),
    'jsonstructured': ({'jsonstructured': [{'field': 'start', 'on_error': 'fail'}, 'doc']},
                       'start: 4 of 5 values are no JSON objects or arrays, for example in rows 2 and 7'),
}


@pytest.mark.parametrize('case', STOPPING)
def test_on_error_fail_stops_the_load_before_anything_is_published(lake, case):
    transforms, sentence = STOPPING[case]
    content = STARTS if case != 'jsonstructured' else csv('start,doc', ['"{""a"":1}",{}', *['x,'] * 4])
    configure(lake, DATE if case == 'date' else {'changetype': {'start': 'string'}})
    lake.load(KEY, csv('no,start,doc', ['1,1/2/24,']))
    before = lake.catalog.partitions('gen', 'policy')
    configure(lake, transforms)
    result = lake.run(KEY, content)
    assert result.status == 'FAILED'
    assert sentence.replace('2 and 7', '2 and 5') in result.reason and 'Nothing was published' in result.reason
    assert 'never' not in result.reason and 'soon' not in result.reason
    assert lake.catalog.partitions('gen', 'policy') == before
    assert lake.unreferenced_files() == []


@pytest.mark.parametrize('spec', [
    {'date': [{'field': 'a', 'format': 'yyyy', 'on_error': 'stop'}]},
    {'changetype': {'a': {'type': 'int', 'on_eror': 'fail'}}},
    {'changetype': {'a': {'on_error': 'fail'}}}, {'jsonstructured': [{'on_error': 'fail'}]},
    {'hash': [{'field': 'a', 'on_error': 'fail'}]}])
def test_a_wrong_on_error_is_a_problem_of_the_configuration(lake, spec):
    configure(lake, spec)
    with pytest.raises(ConfigurationError, match='transform_spec'):
        lake.load(KEY, 'a\n1\n')


def test_a_load_starts_one_more_spark_job_only_when_something_failed(lake, spark_jobs):
    configure(lake, {**DATE, 'changetype': {'no': 'int'}, 'hash': ['start']}, {'no': 'string'})
    with spark_jobs() as jobs:
        assert reported(lake, lake.load(KEY, csv('no,start', ['1,1/2/24', '2,']))) == []
        clean = jobs()
    with spark_jobs() as jobs:
        assert reported(lake, lake.load(KEY, csv('no,start', ['1,1/2/24', 'x,y']))) == [
            ('start', 1, 2, [2]), ('no', 1, 2, [2])]
        assert jobs() == clean + 2, 'one query for neighbouring conversions, which Spark counts as two jobs'
