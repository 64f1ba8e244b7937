"""Explanations add up to the score, agree with the scorer, and are printed readably."""
from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from lake_etl.config.match_specification import EntityMatchSpec, parse_entity_match
from lake_etl.match.explanation import explain
from lake_etl.syntax.records import Findings
from lib.local_lake.showing.match_explanation import explanation_lines

CUSTOMER = Path(__file__).resolve().parents[2] / 'lib/glue_scripts/transformation-spec/Customer-entitymatch.json'
MOLLY = {'customerno': 'A1', 'srcsystemid': 'A01', 'firstname': 'Molly', 'lastname': 'Fengrove', 'zip': '29428',
         'customerdob': date(1959, 3, 16), 'phonenumber': '918-133-8466', 'email': 'm.fengrove@example.com',
         'addressstreet': '48 Garden Street', 'lastupdated': datetime(2026, 3, 1, 10)}
MARY = {**MOLLY, 'customerno': 'C1', 'firstname': 'Mary', 'addressstreet': '1 Mill Road', 'zip': '02108'}
BROTHER = {**MOLLY, 'firstname': 'Jonathan', 'customerdob': date(1962, 7, 2), 'email': 'jon9@example.org'}


@pytest.fixture(scope='module')
def customer() -> EntityMatchSpec:
    """The specification of the sample customers."""
    spec = parse_entity_match(json.loads(CUSTOMER.read_bytes()), Findings('Customer-entitymatch.json'))
    assert spec is not None
    return spec


def test_contributions_of_a_weighted_level_add_up_to_its_score(customer):
    level = explain(customer, MOLLY, {**MOLLY, 'firstname': 'Moly', 'addressstreet': '5 Pine Way'}).levels[0]
    assert level.score == pytest.approx(sum(item.contribution for item in level.fields)) == pytest.approx(0.9)
    assert [item.contribution for item in level.fields] == pytest.approx([0.3, 0.2, 0.0, 0.4])
    assert level.blocks == ('firstname[:1] + lastname[1:] + zip',) and level.matches
    assert level.fields[0].agreement.endswith('at least 0.85') and level.fields[2].agreement.endswith('below 0.85')


def test_bits_of_a_probabilistic_level_give_its_probability(customer):
    level = explain(customer, MOLLY, MARY).levels[2]
    stranger, housemate = (sum(getattr(item, name) for item in level.fields) + prior
                           for name, prior in zip(('contribution', 'against_housemate'), level.prior, strict=True))
    odds = 1 / (2 ** -stranger + 2 ** -housemate)
    assert level.score == pytest.approx(odds / (1 + odds), abs=1e-9)


def test_the_first_level_that_matches_decides(customer):
    explanation = explain(customer, MOLLY, MARY)
    assert [level.matches for level in explanation.levels] == [False, True, True]
    assert explanation.deciding is explanation.levels[1]
    text = '\n'.join(explanation_lines(explanation))
    assert 'Level 1: not compared' in text
    assert text.endswith('Level 2 matches them, with a score of 1.')


def test_a_member_of_the_household_is_told_apart_and_the_lines_say_why(customer):
    explanation = explain(customer, MOLLY, BROTHER)
    level = explanation.levels[2]
    assert explanation.deciding is None and level.blocks and level.score < 0.01
    by_field = {item.field: item for item in level.fields}
    assert by_field['phonenumber'].contribution > 10 > 4 > by_field['phonenumber'].against_housemate > 0
    assert by_field['customerdob'].against_housemate < 0
    lines = explanation_lines(explanation)
    assert any('bits against a housemate' in line for line in lines) and any('Jonathan' in line for line in lines)
    assert lines[-1].startswith('No level matches this pair')


def test_null_values_and_exchanged_names_are_called_what_they_are(customer):
    exchanged = {**MARY, 'firstname': 'Fengrove', 'lastname': 'Mary', 'email': None}
    fields = explain(customer, MARY, exchanged).levels[2].fields
    assert [item.agreement for item in fields[:3]] == [
        'exchanged with lastname', 'counted with the field it is exchanged with', 'equal']
    assert fields[4].agreement == 'missing' and fields[4].contribution == 0


def test_a_level_that_learns_its_weights_shows_how_fields_agree(customer):
    raw = json.loads(CUSTOMER.read_bytes())
    del raw['levels'][2]['weights']
    explanation = explain(parse_entity_match(raw, Findings('x')), MOLLY, MARY)
    level = explanation.levels[2]
    assert level.score is None and not level.matches
    assert [item.agreement for item in level.fields][:2] == ['differs', 'equal']
    assert any('learnt from each batch' in line for line in explanation_lines(explanation))
