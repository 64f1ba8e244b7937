"""Invented customers matched in Spark with estimated weights: accuracy and cost."""
from __future__ import annotations

import json
from dataclasses import fields

import pytest
from pyspark.sql import functions as F

from lake_etl.config.match_specification import parse_entity_match
from lake_etl.match.entity_keys import ENTITY
from lake_etl.match.match_steps import entitymatch_recordlinkage
from lake_etl.match.training import trained_scorers
from lake_etl.syntax.records import Findings
from resources.sample_data.customer_matching import batch, primary
from resources.sample_data.customer_record import CustomerRecord

KNOWN, ROWS, SEED = 3000, 600, 12
GLOBAL_ID = 'globalid'
NAMES = [field.name for field in fields(CustomerRecord)]
SIMILAR, SLIPS = {'type': 'string', 'method': 'jarowinkler'}, {'type': 'string', 'method': 'damerau_levenshtein'}
SPEC = {
    'primary_entity_table': 'people', 'global_id_field': GLOBAL_ID,
    'levels': [{
        'id': 'people', 'type': 'probabilistic', 'threshold': 0.5,
        'blocks': [['email'], ['phone'], ['last_name', 'zip_code'], ['born', 'last_name[:3]'], ['born', 'zip_code']],
        'fields': [
            {'fieldname': 'first_name', **SIMILAR, 'comparison': {'exchanged_with': 'last_name',
                                                                  'frequent_values': 50}},
            {'fieldname': 'last_name', **SIMILAR, 'comparison': {'shared_at_home': True, 'frequent_values': 50}},
            {'fieldname': 'born', **SLIPS, 'comparison': {'levels': [0.8, 0.9]}},
            {'fieldname': 'phone', **SLIPS, 'comparison': {'levels': [0.9], 'shared_at_home': True}},
            {'fieldname': 'email', **SIMILAR, 'comparison': {'levels': [0.95]}},
            {'fieldname': 'zip_code', 'type': 'exact', 'comparison': {'levels': [], 'shared_at_home': True}}]}]}


@pytest.fixture(scope='module')
def people(spark):
    """The known customers with their number as the global id, and the batch with its number in `person`."""
    def frame(items, name):
        rows = [(str(item.person), *(getattr(item.record, column) or None for column in NAMES)) for item in items]
        return spark.createDataFrame(rows, ', '.join(f'{column} string' for column in [name, *NAMES]))
    known = frame(primary(SEED, KNOWN), GLOBAL_ID)
    rows = frame(batch(SEED, ROWS, KNOWN), 'person').withColumn(GLOBAL_ID, F.lit(None).cast('string'))
    return known.localCheckpoint(), rows.localCheckpoint()


def test_nearly_all_customers_are_found_and_hardly_one_is_mistaken_for_another(spark, people):
    known, rows = people
    matched, unmatched = entitymatch_recordlinkage(known, rows, SPEC, spark)
    found = [(row.person, row[GLOBAL_ID]) for row in matched.select('person', GLOBAL_ID).collect()]
    assert len(found) + unmatched.count() == ROWS
    known_people = {item.person for item in primary(SEED, KNOWN)}
    expected = sum(item.person in known_people for item in batch(SEED, ROWS, KNOWN))
    right = sum(person == global_id for person, global_id in found)
    assert right / len(found) > 0.95 and right / expected > 0.95


def test_the_same_rows_teach_the_same_weights_in_whatever_order_they_come(people):
    known, rows = people
    spec = parse_entity_match(json.loads(json.dumps(SPEC)), Findings('spec'))
    learnt = [trained_scorers(spec, batch_rows.withColumn(ENTITY, F.hash('person', *NAMES).cast('string')), ENTITY,
                              known_rows)
              for known_rows, batch_rows in ((known, rows), (known.orderBy('email').repartition(3),
                                                             rows.orderBy('phone').repartition(2)))]
    first, second = (scorers[0].weights for scorers in learnt)
    assert first.strangers == KNOWN and 0 < first.housemates < 5
    assert first.fields == second.fields
    email = next(item for item in first.fields if item.name == 'email')
    assert email.stranger[-1] < 1 / KNOWN / 100, 'No two share an email; a row taken twice for the sample would.'


def test_given_weights_cost_no_job(people, spark_jobs):
    known, rows = people
    raw = json.loads(json.dumps(SPEC))
    raw['levels'][0].update(fields=[{'fieldname': 'email', 'type': 'exact'}], weights={
        'strangers': KNOWN, 'fields': [{'name': 'email', 'same_person': [0.1, 0.9], 'stranger': [0.99, 0.01]}]})
    spec = parse_entity_match(raw, Findings('spec'))
    with spark_jobs() as jobs:
        trained_scorers(spec, rows, 'person', known)
        assert jobs() == 0


def test_a_batch_without_rows_or_known_people_teaches_the_first_guess(people):
    known, rows = people
    spec = parse_entity_match(json.loads(json.dumps(SPEC)), Findings('spec'))
    scorer, = trained_scorers(spec, rows.limit(0), 'person', known.limit(0))
    assert scorer.weights.strangers == 1
    assert scorer.weights.fields[0].same_person[-1] == pytest.approx(0.85)
