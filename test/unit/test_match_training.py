"""Training the benchmark's specifications: a file gets new weights and keeps manual changes."""
from __future__ import annotations

import json

import pytest

from bench import entity_match, match_training
from bench.match_specifications import load_level, path_of
from bench.match_training import with_weights
from lake_etl.config.match_weights import FieldShares, MatchWeights


@pytest.mark.parametrize('name', match_training.TRAINING_DATA)
def test_a_file_with_the_weights_that_it_has_stays_as_it_is(name):
    text = path_of(name).read_text(encoding='utf-8')
    assert with_weights(text, load_level(name).weights) == text


def test_new_weights_take_the_place_of_old_ones_and_are_rounded():
    text = '{\n  "id": "a",\n  "weights": {"strangers": 70, "housemates": 1, "fields": []}\n}\n'
    shares = FieldShares(name='name', same_person=(0.123456, 0.876544), stranger=(0.99, 0.01),
                         frequent={'José': 0.123456}, rare=1.23456e-7)
    assert json.loads(with_weights(text, MatchWeights(fields=(shares,), strangers=5))) == {
        'id': 'a', 'weights': {'strangers': 70, 'housemates': 0.0, 'fields': [
            {'name': 'name', 'same_person': [0.1235, 0.8765], 'stranger': [0.99, 0.01],
             'frequent': {'José': 0.123}, 'rare': 1.23e-7}]}}


def test_the_customers_that_are_measured_are_not_those_that_are_learnt_from():
    assert match_training.SEED != entity_match.SEED
