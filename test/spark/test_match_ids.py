"""Which global id each row of a batch gets, and why."""
from __future__ import annotations

import copy
import logging

import pytest
from lake_etl.entity_match import prepared, with_assigned_ids
from lake_etl.match.kept import kept
from lake_etl.match.plan import plan_of
from lake_etl.match.resolve import assign_global_ids
from lake_etl.spec.entity_match import parse_entity_match
from lake_etl.spec.records import Findings
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


@pytest.fixture
def matched(spark):
    """A function that gives (source key, first name) → (global id, level, score) for incoming rows."""
    def run(incoming, primary=None, known=(), **changes):
        spec = parse_entity_match({**copy.deepcopy(SPEC), **changes}, findings := Findings('t.json'))
        assert findings.problems == []
        target = spark.createDataFrame(rows(*primary), COLUMNS) if primary is not None else None
        seen = spark.createDataFrame(list(known), 'entity string, global_id string') if known else None
        ready = kept(prepared(spark.createDataFrame(rows(*incoming), COLUMNS), target, spec))
        assigned = assign_global_ids(ready, target, seen, spec.global_id_field, plan_of(spec))
        found = assigned.collect()
        reasons = {row.entity: (row.level, row.score) for row in found}
        assert len(reasons) == len(found), 'one id for each entity'
        named = with_assigned_ids(ready, assigned, 'globalid').collect()
        return {f'{row.no} {row.first}': (row.globalid, *reasons[row['_lake_etl_entity']]) for row in named}
    return run


def test_a_row_with_a_global_id_keeps_it_and_others_are_matched_exactly_then_level_by_level(matched):
    found = matched(
        ['X9 1 A Ann Smith 10115 -', '- 2 A Bob Jones 20000 -', '- 7 B Anna Smith 10115 -', '- 8 B Carl Other 9 555',
         '- 9 B Nobody Known 10116 777'],
        ['G1 1 A Ann Smith 10115 -', 'G2 2 A Robert Brown 20000 -', 'G3 3 A Carl Wolf 30000 555'])
    assert found['1 Ann'] == ('X9', 'given', None)
    assert found['2 Bob'] == ('G2', 'exact', 1.0)
    assert found['7 Anna'][:2] == ('G1', '1') and 0.85 <= found['7 Anna'][2] < 1
    assert found['8 Carl'] == ('G3', '2', 1.0)
    assert found['9 Nobody'][1:] == ('new', None)


def test_a_null_key_equals_nothing(matched):
    found = matched(['- - A Ann - - -', '- 5 - Bob - - -', '- - - Cid - - -'],
                    ['G1 - A Dan - - -', 'G2 5 - Eva - - -', 'G3 - - Fay - - -'])
    assert [level for _, level, _ in found.values()] == ['new'] * 3
    assert len({global_id for global_id, *_ in found.values()}) == 3


def test_an_earlier_level_wins_over_a_better_score_of_a_later_one(matched):
    found = matched(['- 9 B Anna Smith 10115 555'], ['G1 1 A Ann Smyth 10115 -', 'G2 2 A Anna Else 9 555'])
    assert found['9 Anna'][:2] == ('G1', '1')


def test_each_level_uses_its_own_blocks_only(matched):
    # They share the block of level 1 but not its threshold; level 2, which they would pass, has another block.
    found = matched(['- 9 B Ann Smzzzzz 10115 1'], ['G1 1 A Ann Smith 10115 2'], levels=[
        {**SPEC['levels'][0], 'threshold': 1.0}, SPEC['levels'][1]])
    assert found['9 Ann'][1] == 'new'


def test_the_best_score_wins_and_a_tie_goes_to_the_smallest_id(matched):
    found = matched(['- 8 B Anna Smith 10115 -', '- 9 B Cleo Smart 10115 -'],
                    ['G1 1 A Ann Smith 10115 -', 'G2 2 A Anna Smith 10115 -', 'G5 3 A Cleo Smart 10115 -',
                     'G4 4 A Cleo Smart 10115 -'])
    assert found == {'8 Anna': ('G2', '1', 1.0), '9 Cleo': ('G4', '1', 1.0)}


def test_a_score_of_exactly_the_threshold_matches(matched):
    level = {'id': '1', 'blocks': ['zip'], 'threshold': 0.7, 'fields': [
        {'fieldname': 'first', 'type': 'exact', 'weight': 0.7}, {'fieldname': 'last', 'type': 'exact', 'weight': 0.3}]}
    found = matched(['- 9 B Ann Doe 1 -', '- 8 B Eve Smith 1 -'], ['G1 1 A Ann Smith 1 -'], levels=[level])
    assert found['9 Ann'] == ('G1', '1', 0.7) and found['8 Eve'][1] == 'new'


