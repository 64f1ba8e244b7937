"""Which global id each row of a batch gets, and why."""
from __future__ import annotations

import copy
import logging

import pytest

from lake_etl.config.match_specification import parse_entity_match
from lake_etl.jobs.entity_match import prepared, with_assigned_ids
from lake_etl.match.match_plan import build_plan
from lake_etl.match.resolve import assign_global_ids
from lake_etl.spark.materialize import checkpointed
from lake_etl.syntax.records import Findings
from lib.glue_scripts.etl_consume_entity_match import (
    entitymatch_exact, entitymatch_recordlinkage, fill_global_id, split_dataframe)

COLUMNS = 'globalid string, no string, system string, first string, last string, zip string, phone string'
NAME = {'fieldname': 'first', 'type': 'string', 'method': 'jarowinkler', 'weight': 0.5}
LAST = {'fieldname': 'last', 'type': 'string', 'method': 'jarowinkler', 'weight': 0.5}
SPEC = {
    'primary_entity_table': 'people', 'global_id_field': 'globalid',
    'exact_match_fields': {'source_primary_key': 'no', 'source_system_key': 'system'},
    'levels': [
        {'id': '1', 'blocks': ['last[:2]', 'zip'], 'fields': [NAME, LAST], 'threshold': 0.85},
        {'id': '2', 'blocks': ['phone'], 'fields': [{'fieldname': 'first', 'type': 'exact'}], 'threshold': 1.0}]}


def rows(*values):
    """Return rows from texts such as `G1 7 A Ann Smith 10115 555`, where - stands for null."""
    return [tuple(None if word == '-' else word for word in text.split()) for text in values]


@pytest.fixture(scope='module')
def matched(spark, small_data):
    """A function that gives (source key, first name) → (global id, level, score) for incoming rows."""
    def run(incoming, primary=None, known=(), **changes):
        spec = parse_entity_match({**copy.deepcopy(SPEC), **changes}, findings := Findings('t.json'))
        assert findings.problems == []
        target = spark.createDataFrame(rows(*primary), COLUMNS) if primary is not None else None
        seen = spark.createDataFrame(list(known), 'entity string, global_id string') if known else None
        ready = checkpointed(prepared(spark.createDataFrame(rows(*incoming), COLUMNS), target, spec))
        assigned = assign_global_ids(ready, target, seen, spec.global_id_field, build_plan(spec))
        found = assigned.collect()
        reasons = {row.entity: (row.level, row.score) for row in found}
        assert len(reasons) == len(found), 'one id for each entity'
        named = with_assigned_ids(ready, assigned, 'globalid').collect()
        return {f'{row.no} {row.first}': (row.globalid, *reasons[row['_lake_etl_entity']]) for row in named}
    return run


@pytest.fixture(scope='module')
def found(matched, spark):
    """What becomes of one batch in which each zip code is a story of its own."""
    spec = parse_entity_match(copy.deepcopy(SPEC), Findings('t.json'))
    known = prepared(spark.createDataFrame(rows('- 50 B Other Name - -'), COLUMNS), None, spec).collect()[0][-1]
    return matched([
        'X9 1 A Ann Smith 10 -', '- 2 A Bob Jones 20 -', '- 7 B Anna Smith 10 -', '- 8 B Carl Other 9 555',
        '- 9 B Nobody Known 11 777',
        '- - A Noone Uno - -', '- 5 - Nobody Duo - -', '- - - Nothing Tre - -',
        '- 12 B Anna Black 30 666', '- 13 B Anne Whyzzz 31 1',
        '- 14 B Anna Green 32 -', '- 15 B Cleo Smart 33 -',
        '- 16 B Ann Brown 34 -', '- 16 B Ann2 Married 777 -', '- - A Twin Row - -', '- - A Twin Row - -',
        '- 50 B Dan Seen 35 -', '- 17 A Eva Dup 36 -', '- 18 B Eva Dup 36 -',
        '- 19 B Ivy New 61 0000000000', '- 20 B Jim New 62 Unknown', '- 21 B Kim New 63 own-default'], [
        'G1 1 A Ann Smith 10 -', 'G2 2 A Robert Brown 20 -', 'G3 3 A Carl Wolf 30000 555',
        'N1 - A Noone Else - -', 'N2 5 - Nobody Else - -', 'N3 - - Nothing Else - -',
        'L1 31 A Ann Blackk 30 -', 'L2 32 A Anna Else 9 666', 'B1 33 A Anne White 31 2',
        'T1 34 A Ann Green 32 -', 'T2 35 A Anna Green 32 -', 'T5 36 A Cleo Smart 33 -', 'T4 37 A Cleo Smart 33 -',
        'S1 38 A Ann Brown 34 -', 'D1 39 A Dan Seen 35 -', 'E2 17 A Eva Dup 36 -', 'E1 17 A Eva Dup 36 -',
        'E1 17 A Eva Dup 36 -', 'P1 40 A Ivy Pla 2 0000000000', 'P2 41 A Jim Pla 2 Unknown',
        'P3 42 A Kim Pla 2 own-default'], known=[(known, 'K1'), (known, 'K2')], default_values=['OWN-default'])


