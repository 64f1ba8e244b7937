"""Nested data transforms: rows from arrays and maps, columns from structs, structure from JSON and XML text."""
from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from pyspark.sql import Row

from datatransform_structureddata import (
    transform_flatten, transform_json, transform_jsonexpandarray, transform_jsonexpandmap, transform_jsonstructured,
    transform_xml, transform_xmlstructured)
from lake_etl.errors import DataError

ARGS = {'source_key': 'Gen/Nested'}


def test_array_becomes_rows_numbered_from_one_and_empty_ones_stay(spark):
    df = spark.createDataFrame(
        [(1, ['a', None, 'c']), (2, []), (3, None)], 'id int, `e-mail. list` array<string>')
    got = transform_jsonexpandarray(
        df, [{'field': 'e mail', 'source': 'e-mail. list', 'index_field': 'e.index'}], ARGS, None)
    assert got.columns == ['id', 'e-mail. list', 'e.index', 'e mail']
    assert sorted((row.id, row['e.index'], row['e mail']) for row in got.collect() if row.id == 1) == [
        (1, 1, 'a'), (1, 2, None), (1, 3, 'c')]
    assert sorted((row.id, row['e.index'], row['e mail']) for row in got.collect() if row.id > 1) == [
        (2, None, None), (3, None, None)]


def test_array_expanded_in_place_keeps_its_position_and_helper_names_stay_free(spark):
    df = spark.createDataFrame([([Row(b=1), Row(b=2)], 'kept', 'too')],
                               'vehicles array<struct<b:int>>, position string, element string')
    got = transform_jsonexpandarray(df, {'field': 'VEHICLES', 'index_field': 'number'}, ARGS, None)
    assert [name.lower() for name in got.columns] == ['vehicles', 'position', 'element', 'number']
    assert sorted(tuple(row) for row in got.collect()) == [
        (Row(b=1), 'kept', 'too', 1), (Row(b=2), 'kept', 'too', 2)]


def test_column_inferred_as_text_expands_like_the_array_it_is_in_other_files(spark):
    df = spark.createDataFrame(
        [(1, '["a","b"]'), (2, 'a@example.org'), (3, None), (4, '[]'), (5, '[{"x":1}]'), (6, '["broken"')],
        'id int, mails string')
    got = transform_jsonexpandarray(df, [{'field': 'mails', 'index_field': 'n'}], ARGS, None).collect()
    assert sorted(tuple(row) for row in got if row.n) == [
        (1, 'a', 1), (1, 'b', 2), (2, 'a@example.org', 1), (5, '{"x":1}', 1), (6, '["broken"', 1)]
    assert sorted(tuple(row) for row in got if not row.n) == [(3, None, None), (4, None, None)]


def test_map_becomes_rows_with_key_value_and_position(spark):
    maps = "case id when 1 then map('home', 5, 'auto', null) when 2 then cast(map() as map<string,int>) end as `m.x`"
    df = spark.range(1, 4).selectExpr('cast(id as int) as id', maps)
    spec = [{'field': 'm.x', 'index_field': 'n', 'key_field': 'line of business'}]
    got = transform_jsonexpandmap(df, spec, ARGS, None)
    assert got.columns == ['id', 'm.x', 'n', 'line of business']
    rows = got.collect()
    assert [tuple(row) for row in rows if row.id == 1] == [(1, 5, 1, 'home'), (1, None, 2, 'auto')]
    assert sorted(tuple(row) for row in rows if row.id > 1) == [(2, None, None, None), (3, None, None, None)]


