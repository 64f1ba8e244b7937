"""Clusters entities into persons level by level; no level merges two persons that existed before it.

A person is a known entity, or several entities that an earlier level has united. All other entities are single. At each
level a single entity joins the known person that it matches best. The remaining single entities join each other and
persons, best pairs first, unless a pair would merge two persons.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]
UNASSIGNED = -1
LINKS = pa.schema([('a', pa.string()), ('b', pa.string()), ('level', pa.int32()), ('score', pa.float64()),
                   ('known', pa.bool_())])
CLUSTERS = pa.schema([('entity', pa.string()), ('global_id', pa.string()), ('root', pa.string()), ('level', pa.int32()),
                      ('score', pa.float64())])
LINKS_SQL = 'a string, b string, level int, score double, known boolean'
CLUSTERS_SQL = 'entity string, global_id string, root string, level int, score double'


def cluster_links(links: DataFrame) -> DataFrame:
    """Return `entity`, `global_id` or `root`, `level` and `score` of all entities of the links.

    links  `a`, `b`, `level`, `score` and `known`: the entity b matches the known person a, a global id, or the entity a

    `root` is the smallest entity of a person that is not known. `level` and `score` are those of the pair by which an
    entity joined, or null for a single entity. This runs in one task, without collecting anything on the driver.
    """
    return links.select('a', 'b', 'level', 'score', 'known').repartition(1).mapInArrow(_grown, CLUSTERS_SQL)


def spanning_links(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return those of the links between entities that determine the clusters: at most one for each entity and level.

    The others connect entities that better links of the same level connect already.
    """
    found = [batch for batch in batches if batch.num_rows]
    if not found:
        return
    table = pa.Table.from_batches(found).combine_chunks()
    members, (left, right) = _numbered(table['a'], table['b'])
    levels, scores = table['level'].to_numpy(), table['score'].to_numpy()
    best = _best_first(left, right, scores)
    for level in np.unique(levels):
        chosen = best[levels[best] == level]
        needed = chosen[spanning_forest(left[chosen], right[chosen], len(members))]
        yield from table.take(pa.array(needed)).to_batches()


