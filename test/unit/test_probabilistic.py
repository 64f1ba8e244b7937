"""The probabilistic model: odds by hand, estimates from pairs of known origin, and households told apart."""
from __future__ import annotations

import math

import numpy as np
import pytest

from lake_etl.config.match_weights import FieldShares, MatchWeights
from lake_etl.match.fellegi_sunter import MISSING, match_weight, probability
from lake_etl.match.probabilistic_estimation import (
    BlockedPairs, UntrainedField, estimate, frequent_values, stranger_shares)

NAME = FieldShares(name='name', same_person=(0.1, 0.9), stranger=(0.99, 0.01))
BIRTH = FieldShares(name='birth', same_person=(0.05, 0.05, 0.9), stranger=(0.97, 0.02, 0.01))


def test_the_odds_are_bayes_rule_against_all_strangers():
    odds = match_weight(MatchWeights(fields=(NAME, BIRTH), strangers=1000), np.array([[1, 2], [0, 1], [1, 0]], np.int8))
    assert odds == pytest.approx([math.log2(0.9 * 0.9 / (0.01 * 0.01) / 1000),
                                  math.log2(0.1 * 0.05 / (0.99 * 0.02) / 1000),
                                  math.log2(0.9 * 0.05 / (0.01 * 0.97) / 1000)])


def test_a_missing_value_says_nothing():
    model = MatchWeights(fields=(NAME, BIRTH), strangers=1000)
    with_gap = match_weight(model, np.array([[1, MISSING]], np.int8))
    without_field = match_weight(MatchWeights(fields=(NAME,), strangers=1000), np.array([[1]], np.int8))
    assert with_gap == pytest.approx(without_field)


def test_a_probability_follows_from_odds_without_overflow():
    assert probability(np.array([-5000.0, -1.0, 0.0, 1.0, 5000.0])) == pytest.approx([0, 1 / 3, 1 / 2, 2 / 3, 1])


def test_agreeing_on_a_frequent_value_says_less():
    field = FieldShares(name='name', same_person=(0.1, 0.9), stranger=(0.99, 0.01), frequent={'smith': 0.05},
                        rare=0.0001)
    model = MatchWeights(fields=(field,), strangers=1)
    common, rare, unequal = match_weight(model, np.array([[1], [1], [0]], np.int8), [['smith', 'zuckerli', 'smith']])
    assert common == pytest.approx(math.log2(0.9 / 0.05))
    assert rare == pytest.approx(math.log2(0.9 / 0.0001))
    assert unequal == pytest.approx(math.log2(0.1 / 0.99))


def test_what_a_household_shares_does_not_make_one_person():
    fields = (FieldShares(name='first name', same_person=(0.1, 0.9), stranger=(0.99, 0.01), housemate=(0.98, 0.02)),
              FieldShares(name='address', same_person=(0.1, 0.9), stranger=(0.9999, 0.0001), housemate=(0.05, 0.95)))
    model = MatchWeights(fields=fields, strangers=100, housemates=2)
    sibling, same = match_weight(model, np.array([[0, 1], [1, 1]], np.int8))
    against_sibling = 100 * 0.99 * 0.0001 + 2 * 0.98 * 0.95
    assert sibling == pytest.approx(math.log2(0.1 * 0.9 / against_sibling))
    assert probability(np.array([sibling]))[0] < 0.1 < 0.9 < probability(np.array([same]))[0]
    assert match_weight(MatchWeights(fields=fields, strangers=100), np.array([[0, 1]], np.int8))[0] > 3


def _drawn(random, shares, size):
    """Return levels drawn independently with the shares of each field."""
    return np.stack([random.choice(len(share), size=size, p=share) for share in shares], axis=1).astype(np.int8)


