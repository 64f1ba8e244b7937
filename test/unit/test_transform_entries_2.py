"""Entries of policy, nested data and row transforms: what is accepted, and the messages of what is refused."""
from __future__ import annotations

from xml.etree import ElementTree

import pytest

import datatransform_misc
import datatransform_premium
import datatransform_structureddata
from lake_etl.errors import ConfigurationError
from lake_etl.syntax.records import Findings
from lake_etl.syntax.sort_order import RowOrder, sort_column
from lake_etl.transform.conversion import rows_before
from lake_etl.transform.registry import PREFIX, REGISTRY, Transform
from lake_etl.transform.xml_columns import XmlShape, infer_shape, json_value, merge_shapes, parse_xml

DATES = {'policy_effective_date': 'from', 'policy_expiration_date': 'to'}
MONTHS = {**DATES, 'policy_month_start_field': 'start', 'policy_month_end_field': 'end', 'policy_month_index': 'month'}
EARNED = {'field': 'earned', 'written_premium_list': ['premium', 'fee'], 'period_start_date': 'start',
          'period_end_date': 'end', **DATES}


def parsed(name: str, raw: object) -> tuple[tuple, Findings]:
    """Return the entries of a raw specification and what was found wrong with it."""
    findings = Findings('Gen-Policy.json')
    return REGISTRY[name].parse(raw, f'transform_spec.{name}', findings), findings


@pytest.mark.parametrize('name, raw, reads, writes', [
    ('flipsign', [{'field': 'amount'}], ('amount',), ('amount',)),
    ('flipsign', [{'field': 'new', 'source': 'amount'}], ('amount',), ('new',)),
    ('addcolumns', [{'field': 'sum', 'source_columns': ['a', 'b']}], ('a', 'b'), ('sum',)),
    ('multiplycolumns', [{'field': 'part', 'source_columns': ['a'], 'empty_value': 0}], ('a',), ('part',)),
    ('enddate', [{'field': 'to', 'start_date': 'from', 'num_months': 'term'}], ('from', 'term'), ('to',)),
    ('policymonths', [{'field': 'months', 'normalized': True, **DATES}], ('from', 'to'), ('months',)),
    ('expandpolicymonths', MONTHS, ('from', 'to'), ('start', 'end', 'month')),
    ('expandpolicymonths', {**MONTHS, 'uniqueid': 'id'}, ('from', 'to'), ('id', 'start', 'end', 'month')),
    ('expandpolicymonths', {**MONTHS, 'uniqueid_field': 'id'}, ('from', 'to'), ('id', 'start', 'end', 'month')),
    ('earnedpremium', [{**EARNED, 'byday': True, 'reconcile': True}],
     ('premium', 'fee', 'from', 'to', 'start', 'end'), ('earned',)),
    ('jsonexpandarray', [{'field': 'item', 'source': 'items', 'index_field': 'n'}], ('items',), ('n', 'item')),
    ('jsonexpandmap', [{'field': 'item', 'index_field': 'n', 'key_field': 'k'}], ('item',), ('n', 'k', 'item')),
    ('flatten', {'field': 'insured', 'keep_field': False}, ('insured',), None),
    ('jsonstructured', ['notes'], ('notes',), ('notes',)),
    ('json', ['notes'], ('notes',), ('notes',)),
    ('xmlstructured', ['notes'], ('notes',), ('notes',)),
    ('xml', ['notes'], ('notes',), ('notes',)),
    ('merge', [{'field': 'm', 'source_list': ['a', 'b'], 'default': 0, 'empty_string_is_null': True}],
     ('a', 'b'), ('m',)),
    ('filldown', [{'field': 'category'}], ('category',), ('category',)),
    ('filldown', [{'field': 'c', 'partition': 'policy', 'sort': ['day desc', 'line']}],
     ('c', 'policy', 'day', 'line'), ('c',)),
    ('rownumber', [{'field': 'n', 'partition': ['a', 'b'], 'sort': 'day'}], ('a', 'b', 'day'), ('n',)),
    ('filterrows', [{'condition': 'a > 1', 'description': 'why'}], ('a',), ()),
])
def test_specification_tells_what_it_reads_and_writes(name, raw, reads, writes):
    (entry,), findings = parsed(name, raw)
    assert (findings.problems, findings.warnings) == ([], [])
    assert (entry.reads(), entry.writes()) == (reads, writes)