@pytest.mark.parametrize('struct, value, kind, expected', [
    ('struct<a:int,`b c`:int>', (1, None), 'int', ['1']),
    ('struct<a:int,b:bigint,c:decimal(5,2)>', (1, 2, Decimal('3.50')), 'decimal(21,2)', ['1.00', '2.00', '3.50']),
    ('struct<a:int,b:double>', (1, 2.5), 'double', ['1.0', '2.5']),
    ('struct<a:int,b:string,c:boolean>', (1, 'x', True), 'string', ['1', 'x', 'true']),
    ('struct<a:struct<s:string>,b:struct<s:string>>', (('x',), ('y',)), 'struct<s:string>',
     ["Row(s='x')", "Row(s='y')"]),
    ('struct<a:struct<s:string>,b:string,c:array<int>,d:int,e:string>', (('x',), 'y"z', [1, 2], 3, None), 'string',
     ['{"s":"x"}', '"y\\"z"', '[1,2]', '3']),
])
def test_struct_expands_as_a_map_of_its_members(spark, struct, value, kind, expected):
    df = spark.createDataFrame([(value,), (None,)], f'address {struct}')
    spec = [{'field': 'member', 'source': 'address', 'index_field': 'n', 'key_field': 'name'}]
    got = transform_jsonexpandmap(df, spec, ARGS, None)
    assert got.schema['member'].dataType.simpleString() == kind
    rows = got.orderBy('n').collect()
    assert [rows[0][name] for name in ('n', 'name', 'member')] == [None, None, None]
    assert [None if row.member is None else str(row.member) for row in rows[1:]] == expected
    names = df.schema['address'].dataType.fieldNames()
    assert [row.name for row in rows[1:]] == [name for name, item in zip(names, value) if item is not None]


def test_json_object_text_expands_as_a_map_of_texts(spark):
    df = spark.createDataFrame(
        [(1, '{"a":1,"n":null,"b":{"c":"x"}}'), (2, None), (3, 'n/a'), (4, '{"a":null}')], 'id int, m string')
    got = transform_jsonexpandmap(df, [{'field': 'm', 'index_field': 'n', 'key_field': 'k'}], ARGS, None)
    assert sorted((row.id, row.n or 0, row.k or '', row.m or '') for row in got.collect()) == [
        (1, 1, 'a', '1'), (1, 2, 'b', '{"c":"x"}'), (2, 0, '', ''), (3, 0, '', ''), (4, 0, '', '')]


@pytest.mark.parametrize('transform, keys, message', [
    (transform_jsonexpandarray, {'index_field': 'n'}, "Column 'id' has type int, but an array was expected"),
    (transform_jsonexpandmap, {'index_field': 'n', 'key_field': 'k'},
     "Column 'id' has type int, but a map or a struct"),
    (transform_flatten, {}, "Column 'id' has type int, but flatten expects a struct"),
])
def test_column_of_the_wrong_kind_is_named(spark, transform, keys, message):
    with pytest.raises(DataError, match=message):
        transform(spark.range(1).selectExpr('cast(id as int) id'), [{'field': 'id', **keys}], ARGS, None)


def test_flatten_appends_members_and_keeps_or_drops_the_struct(spark):
    df = spark.createDataFrame([(('Erika', 'Bonn'), 1), (None, 2)],
                               '`the.insured` struct<`first name`:string,`c.d`:string>, id int')
    kept = transform_flatten(df, [{'field': 'the.insured'}], ARGS, None)
    dropped = transform_flatten(df, {'field': 'The.Insured', 'keep_field': False}, ARGS, None)
    assert kept.columns == ['the.insured', 'id', 'first name', 'c.d']
    assert dropped.columns == ['id', 'first name', 'c.d']
    assert [tuple(row) for row in dropped.collect()] == [(1, 'Erika', 'Bonn'), (2, None, None)]


@pytest.mark.parametrize('keep_field, struct, message', [
    (True, 'struct<ID:int>', "column 'id' and member 'ID' of 'insured'"),
    (True, 'struct<insured:int>', "column 'insured' and member 'insured' of 'insured'"),
    (False, 'struct<a:int,A:int>', "member 'a' of 'insured' and member 'A' of 'insured'"),
])
def test_flatten_names_both_sides_of_a_clash(spark, keep_field, struct, message):
    df = spark.createDataFrame([], f'id int, insured {struct}')
    with pytest.raises(DataError, match=message):
        transform_flatten(df, [{'field': 'insured', 'keep_field': keep_field}], ARGS, None)


def test_flatten_without_the_struct_lets_a_member_take_its_name(spark):
    df = spark.createDataFrame([((7,),)], 'insured struct<insured:int>')
    assert transform_flatten(df, [{'field': 'insured', 'keep_field': False}], ARGS, None).first().insured == 7