def _grown(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    found = [batch for batch in batches if batch.num_rows]
    if not found:
        return
    table = pa.Table.from_batches(found).cast(LINKS)
    known = table.filter(table['known'])
    pairs = table.filter(pc.invert(table['known']))
    members, (known_ends, left, right) = _numbered(known['b'], pairs['a'], pairs['b'])
    people, (persons,) = _numbered(known['a'])
    clusters = cluster(len(members), Links(persons, known_ends, *_measures(known)),
                       Links(left, right, *_measures(pairs)))
    is_unknown = pa.array(clusters.person == UNASSIGNED)
    ids = people.take(pa.array(np.maximum(clusters.person, 0))) if len(people) else pa.nulls(len(members), pa.string())
    alone = pa.array(clusters.level == UNASSIGNED)
    yield pa.record_batch([
        members, pc.if_else(is_unknown, None, ids), members.take(pa.array(clusters.root)),
        pc.if_else(alone, None, pa.array(clusters.level.astype(np.int32))),
        pc.if_else(alone, None, pa.array(clusters.score))], schema=CLUSTERS)


def _numbered(*columns: pa.ChunkedArray) -> tuple[pa.Array, tuple[Numbers, ...]]:
    """Return the sorted distinct texts of all columns, and each column as positions in them."""
    arrays = [column.combine_chunks().cast(pa.string()) for column in columns]
    texts = pc.unique(pa.concat_arrays(arrays))
    texts = texts.take(pc.sort_indices(texts))
    return texts, tuple(pc.index_in(array, texts).to_numpy(zero_copy_only=False).astype(np.int64) for array in arrays)


def _measures(table: pa.Table) -> tuple[Numbers, Scores]:
    return table['level'].to_numpy().astype(np.int64), table['score'].to_numpy()


@dataclass(frozen=True)
class Links:
    """Matching pairs: the numbers of both ends, the level, and the score."""

    left: Numbers
    right: Numbers
    level: Numbers
    score: Scores

    def take(self, chosen: NDArray[np.bool_] | Numbers) -> Links:
        """Return the chosen links, by mask or position."""
        return Links(self.left[chosen], self.right[chosen], self.level[chosen], self.score[chosen])


@dataclass
class Clusters:
    """The cluster of each entity after the levels so far.

    person  number of the known person, or UNASSIGNED
    root    smallest number among the entities of the same unknown person; its own for a single entity
    level   level at which it joined others, or UNASSIGNED
    score   best score of the pairs by which it joined
    """

    person: Numbers
    root: Numbers
    level: Numbers
    score: Scores

    @property
    def is_single(self) -> NDArray[np.bool_]:
        """Tell which entities are still single."""
        single: NDArray[np.bool_] = self.level == UNASSIGNED
        return single

    def join(self, entities: Numbers, level: int, scores: Scores) -> None:
        """Record the level and scores at which entities joined others."""
        self.level[entities] = level
        self.score[entities] = scores


def cluster(count: int, known: Links, pairs: Links) -> Clusters:
    """Return the clusters of `count` entities.

    known  links from the number of a known person (`left`) to a matching entity (`right`)
    pairs  links between entities, the smaller number on the left

    The order of the links makes no difference: with equal scores the smaller numbers come first.
    """
    clusters = Clusters(np.full(count, UNASSIGNED), np.arange(count), np.full(count, UNASSIGNED), np.zeros(count))
    for level in np.unique(np.concatenate([known.level, pairs.level])).tolist():
        _join_known(clusters, known.take(known.level == level), level)
        _join_others(clusters, pairs.take(pairs.level == level), level)
    roots = np.full(count, count)
    np.minimum.at(roots, clusters.root, np.arange(count))
    clusters.root = roots[clusters.root]
    return clusters


def _join_known(clusters: Clusters, links: Links, level: int) -> None:
    """Assign single entities to the known persons that they match best."""
    links = links.take(clusters.is_single[links.right])
    links = links.take(_best_first(links.left, links.right, links.score))
    entities, first = np.unique(links.right, return_index=True)
    clusters.person[entities] = links.left[first]
    clusters.join(entities, level, links.score[first])


def _join_others(clusters: Clusters, links: Links, level: int) -> None:
    """Join single entities with each other and with persons, best pairs first, without merging two persons."""
    links = links.take(clusters.is_single[links.left] | clusters.is_single[links.right])
    links = links.take(_best_first(links.left, links.right, links.score))
    count = len(clusters.person)
    # Known persons are numbered after the entities, and the node that stands for all persons comes last.
    identity = np.where(clusters.person == UNASSIGNED, clusters.root, clusters.person + count)
    size = count + int(clusters.person.max(initial=UNASSIGNED)) + 1
    with_persons_as_one = np.where(clusters.is_single, identity, size)
    links = links.take(spanning_forest(with_persons_as_one[links.left], with_persons_as_one[links.right], size + 1))
    ends = np.concatenate([links.left, links.right])
    if not len(ends):
        return
    united = connected_components(identity[links.left], identity[links.right], size)
    person = np.full(size, UNASSIGNED)
    old = ends[~clusters.is_single[ends]]
    person[united[identity[old]]] = identity[old]
    joining = np.unique(ends[clusters.is_single[ends]])
    lowest = united[joining]
    target = np.where(person[lowest] == UNASSIGNED, lowest, person[lowest])
    best = np.full(count, -np.inf)
    np.maximum.at(best, ends, np.concatenate([links.score, links.score]))
    clusters.person[joining] = np.where(target >= count, target - count, UNASSIGNED)
    clusters.root[joining] = np.where(target >= count, joining, target)
    clusters.join(joining, level, best[joining])


def _best_first(left: Numbers, right: Numbers, scores: Scores) -> Numbers:
    """Return the positions of the links ordered by score, best first, then by number."""
    return np.lexsort((right, left, -scores))


def spanning_forest(left: Numbers, right: Numbers, count: int) -> Numbers:
    """Return the positions of the pairs of the minimum spanning forest; earlier pairs take precedence.

    In each round every component joins another by its earliest pair (Borůvka, 1926), so rounds are few.
    """
    part = np.arange(count)
    needed = np.zeros(len(left), dtype=bool)
    positions = np.arange(len(left))
    while True:
        one, other = part[left[positions]], part[right[positions]]
        apart = one != other
        positions, one, other = positions[apart], one[apart], other[apart]
        if not len(positions):
            return np.flatnonzero(needed)
        earliest = np.full(count, len(left))
        np.minimum.at(earliest, one, positions)
        np.minimum.at(earliest, other, positions)
        chosen = np.unique(earliest[earliest < len(left)])
        needed[chosen] = True
        part = connected_components(part[left[chosen]], part[right[chosen]], count)[part]


def connected_components(left: Numbers, right: Numbers, count: int) -> Numbers:
    """Return the lowest number in the connected component of each number below `count`.

    Labels propagate along the pairs of `left` and `right` and along the labels themselves, so the steps are few even
    for long chains (FastSV by Zhang, Azad and Hu, 2020).
    """
    labels = np.arange(count)
    while True:
        before = labels.copy()
        lowest = np.minimum(before[left], before[right])
        for end in (left, right):
            np.minimum.at(labels, before[end], lowest)
            np.minimum.at(labels, end, lowest)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
        if np.array_equal(before, labels):
            return labels