@pytest.mark.parametrize('name, raw, message', [
    ('flipsign', ['amount'], 'expected an object'),
    ('addcolumns', [{'field': 'sum', 'source_columns': []}], "'source_columns' names no column"),
    ('addcolumns', [{'field': 'sum', 'source_columns': 'a'}], 'expected a list'),
    ('multiplycolumns', [{'field': 'x', 'source_columns': ['a'], 'empty_value': '1'}], 'expected a number'),
    ('enddate', [{'field': 'to', 'start_date': 'from', 'num_month': 'term'}], "did you mean 'num_months'?"),
    ('policymonths', [{'field': 'months', **DATES, 'normalized': 'yes'}], 'expected true or false'),
    ('expandpolicymonths', {**MONTHS, 'uniqueid': 'a', 'uniqueid_field': 'b'}, 'are one key, but name two columns'),
    ('expandpolicymonths', {**MONTHS, 'policy_month_index': 'START'}, 'two of them name the same'),
    ('earnedpremium', [{**EARNED, 'written_premium_list': []}], "'written_premium_list' names no column"),
    ('earnedpremium', [{**EARNED, 'reconciled': True}], "did you mean 'reconcile'?"),
    ('jsonexpandarray', [{'field': 'item'}], "missing required key 'index_field'"),
    ('jsonexpandarray', [{'field': 'item', 'index_field': 'Item'}], 'each of Item, item must be a column of its own'),
    ('jsonexpandmap', [{'field': 'v', 'index_field': 'n', 'key_field': 'n'}], 'each of n, n, v must be a column'),
    ('flatten', ['insured'], 'expected an object'),
    ('jsonstructured', [7], 'expected a text, got 7'),
    ('jsonstructured', [{'on_error': 'fail'}], "missing required key 'field'"),
    ('merge', [{'field': 'm', 'source_list': []}], "'source_list' names no column"),
    ('merge', [{'field': 'm', 'source_list': ['a'], 'default': {}}], 'got an object'),
    ('rownumber', [{'field': 'n', 'sort': {'day': 'desc'}}], 'got an object'),
    ('filterrows', [{'condition': ' '}], "'condition' is empty"),
    ('filterrows', [{}], "missing required key 'condition'"),
])
def test_wrong_specification_is_refused_in_words(name, raw, message):
    _, findings = parsed(name, raw)
    assert any(message in str(problem) for problem in findings.problems), findings.problems


def test_key_of_another_transform_is_only_a_warning():
    _, findings = parsed('policymonths', [{'field': 'months', 'written_premium_list': ['premium'], **DATES}])
    assert findings.problems == [] and len(findings.warnings) == 1


@pytest.mark.parametrize(('condition', 'functions'), [
    ('round(n, -1) > 0', 'round'), ('a > 1 AND BROUND(n, k) > round(m, -3)', 'bround and round'),
    ('round(n) > round(n, 2)', ''), ('n div k > 0', ''), ('n * 2 > 0', ''), ('abs(n) > 0', '')])
def test_a_condition_with_a_function_that_wraps_is_a_warning_at_its_place(condition, functions):
    _, findings = parsed('filterrows', [{'condition': 'a > 1'}, {'condition': condition}])
    assert findings.problems == [] and len(findings.warnings) == bool(functions)
    for warning in findings.warnings:
        assert warning.place == 'transform_spec.filterrows[1]'
        assert f'whole numbers overflow, because {functions} cannot give null there' in warning.message