def test_a_row_with_a_global_id_keeps_it_and_others_are_matched_exactly_then_level_by_level(found):
    assert found['1 Ann'] == ('X9', 'given', None)
    assert found['2 Bob'] == ('G2', 'exact', 1.0)
    assert found['7 Anna'][:2] == ('G1', '1') and 0.85 <= found['7 Anna'][2] < 1
    assert found['8 Carl'] == ('G3', '2', 1.0)
    assert found['9 Nobody'][1:] == ('new', None)


def test_a_null_key_equals_nothing(found):
    nameless = [found[name] for name in ('None Noone', '5 Nobody', 'None Nothing')]
    assert [level for _, level, _ in nameless] == ['new'] * 3 and len({global_id for global_id, *_ in nameless}) == 3


def test_an_earlier_level_wins_over_a_better_score_of_a_later_one(found):
    assert found['12 Anna'][:2] == ('L1', '1') and found['12 Anna'][2] < 1


def test_a_block_without_a_score_is_no_match_and_each_level_uses_its_own_blocks_only(found):
    # They share the block of level 1 but not its threshold; level 2, which they would pass, has another block.
    assert found['13 Anne'][1] == 'new'


def test_the_best_score_wins_and_a_tie_goes_to_the_smallest_id(found):
    assert (found['14 Anna'], found['15 Cleo']) == (('T2', '1', 1.0), ('T4', '1', 1.0))


def test_two_rows_of_one_source_key_are_one_entity_even_when_only_one_of_them_matches(found):
    assert found['16 Ann'] == found['16 Ann2'] and found['16 Ann'][0] == 'S1'


def test_identical_rows_without_keys_are_one_entity(found):
    assert found['None Twin'][1] == 'new'


def test_known_keys_come_before_levels_and_of_two_ids_the_smaller_counts(found):
    assert found['50 Dan'] == ('K1', 'exact', None)


def test_duplicates_in_the_primary_do_not_multiply_rows(found):
    assert (found['17 Eva'], found['18 Eva']) == (('E1', 'exact', 1.0), ('E1', '1', 1.0))


@pytest.mark.parametrize('name', ['19 Ivy', '20 Jim', '21 Kim'])
def test_values_that_stand_for_a_missing_one_make_no_block(found, name):
    assert found[name][1] == 'new'


def test_new_rows_of_a_batch_that_match_each_other_get_one_id(matched):
    batch = ['- 1 A Ann Smith 10115 -', '- 2 B Anna Smith 10115 55', '- 3 C Anna Other 4 55', '- 4 C Zoe Last 10115 -',
             '- 11 A Eva Smith 1 77', '- 12 B Evan Smith 1 -', '- 13 A Eva Jones 2 77', '- 14 B Evan Jones 2 -']
    found = matched(batch)
    ids = {name: global_id for name, (global_id, *_) in found.items()}
    assert ids['1 Ann'] == ids['2 Anna'] == ids['3 Anna'] != ids['4 Zoe']
    # Level 2 brings in 3, which level 1 left alone, but does not unite what level 1 has kept apart.
    assert ids['11 Eva'] == ids['12 Evan'] != ids['13 Eva'] == ids['14 Evan']
    assert len(set(ids.values())) == 4 == [level for _, level, _ in found.values()].count('new')
    assert matched(reversed(batch)) == found, 'the same input gives the same ids, in whatever order'


