"""Malformed rows carry no value past the steps that protect personal data."""
from __future__ import annotations

import json

import pytest

PROTECTING = {'hash': ['tax']}
KEPT = {'keep_malformed_text': 'The partner sends test persons only.'}
JSON_ROWS = '{"id": 1, "tax": "T1"}\n{"id": 2, "tax": "SECRET", broken\n{"id": 3, "tax": "T3"}\n'
XML_ROWS = ('<all><row><id>1</id><tax>T1</tax></row><row><id>2</id><tax>SECRET</id></row>'
            '<row><id>3</id><tax>T</tax></row></all>')


def configure(lake, steps, extension, **settings):
    sections = {'xml': {'row_tag': 'row'}} if extension == 'xml' else {}
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': settings | sections, 'transform_spec': steps})


def texts(lake, content, extension):
    result = lake.run(f'Gen/Policy/a.{extension}', content)
    assert result.status == 'SUCCEEDED', result.reason
    return lake.rows('SELECT id, _corrupt_record FROM gen.policy ORDER BY _corrupt_record NULLS LAST')


@pytest.mark.parametrize('extension, content, reason', [
    ('json', JSON_ROWS, 'row 2: cannot be read as JSON'), ('xml', XML_ROWS, 'row 2: cannot be read as XML')])
def test_the_text_of_a_malformed_row_becomes_number_and_reason(lake, extension, content, reason):
    configure(lake, PROTECTING, extension)
    assert texts(lake, content, extension) == [(None, reason), (1, None), (3, None)]


@pytest.mark.parametrize('steps, settings', [({}, {}), ({'titlecase': ['tax']}, {}), (PROTECTING, KEPT)])
def test_it_stays_where_nothing_is_protected_or_the_configuration_says_why_it_may(lake, steps, settings):
    configure(lake, steps, 'json', **settings)
    assert texts(lake, JSON_ROWS, 'json')[0] == (None, '{"id": 2, "tax": "SECRET", broken')


def test_a_step_that_nobody_knows_may_have_been_one_that_protects(lake):
    configure(lake, {'conceal': ['tax']}, 'json')
    assert texts(lake, JSON_ROWS, 'json')[0] == (None, 'row 2: cannot be read as JSON')


def test_numbers_count_on_over_the_tasks_that_read_a_file(lake, spark_settings):
    configure(lake, PROTECTING, 'json')
    rows = [json.dumps({'id': number, 'tax': f'T{number}'}) for number in range(1, 2001)]
    rows[1499] = '{"id": 1500, "tax": "SECRET"'
    with spark_settings({'spark.sql.files.maxPartitionBytes': '8000', 'spark.sql.files.openCostInBytes': '1'}):
        assert texts(lake, '\n'.join(rows), 'json')[0] == (None, 'row 1500: cannot be read as JSON')


@pytest.mark.parametrize('bad', ['2,SECRET', '2,x,SECRET,y', 'SECRET'])
def test_a_row_with_more_or_fewer_values_is_kept_without_them(lake, bad):
    configure(lake, PROTECTING, 'csv')
    result = lake.run('Gen/Policy/a.csv', f'id,name,tax\n1,Ann,T1\n{bad}\n3,Bob,T3\n')
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows('SELECT CAST(id AS VARCHAR), name, tax IS NULL FROM gen.policy ORDER BY 1 NULLS LAST') == [
        ('1', 'Ann', False), ('3', 'Bob', False), (None, None, True)]
    assert result.failed_conversions == ('1 rows did not fit the format, so their values are left out, as the workflow '
                                         'protects personal data, for example in row 2',)


def test_a_line_of_another_width_is_kept_without_its_values(lake):
    lake.configure('transformation-spec/Gen-Policy.csv', 'SourceName,DestName,Width\nid,id,2\nname,name,4\ntax,tax,4\n')
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'fixed': {}}, 'transform_spec': PROTECTING})
    result = lake.run('Gen/Policy/a.txt', '1 Ann T1\n2 SECRET MORE\n3 Bob T3\n')
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows('SELECT id, name FROM gen.policy ORDER BY id NULLS LAST') == [(1, 'Ann'), (3, 'Bob'), (None, None)]


@pytest.mark.parametrize('value', ['', '  ', True, 1])
def test_the_setting_needs_words(lake, value):
    configure(lake, PROTECTING, 'json', keep_malformed_text=value)
    result = lake.run('Gen/Policy/a.json', JSON_ROWS)
    assert result.status == 'FAILED' and 'keep_malformed_text' in result.reason