def test_called_alone_a_transform_reports_all_problems_at_once():
    spec = [{'field': 1, 'source_list': []}, {}]
    with pytest.raises(ConfigurationError) as caught:
        datatransform_misc.transform_merge(None, spec, {'source_key': 'Gen/Policy'}, None)
    assert [problem.place for problem in caught.value.problems] == [
        'transform_spec.merge[0].field', 'transform_spec.merge[1]', 'transform_spec.merge[1]']


@pytest.mark.parametrize('module', [datatransform_premium, datatransform_structureddata, datatransform_misc])
def test_every_public_transform_is_registered_documented_and_recorded_under_its_name(module):
    transforms = {name.removeprefix(PREFIX): value for name, value in vars(module).items() if name.startswith(PREFIX)}
    assert transforms
    for name, transform in transforms.items():
        assert isinstance(transform, Transform)
        assert REGISTRY[name] is transform and transform.operation == transform.name and transform.documentation


@pytest.mark.parametrize('item, column', [
    ('day', 'day'), ('day desc', 'day'), ('day  DESC', 'day'), ('loss day asc', 'loss day'), ('loss day', 'loss day'),
    ('desc', 'desc'), (' desc', ' desc'), ('desc desc', 'desc'),
])
def test_sort_entry_may_end_in_a_direction(item, column):
    assert sort_column(item) == column
    assert RowOrder(('policy',), (item,)).columns() == ('policy', column)


def test_tasks_start_after_the_rows_of_earlier_tasks():
    assert rows_before({4: 2, 0: 3, 1: 5}) == {0: 0, 1: 3, 4: 8}
    assert rows_before({}) == {}


@pytest.mark.parametrize('text, expected', [
    ('1', 'bigint'), ('-12', 'bigint'), ('007', 'string'), ('+1', 'string'), ('0', 'bigint'), ('1.50', 'double'),
    ('1e5', 'string'), ('.5', 'string'), ('1234567890123456789', 'string'), ('true', 'boolean'), ('True', 'string'),
    ('2024-01-01', 'string'), (' 12 ', 'bigint'), ('   ', None), ('', None),
])
def test_xml_text_has_the_narrowest_type_that_keeps_it_whole(text, expected):
    assert infer_shape(ElementTree.fromstring(f'<a>{text}</a>')).text == expected


@pytest.mark.parametrize('documents, shape', [
    (['<a>1</a>', '<a>2.5</a>'], XmlShape('double')),
    (['<a>1</a>', '<a>true</a>'], XmlShape('string')),
    (['<a><b>1</b></a>', '<a><b>1</b><b>x</b></a>'], XmlShape(None, {'b': XmlShape('string', {}, True)})),
    (['<a>t</a>', '<a b="1"/>'], XmlShape('string', {'@b': XmlShape('bigint')})),
    (['<n:a xmlns:n="urn:n"><n:b n:c="1"/></n:a>', '<a><!-- no --><b/></a>'],
     XmlShape(None, {'b': XmlShape(), '{urn:n}b': XmlShape(None, {'@{urn:n}c': XmlShape('bigint')})})),
])
def test_shapes_of_documents_merge_and_survive_their_journey_as_json(documents, shape):
    merged = merge_shapes(infer_shape(ElementTree.fromstring(document)) for document in documents)
    assert merged == shape and XmlShape.from_json(merged.to_json()) == shape


def test_element_is_given_the_shape_of_the_whole_column():
    documents = ['<a><b>007</b></a>', '<a c=" x "><b>1</b><b/></a>', '<a/>', '<a>text<b/>tail</a>']
    elements = [ElementTree.fromstring(document) for document in documents]
    shape = merge_shapes(map(infer_shape, elements))
    assert [json_value(element, shape) for element in elements] == [
        {'b': ['007']}, {'_c': 'x', 'b': ['1', None]}, None, {'b': [None], '_VALUE': 'text tail'}]


@pytest.mark.parametrize('text', [None, '', 'text', '<a>', '<a/><b/>', '<a>&nothing;</a>'])
def test_text_that_is_no_document_has_no_root(text):
    assert parse_xml(text) is None