@pytest.fixture(scope='module')
def learnt():
    """The true shares, and the model estimated from pairs of three origins that two block rules found."""
    same = [(0.1, 0.1, 0.8), (0.05, 0.95), (0.1, 0.9), (0.2, 0.8)]
    home = [(0.97, 0.02, 0.01), (0.99, 0.01), (0.05, 0.95), (0.1, 0.9)]
    strangers = [np.array(share) for share in ((0.96, 0.03, 0.01), (0.995, 0.005), (0.98, 0.02), (0.99, 0.01))]
    random = np.random.default_rng(5)
    sizes = (4000, 6000, 10000)
    levels = np.concatenate([_drawn(random, shares, size)
                             for shares, size in zip((same, home, strangers), sizes, strict=True)])
    levels[random.random(levels.shape) < 0.1] = MISSING
    rules = np.stack([levels[:, 3] == 1, levels[:, 0] == 2], axis=1)
    found = rules.any(axis=1)
    fields = [UntrainedField('first', 3), UntrainedField('birth', 2), UntrainedField('last', 2, True),
              UntrainedField('phone', 2, True)]
    pairs = BlockedPairs(levels[found], rules[found], (frozenset({3}), frozenset({0})))
    return same, home, estimate(fields, pairs, strangers, population=5000)


def test_shares_of_pairs_nobody_has_judged_are_learnt(learnt):
    same, home, model = learnt
    for field, expected in zip(model.fields, same, strict=True):
        assert field.same_person == pytest.approx(expected, abs=0.03), field.name
    assert model.fields[2].housemate == pytest.approx(home[2], abs=0.03)
    assert model.strangers == 5000


def test_housemates_are_counted_beside_the_people_they_live_with(learnt):
    *_, model = learnt
    assert model.housemates == pytest.approx(6000 * 0.9 / (4000 * 0.8), rel=0.1)


def test_a_model_without_shared_fields_knows_two_classes():
    strangers = [np.array([0.98, 0.02]), np.array([0.99, 0.01]), np.array([0.9, 0.1])]
    random = np.random.default_rng(6)
    same = [(0.1, 0.9), (0.2, 0.8), (0.3, 0.7)]
    levels = np.concatenate([_drawn(random, same, 3000), _drawn(random, strangers, 3000)])
    rules = np.ones((len(levels), 1), bool)
    pairs = BlockedPairs(levels, rules, (frozenset(),))
    model = estimate([UntrainedField(name, 2) for name in 'abc'], pairs, strangers, population=100)
    assert model.housemates == 0 and {field.housemate for field in model.fields} == {()}
    for field, expected in zip(model.fields, same, strict=True):
        assert field.same_person == pytest.approx(expected, abs=0.03)


def test_a_field_that_every_rule_holds_equal_keeps_the_first_guess():
    levels = np.ones((200, 3), np.int8)
    pairs = BlockedPairs(levels, np.ones((200, 1), bool), (frozenset({0}),))
    strangers = [np.array([0.9, 0.1])] * 3
    model = estimate([UntrainedField(name, 2) for name in 'abc'], pairs, strangers, population=100)
    assert model.fields[0].same_person == pytest.approx((0.15, 0.85))
    assert model.fields[1].same_person[1] > 0.99


def test_no_pairs_at_all_leave_the_first_guess():
    pairs = BlockedPairs(np.zeros((0, 2), np.int8), np.zeros((0, 1), bool), (frozenset(),))
    model = estimate([UntrainedField('a', 2, True), UntrainedField('b', 2)], pairs, [np.array([0.9, 0.1])] * 2, 10)
    assert np.isfinite(match_weight(model, np.array([[1, 1], [0, 0]], np.int8))).all()


def test_shares_of_strangers_sum_to_one_and_know_values_that_random_pairs_never_share():
    values = ['a'] * 10 + ['b'] * 10 + [None] * 5
    shares = stranger_shares(np.array([[0], [0], [1], [MISSING]], np.int8), UntrainedField('name', 3), 0, values)
    assert shares.sum() == pytest.approx(1)
    assert shares[2] == pytest.approx(2 * 10 * 9 / (20 * 19), rel=0.01)
    assert shares[0] > shares[1] > 0


def test_frequent_values_keep_their_own_share_and_others_a_common_one():
    frequent, rare = frequent_values(['smith'] * 6 + ['jones'] * 5 + ['a', 'b', 'b', None], at_most=10)
    assert frequent == {'smith': 6 / 14, 'jones': 5 / 14}
    assert rare == pytest.approx((1 + 4) / 3 / 14)


def test_every_value_frequent_leaves_a_share_for_new_ones():
    frequent, rare = frequent_values(['x'] * 5 + ['y'] * 10, at_most=10)
    assert rare == min(frequent.values())
    assert frequent_values([], at_most=10) == ({}, 1.0)