def test_json_text_is_parsed_with_the_types_of_the_whole_column_by_one_extra_job(spark, spark_jobs):
    df = spark.createDataFrame([
        (1, '{"a": 1, "n": {"x": "t"}}', '[{"k": 1}, {"k": 2}]', '{"z": null}'),
        (2, ' {"a": 2.5}', None, None),
        (3, 'not json', '[]', ''),
        (4, '{"a": 1} trailing', '{broken', '7'),
        (5, None, '[{"l": true}]', None),
    ], 'id int, `the object` string, list string, nulls string')
    with spark_jobs() as jobs:
        got = transform_jsonstructured(df, ['the object', 'list', 'nulls'], ARGS, None)
        assert jobs() == 1
    assert got.columns == df.columns
    assert [field.dataType.simpleString() for field in got.schema][1:] == [
        'struct<a:double,n:struct<x:string>>', 'array<struct<k:bigint,l:boolean>>', 'struct<z:string>']
    rows = got.orderBy('id').collect()
    assert [row['the object'] for row in rows] == [
        Row(a=1.0, n=Row(x='t')), Row(a=2.5, n=None), None, None, None]
    assert [row['list'] for row in rows] == [
        [Row(k=1, l=None), Row(k=2, l=None)], None, [], None, [Row(k=None, l=True)]]
    assert [row.nulls for row in rows] == [Row(z=None), None, None, None, None]


@pytest.mark.parametrize('transform, noun', [(transform_json, 'JSON'), (transform_xml, 'XML')])
def test_column_with_nothing_to_parse_stays_text_and_is_reported(spark, caplog, transform, noun):
    df = spark.createDataFrame([('n/a',), (None,)], 'note string')
    with caplog.at_level(logging.WARNING):
        got = transform(df, ['note'], ARGS, None)
    assert [row.note for row in got.collect()] == ['n/a', None]
    assert f"'note' has no {noun}" in caplog.text and 'n/a' not in caplog.text


@pytest.mark.parametrize('transform', [transform_jsonstructured, transform_xmlstructured])
def test_column_to_parse_must_be_text(spark, transform):
    with pytest.raises(DataError, match="Column 'id' has type bigint, but text to parse was expected"):
        transform(spark.range(1), ['id'], ARGS, None)
    with pytest.raises(DataError, match="Column 'missing' is not there"):
        transform(spark.range(1), ['missing'], ARGS, None)


def test_xml_text_is_parsed_with_attributes_text_repeats_and_types_by_one_extra_job(spark, spark_jobs):
    df = spark.createDataFrame([
        (1, '<?xml version="1.0" encoding="UTF-8"?><c:claim xmlns:c="urn:c" id="007" open="true"><c:paid>10</c:paid>'
            '<c:note lang="de">Größe <b>x</b></c:note></c:claim>', '<a>1</a>'),
        (2, '<claim id="8"><paid>2.50</paid><paid>-3</paid><note>plain</note><empty/></claim>', None),
        (3, '<broken', '<a>2</a>'),
        (4, None, 'text'),
    ], 'id int, doc string, leaf string')
    with spark_jobs() as jobs:
        got = transform_xmlstructured(df, ['doc', 'leaf'], ARGS, None)
        assert jobs() == 1
    assert [field.dataType.simpleString() for field in got.schema][1:] == [
        'struct<_id:string,_open:boolean,empty:string,note:string,note_2:struct<_lang:string,b:string,_VALUE:string>,'
        'paid:array<double>,paid_2:bigint>', 'struct<_VALUE:bigint>']
    first, second, third, fourth = got.orderBy('id').collect()
    # Elements of the name space urn:c are others than those without one.
    assert first.doc == Row(_id='007', _open=True, empty=None, note=None, note_2=Row(_lang='de', b='x', _VALUE='Größe'),
                            paid=None, paid_2=10)
    assert second.doc == Row(_id='8', _open=None, empty=None, note='plain', note_2=None, paid=[2.5, -3.0], paid_2=None)
    assert (third.doc, fourth.doc) == (None, None)
    assert [row.leaf for row in (first, second, third, fourth)] == [Row(_VALUE=1), None, Row(_VALUE=2), None]