def test_new_rows_of_a_batch_that_match_each_other_get_one_id(matched):
    batch = ['- 1 A Ann Smith 10115 -', '- 2 B Anna Smith 10115 55', '- 3 C Anna Other 4 55', '- 4 C Zoe Last 10115 -']
    found = matched(batch)
    ids = [found[name][0] for name in ('1 Ann', '2 Anna', '3 Anna', '4 Zoe')]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    # Level 2 brings in 3, which level 1 left alone, and the chain is complete although 1 and 3 do not match.
    assert sorted(level for _, level, _ in found.values()) in (['1', '2', 'new', 'new'], ['1', '1', 'new', 'new'])
    assert matched(reversed(batch)) == found, 'the same input gives the same ids, in whatever order'


def test_a_later_level_does_not_unite_what_earlier_levels_have_kept_apart(matched):
    found = matched(['- 1 A Ann Smith 1 55', '- 2 B Anna Smith 1 -', '- 3 A Ann Jones 2 55', '- 4 B Anna Jones 2 -'])
    ids = {name: global_id for name, (global_id, *_) in found.items()}
    assert ids['1 Ann'] == ids['2 Anna'] != ids['3 Ann'] == ids['4 Anna']


def test_two_rows_of_one_source_key_are_one_entity_even_when_only_one_of_them_matches(matched):
    found = matched(['- 9 B Ann Smith 10115 -', '- 9 B Ann2 Married 777 -'], ['G1 1 A Ann Smith 10115 -'])
    assert {global_id for global_id, *_ in found.values()} == {'G1'}


def test_identical_rows_without_keys_are_one_entity(matched):
    found = matched(['- - A Ann - - -', '- - A Ann - - -'])
    assert len(found) == 1


def test_known_keys_come_before_levels(matched, spark):
    first = matched(['- 9 B Ann Smith 10115 -'])
    spec = parse_entity_match(copy.deepcopy(SPEC), Findings('t.json'))
    entity = prepared(spark.createDataFrame(rows('- 9 B Other Name - -'), COLUMNS), None, spec).collect()[0][-1]
    found = matched(['- 9 B Ann Smith 10115 -'], ['G1 1 A Ann Smith 10115 -'], known=[(entity, 'K1'), (entity, 'K2')])
    assert found == {'9 Ann': ('K1', 'exact', None)} and first['9 Ann'][1] == 'new'


def test_duplicates_in_the_primary_do_not_multiply_rows(matched):
    found = matched(['- 1 A Ann Smith 10115 -', '- 9 B Ann Smith 10115 -'],
                    ['G2 1 A Ann Smith 10115 -', 'G1 1 A Ann Smith 10115 -', 'G1 1 A Ann Smith 10115 -'])
    assert found == {'1 Ann': ('G1', 'exact', 1.0), '9 Ann': ('G1', '1', 1.0)}


@pytest.mark.parametrize('value', ['-', '0000000000', 'Unknown', 'own-default'])
def test_values_that_stand_for_a_missing_one_make_no_block(matched, value):
    found = matched([f'- 9 B Ann New 1 {value}'], [f'G1 1 A Ann Smith 2 {value}'], default_values=['OWN-default'])
    assert found['9 Ann'][1] == 'new'


def test_a_block_that_is_too_large_is_divided_and_what_is_still_too_large_is_named(matched, caplog):
    primary = [f'G{number:02} {number} A {name} Smith 1 -' for number, name in enumerate(['Ann'] * 30 + ['Bob'] * 4)]
    level = {'id': 'big', 'blocks': ['zip'], 'fields': [NAME, LAST], 'threshold': 0.9}
    with caplog.at_level(logging.INFO, 'lake_etl'):
        found = matched(['- 98 B Ann Smith 1 -', '- 99 B Bob Smith 1 -'], primary, levels=[level], max_block_pairs=20)
    assert found['99 Bob'] == ('G30', 'big', 1.0) and found['98 Ann'][1] == 'new'
    said = {record.levelname: record.getMessage() for record in caplog.records if 'blocks by' in record.getMessage()}
    assert 'Level big, blocks by zip: 1 blocks lead to up to 68 pairs' in said['INFO']
    assert 'Level big, blocks by zip: 1 blocks lead to up to 30 pairs' in said['WARNING']
    assert 'left out' in said['WARNING'] and 'Smith' not in said['WARNING']


def test_several_rules_of_a_level_are_alternatives(matched):
    level = {'id': '1', 'blocks': [['last', 'zip'], ['phone']], 'fields': [NAME], 'threshold': 0.9}
    found = matched(['- 8 B Ann Smith 1 -', '- 9 B Bob Else 2 55'],
                    ['G1 1 A Ann Smith 1 -', 'G2 2 A Bob Jones 3 55'], levels=[level])
    assert [global_id for global_id, *_ in found.values()] == ['G1', 'G2']


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
    ready = kept(prepared(spark.createDataFrame(incoming, COLUMNS), primary, spec))
    with spark_jobs() as jobs:
        assigned = assign_global_ids(ready, primary.mapInArrow(counting, primary.schema), None, 'globalid',
                                     plan_of(spec))
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
