"""Which entities become one person, compared with a slow plain computation, and what must never happen."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.match import clustering

ENTITIES, PEOPLE, LEVELS = 'abcdefghij', 'PQRS', 4
SCORES = st.sampled_from([0.5, 0.8, 0.8000001, 0.9, 1.0])
KNOWN = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ENTITIES), st.integers(0, LEVELS - 1), SCORES),
                 max_size=12)
PAIRS = st.lists(st.tuples(st.sampled_from(ENTITIES), st.sampled_from(ENTITIES), st.integers(0, LEVELS - 1), SCORES)
                 .filter(lambda pair: pair[0] != pair[1]), max_size=40).map(
    lambda pairs: [(min(one, other), max(one, other), level, score) for one, other, level, score in
                   {pair[:3]: pair for pair in pairs}.values()])


@dataclass
class Person:
    """A person of the plain reckoning: its members, and its global id where it is known."""

    members: set[str]
    known: str | None = None
    is_old: bool = False


def plain(known, pairs, levels=LEVELS):
    """Return what `clustering` should: the person of each entity, one set operation at a time."""
    persons = {entity: Person({entity}) for entity in ENTITIES}
    people = {name: Person(set(), name, True) for name in PEOPLE}

    def unite(one, other):
        both = Person(one.members | other.members, one.known or other.known, one.is_old or other.is_old)
        for entity in both.members:
            persons[entity] = both
        if both.known:
            people[both.known] = both
    for level in range(levels):
        for person in {id(person): person for person in persons.values()}.values():
            person.is_old = len(person.members) > 1 or person.known is not None
        single = {entity for entity in ENTITIES if not persons[entity].is_old}
        for _, name, entity in sorted((-score, name, entity) for name, entity, at, score in known if at == level):
            if entity in single and persons[entity].known is None:
                unite(people[name], persons[entity])
        for _, one, other in sorted((-score, one, other) for one, other, at, score in pairs if at == level):
            first, second = persons[one], persons[other]
            if first is not second and not (first.is_old and second.is_old):
                unite(first, second)
    return {entity: (person.known, min(person.members) if person.known is None else None)
            for entity, person in persons.items()}


def computed(known, pairs, tasks=1):
    """Return the same by the code that Spark's workers run, the pairs spread over so many tasks."""
    names = ('a', 'b', 'level', 'score')
    frames = [pa.RecordBatch.from_pylist([dict(zip(names, pair, strict=True)) | {'known': False}
                                          for pair in pairs[task::tasks]], clustering.LINKS) for task in range(tasks)]
    links = [batch for frame in frames for batch in clustering.spanning_links([frame])]
    best = {}
    for name, entity, level, score in known:
        best[entity, level] = min(best.get((entity, level), (0.0, 'Z')), (-score, name))
    rows = [{'a': name, 'b': entity, 'level': level, 'score': -score, 'known': True}
            for (entity, level), (score, name) in best.items()]
    links.append(pa.RecordBatch.from_pylist(rows, clustering.LINKS))
    result = {entity: (None, entity) for entity in ENTITIES}
    for batch in clustering._grown(links[::-1]):
        for row in batch.to_pylist():
            result[row['entity']] = (row['global_id'], None if row['global_id'] else row['root'])
            assert (row['level'] is None) == (row['score'] is None)
            alone = row['global_id'] is None and not any(
                other['root'] == row['root'] and other['global_id'] is None and other is not row
                for other in batch.to_pylist() if other['entity'] != row['entity'])
            assert alone == (row['level'] is None)
    return result


@settings(max_examples=600, deadline=None)
@given(known=KNOWN, pairs=PAIRS, tasks=st.integers(1, 4), shuffle=st.randoms(use_true_random=False))
def test_persons_are_those_of_the_plain_reckoning_in_whatever_order_and_tasks(known, pairs, tasks, shuffle):
    expected = plain(known, pairs)
    assert computed(known, pairs) == expected
    shuffle.shuffle(known), shuffle.shuffle(pairs)
    assert computed(known, pairs, tasks) == expected


@settings(max_examples=400, deadline=None)
@given(known=KNOWN, pairs=PAIRS, level=st.integers(1, LEVELS - 1))
def test_persons_that_earlier_levels_have_made_stay_whole_and_apart(known, pairs, level):
    def until(number):
        return computed([link for link in known if link[2] < number], [pair for pair in pairs if pair[2] < number])
    before, after = until(level), until(LEVELS)
    sizes = {person: list(before.values()).count(person) for person in before.values()}
    old = {entity: person for entity, person in before.items() if person[0] or sizes[person] > 1}
    becomes = {person: {after[entity] for entity in old if old[entity] == person} for person in old.values()}
    assert all(len(persons) == 1 for persons in becomes.values()), 'torn apart'
    assert len({next(iter(persons)) for persons in becomes.values()}) == len(becomes), 'united'


@settings(max_examples=300, deadline=None)
@given(pairs=PAIRS.map(lambda pairs: [(one, other, 0, score) for one, other, _, score in pairs]))
def test_within_one_level_everything_that_hangs_together_is_one_person(pairs):
    expected = {entity: entity for entity in ENTITIES}
    for _ in ENTITIES:
        for one, other, *_ in pairs:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert {entity: root for entity, (_, root) in computed([], pairs).items()} == expected


@settings(max_examples=200, deadline=None)
@given(pairs=PAIRS)
def test_a_forest_connects_what_the_pairs_connect_and_has_no_pair_too_many(pairs):
    left, right = (np.array([ENTITIES.index(pair[end]) for pair in pairs], dtype=np.int64) for end in (0, 1))
    parts = list(range(len(ENTITIES)))
    expected = []
    for position, (one, other) in enumerate(zip(left, right, strict=True)):
        if parts[one] != parts[other]:
            expected.append(position)
            parts = [parts[one] if part == parts[other] else part for part in parts]
    assert clustering.spanning_forest(left, right, len(ENTITIES)).tolist() == expected


def test_a_chain_of_single_entities_between_two_known_persons_is_cut_at_its_weakest_pair():
    known = [('P', 'a', 0, 0.9), ('Q', 'd', 0, 0.9)]
    chain = [('a', 'b', 1, 0.9), ('b', 'c', 1, 0.8), ('c', 'd', 1, 0.85)]
    found = computed(known, chain)
    assert [found[entity][0] for entity in 'abcd'] == ['P', 'P', 'Q', 'Q']


def test_a_household_with_one_row_without_a_birth_date_stays_two_persons_and_the_row_joins_the_better_match():
    rows = [('a', 'b', 0, 1.0), ('c', 'd', 0, 1.0)]
    links = [('a', 'e', 1, 0.8), ('b', 'e', 1, 0.8), ('c', 'e', 1, 0.9), ('d', 'e', 1, 0.8)]
    found = computed([], rows + links)
    assert found['a'] == found['b'] and found['c'] == found['d'] == found['e'] != found['a']
