"""The probabilistic level as specified: levels of agreement, learning, scoring invented customers, and bad weights."""
from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lake_etl.config.block_rule import BlockRule, parse_block_part
from lake_etl.config.match_specification import Level
from lake_etl.match.fellegi_sunter import agreement_levels
from lake_etl.match.scoring import UntrainedScorer, in_same_block, level_scorer
from lake_etl.match.similarity import Operand, Pairs
from lake_etl.syntax.records import Findings, parse_record
from resources.sample_data.customer_matching import COLUMNS, KnownRecord, batch, primary

NAME = {'fieldname': 'first', 'type': 'string', 'method': 'jarowinkler',
        'comparison': {'levels': [0.85, 0.92], 'exchanged_with': 'last'}}
LAST = {'fieldname': 'last', 'type': 'string', 'method': 'jarowinkler', 'comparison': {'levels': [0.9]}}
KEY = {'fieldname': 'key', 'type': 'exact'}
SHARES = [{'name': 'key', 'same_person': [0.1, 0.9], 'stranger': [0.99, 0.01]}]


def _level(fields: Sequence[dict], **more: Any) -> Level:
    findings = Findings('level')
    raw = {'id': 1, 'type': 'probabilistic', 'blocks': ['key'], 'threshold': 0.5, 'fields': list(fields), **more}
    level = parse_record(Level, raw, '', findings)
    assert [str(problem) for problem in findings.problems] == []
    return level


def _problems(fields: Sequence[dict], **more: Any) -> str:
    findings = Findings('level')
    raw = {'id': 1, 'type': 'probabilistic', 'blocks': ['key'], 'threshold': 0.5, 'fields': list(fields), **more}
    assert parse_record(Level, raw, '', findings) is None
    return '\n'.join(str(problem) for problem in findings.problems)


def _pairs(columns: Sequence[str], left: Sequence[tuple], right: Sequence[tuple]) -> Pairs:
    def side(rows: Sequence[tuple]) -> dict[Operand, pa.Array]:
        return {Operand(name, 'text'): pa.array([row[at] for row in rows], pa.string())
                for at, name in enumerate(columns)}
    return Pairs(side(left), side(right))


@pytest.mark.parametrize('left, right, expected', [
    (('martha', 'grey'), ('martha', 'grey'), (4, 2)),
    (('martha', 'grey'), ('marhta', 'greey'), (2, 1)),
    (('martha', 'grey'), ('marhtta', 'stone'), (2, 0)),
    (('dwayne', 'grey'), ('duane', 'grey'), (0, 2)),
    (('grey', 'martha'), ('martha', 'grey'), (3, -1)),
    (('grey', 'grey'), ('grey', 'grey'), (4, 2)),
    ((None, 'grey'), ('martha', 'grey'), (-1, 2)),
    (('martha', None), (None, 'martha'), (-1, -1)),
], ids=['equal', 'similar', 'one differs', 'below every level', 'exchanged', 'same both ways', 'missing', 'gaps'])
def test_a_pair_agrees_in_each_field_at_one_level(left, right, expected):
    levels = agreement_levels(_level([NAME, LAST]).fields, _pairs(['first', 'last'], [left], [right]))
    assert levels.tolist() == [list(expected)]


def test_a_block_rule_is_fulfilled_as_blocking_means_it():
    rule = BlockRule(tuple(map(parse_block_part, ('zip', 'last[:2]', 'first[-2:]'))))
    left = [('1', 'grey', 'ann'), ('1', 'grey', 'ann'), ('1', 'grey', None), ('1', '', 'ann'), (None, 'grey', 'ann')]
    right = [('1', 'green', 'joann'), ('2', 'green', 'ann'), ('1', 'grey', None), ('1', '', 'ann'),
             (None, 'grey', 'ann')]
    assert in_same_block(rule, _pairs(['zip', 'last', 'first'], left, right)).tolist() == [True] + [False] * 4


def test_given_weights_score_by_bayes_rule_and_travel_to_the_workers():
    level = _level([KEY], weights={'strangers': 10, 'fields': SHARES})
    scorer = pickle.loads(pickle.dumps(level_scorer(level)))
    scores = scorer.score(_pairs(['key'], [('a',), ('a',), (None,)], [('a',), ('b',), ('a',)]))
    assert scores == pytest.approx([9 / 10, 1 / 100, 1 / 11], abs=0.01)
    assert scores[0] == pytest.approx(0.9 / (0.9 + 10 * 0.01), abs=1e-9)