def test_a_block_that_is_too_large_is_divided_and_what_is_still_too_large_is_named(matched, caplog):
    primary = [f'G{number:02} {number} A {name} Smith 1 -' for number, name in enumerate(['Ann'] * 30 + ['Bob'] * 4)]
    level = {'id': 'big', 'blocks': ['zip'], 'fields': [NAME, LAST], 'threshold': 0.9}
    with caplog.at_level(logging.INFO, 'lake_etl'):
        found = matched(['- 98 B Ann Smith 1 -', '- 99 B Bob Smith 1 -'], primary, levels=[level], max_block_pairs=20)
    assert found['99 Bob'] == ('G30', 'big', 1.0) and found['98 Ann'][1] == 'new'
    said = {record.levelname: record.getMessage() for record in caplog.records if 'blocks by' in record.getMessage()}
    assert 'Level big, blocks by zip: 1 blocks lead to up to 68 pairs' in said['INFO']
    assert 'Level big, blocks by zip: 1 blocks lead to up to 30 pairs' in said['WARNING']
    assert 'are skipped' in said['WARNING'] and 'Smith' not in said['WARNING']


def test_several_rules_of_a_level_are_alternatives_and_a_score_of_exactly_the_threshold_matches(matched):
    level = {'id': '1', 'blocks': [['last', 'zip'], ['phone']], 'threshold': 0.7, 'fields': [
        {'fieldname': 'first', 'type': 'exact', 'weight': 0.7}, {'fieldname': 'last', 'type': 'exact', 'weight': 0.3}]}
    found = matched(['- 7 B Ann Smith 1 -', '- 8 B Bob Else 2 55', '- 9 B Eve Smith 1 -'],
                    ['G1 1 A Ann Smith 1 -', 'G2 2 A Bob Jones 3 55'], levels=[level])
    assert (found['7 Ann'], found['8 Bob']) == (('G1', '1', 1.0), ('G2', '1', 0.7)) and found['9 Eve'][1] == 'new'


def test_the_primary_is_read_once(spark, tmp_path, spark_jobs):
    spark.createDataFrame(rows('G1 1 A Ann Smith 10115 -'), COLUMNS).write.parquet(str(tmp_path / 'primary'))
    primary = spark.read.parquet(str(tmp_path / 'primary'))
    reads = spark.sparkContext.accumulator(0)

    def counting(batches):
        for batch in batches:
            reads.add(batch.num_rows)
            yield batch
    spec = parse_entity_match(copy.deepcopy(SPEC), Findings('t.json'))
    incoming = rows('- 7 B Anna Smith 10115 -', '- 8 B Zoe Else 1 2')
    ready = checkpointed(prepared(spark.createDataFrame(incoming, COLUMNS), primary, spec))
    with spark_jobs() as jobs:
        assigned = assign_global_ids(ready, primary.mapInArrow(counting, primary.schema), None, 'globalid',
                                     build_plan(spec))
        assert assigned.count() == 2
    assert reads.value == 1
    assert jobs() < 40


def test_the_public_functions_split_rows_into_matched_and_unmatched_and_leave_the_specification_alone(spark):
    spec = copy.deepcopy(SPEC)
    primary = spark.createDataFrame(rows('G1 1 A Ann Smith 10115 -'), COLUMNS)
    incoming = spark.createDataFrame(rows('- 1 A Zoe Else 1 -', '- 9 B Anna Smith 10115 -', 'X 8 B Eve Key 3 -'),
                                     COLUMNS)
    exact, rest = entitymatch_exact(primary, incoming, spec, spark)
    assert sorted((row.globalid, row.no) for row in exact.collect()) == [('G1', '1'), ('X', '8')]
    found, rest = entitymatch_recordlinkage(primary, rest, spec, spark)
    assert [(row.globalid, row.no) for row in found.collect()] == [('G1', '9')] and rest.count() == 0
    assert spec == SPEC and found.schema == incoming.schema


def test_global_ids_are_filled_in_the_same_way_each_time(spark):
    from datalineage import DataLineageGenerator
    df = spark.createDataFrame([(1, None), (2, 'G2'), (1, None)], 'no int, globalid string')
    args = {'source_key': 'a/b'}
    filled = [fill_global_id(df, 'globalid', args, DataLineageGenerator(args)).collect() for _ in range(2)]
    assert filled[0] == filled[1] and filled[0][0].globalid == filled[0][2].globalid
    assert (filled[0][1].globalid, filled[0][0].__fields__) == ('G2', ['globalid', 'no'])
    matched, unmatched = split_dataframe(df, 'globalid')
    assert (matched.count(), unmatched.count()) == (1, 2)