PEOPLE = [
    {'fieldname': 'first_name', 'type': 'string', 'method': 'jarowinkler',
     'comparison': {'exchanged_with': 'last_name', 'frequent_values': 50}},
    {'fieldname': 'last_name', 'type': 'string', 'method': 'jarowinkler',
     'comparison': {'shared_at_home': True, 'frequent_values': 50}},
    {'fieldname': 'born', 'type': 'string', 'method': 'damerau_levenshtein', 'comparison': {'levels': [0.8, 0.9]}},
    {'fieldname': 'phone', 'type': 'exact', 'comparison': {'levels': [], 'shared_at_home': True}},
    {'fieldname': 'email', 'type': 'string', 'method': 'jarowinkler', 'comparison': {'levels': [0.95]}},
    {'fieldname': 'zip_code', 'type': 'exact', 'comparison': {'levels': [], 'shared_at_home': True}}]
RULES = [['email'], ['phone'], ['last_name', 'zip_code'], ['born', 'zip_code'], ['born', 'last_name']]


def _candidates(rows: Sequence[KnownRecord], known: Sequence[KnownRecord]) -> list[tuple[int, int]]:
    """Return the positions of all pairs that share a block, by dictionaries."""
    found = set()
    for rule in RULES:
        def key(item: KnownRecord, names: Sequence[str] = rule) -> tuple[str, ...]:
            return tuple(getattr(item.record, name) for name in names)
        places: dict[tuple[str, ...], list[int]] = {}
        for place, item in enumerate(known):
            if all(key(item)):
                places.setdefault(key(item), []).append(place)
        found |= {(number, place) for number, item in enumerate(rows) for place in places.get(key(item), ())}
    return sorted(found)


def _records(rows: Sequence[KnownRecord]) -> list[tuple[str | None, ...]]:
    return [tuple(getattr(item.record, name) or None for name in COLUMNS) for item in rows]


def test_learnt_weights_tell_customers_from_strangers_and_their_own_families():
    known, rows = list(primary(11, 3000)), list(batch(11, 600, 3000))
    found = _candidates(rows, known)
    left, right = _records(known), _records(rows)
    chance = np.random.default_rng(3)
    random = [(int(i), int(p)) for i, p in zip(chance.integers(0, len(rows), 20_000),
                                               chance.integers(0, len(known), 20_000), strict=True)]
    candidates, by_chance = (
        _pairs(COLUMNS, [left[p] for _, p in pairs], [right[i] for i, _ in pairs]) for pairs in (found, random))
    records = _pairs(COLUMNS, left, ()).left
    learning = level_scorer(_level(PEOPLE, blocks=RULES))
    assert isinstance(learning, UntrainedScorer)
    scores = learning.trained(records, by_chance, candidates, len(known)).score(candidates)
    best: dict[int, tuple[float, int]] = {}
    for (row, place), score in zip(found, scores, strict=True):
        if score >= 0.5:
            best[row] = max(best.get(row, (0.0, 0)), (score, place))
    right_ones = sum(rows[row].person == known[place].person for row, (_, place) in best.items())
    people = {item.person for item in known}
    expected = sum(item.person in people for item in rows)
    precision, recall = right_ones / len(best), right_ones / expected
    assert 2 * precision * recall / (precision + recall) > 0.95
    assert learning.trained(records, by_chance, candidates, len(known)).score(candidates).tolist() == scores.tolist()


@pytest.mark.parametrize('fields, more, expected', [
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'name': 'kay'}]}}, 'weights are for kay, expected'),
    ([NAME], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'name': 'first'}]}}, 'has 5 levels'),
    ([KEY], {'weights': {'strangers': 0, 'fields': SHARES}}, 'strangers must be 1 or more'),
    ([KEY], {'weights': {'strangers': 10, 'housemates': 2, 'fields': SHARES}}, 'every field needs the shares'),
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'stranger': [1.0, 0.0]}]}}, 'not above 0'),
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'stranger': [0.5, 0.6]}]}}, 'adds up to 1.1'),
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'stranger': [0.5, 0.4, 0.1]}]}}, 'has 3 shares'),
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'frequent': {'a': 0.5}}]}}, 'frequent needs rare'),
    ([KEY], {'weights': {'strangers': 10, 'fields': [{**SHARES[0], 'frequent': {'a': '1'}, 'rare': 0.1}]}},
     'must be shares'),
    ([{**NAME, 'comparison': {'levels': [0.9, 0.8]}}], {}, 'ascending'),
    ([{**NAME, 'comparison': {'frequent_values': -1}}], {}, 'frequent_values is -1'),
    ([NAME], {'type': 'weighted'}, 'they are for probabilistic'),
])
def test_weights_that_cannot_be_meant_are_refused_before_any_data_is_read(fields, more, expected):
    assert expected in _problems(fields, **more)


def test_a_level_reads_the_column_that_values_are_exchanged_with():
    assert _level([NAME]).columns() == ('key', 'first', 'last')
