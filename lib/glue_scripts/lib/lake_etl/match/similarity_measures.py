"""Similarity measures between 0 and 1 for texts, numbers, dates and places, as in the `recordlinkage` library."""
from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache, partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist

from lake_etl.config.match_field import Field

Similarities = NDArray[np.float64]
Texts = Sequence[str]
Measure = Callable[[Texts, Texts], Similarities]
GRAM = 2
MATCH, MISMATCH, GAP_START, GAP_CONTINUED = 5, -5, -5, -1
SHORTEST_COMMON = 2
REMEMBERED_VALUES = 50_000
Numbers = NDArray[np.float64]
Days = NDArray[np.datetime64]
EARTH_RADIUS_KM = 6371


def _by_rapidfuzz(scorer: Callable[..., float], left: Texts, right: Texts) -> Similarities:
    return np.asarray(cpdist(left, right, scorer=scorer, dtype=np.float64), dtype=np.float64)


def qgram(left: Texts, right: Texts) -> Similarities:
    """Return the number of common bigrams, divided by the number of bigrams in the longer text."""
    def similarity(one: Counter[str], other: Counter[str]) -> float:
        longer = max(one.total(), other.total())
        return (one & other).total() / longer if longer else 0.0
    return _of_grams(similarity, left, right)


def cosine(left: Texts, right: Texts) -> Similarities:
    """Return the cosine similarity of the bigram counts of two texts."""
    def similarity(one: Counter[str], other: Counter[str]) -> float:
        length = float(np.sqrt(_square(one) * _square(other)))
        return sum(count * other[gram] for gram, count in one.items()) / length if length else 0.0
    return _of_grams(similarity, left, right)


def _square(grams: Counter[str]) -> int:
    return sum(count * count for count in grams.values())


def _of_grams(similarity: Callable[[Counter[str], Counter[str]], float], left: Texts, right: Texts) -> Similarities:
    pairs = zip(left, right, strict=True)
    return np.fromiter((similarity(_grams(one), _grams(other)) for one, other in pairs), np.float64, len(left))


@lru_cache(REMEMBERED_VALUES)
def _grams(text: str) -> Counter[str]:
    """Count the bigrams of each word, padded with a space at both ends."""
    plain = ''.join(letter for letter in unicodedata.normalize('NFKD', text.lower())
                    if not unicodedata.combining(letter))
    words = (f' {word} ' for word in plain.split())
    return Counter(word[at:at + GRAM] for word in words for at in range(len(word) - GRAM + 1))


def smith_waterman(left: Texts, right: Texts) -> Similarities:
    """Return the score of the best local alignment, divided by that of two equal texts of their mean length.

    The matrices of all pairs are filled together, cell by cell; cells beyond the end of a text only lower scores.
    """
    ours, theirs = _letters(left, fill=-1), _letters(right, fill=-2)
    lengths = np.array([len(text) for text in left]) + np.array([len(text) for text in right])
    pairs, columns = len(left), theirs.shape[1]
    best = np.zeros(pairs)
    above = np.zeros((columns + 1, pairs))
    from_above = np.zeros((columns + 1, pairs), dtype=bool)
    for row in range(ours.shape[1]):
        current, gaps = np.zeros_like(above), np.zeros_like(from_above)
        from_left = np.zeros(pairs, dtype=bool)
        for at in range(1, columns + 1):
            diagonal = above[at - 1] + np.where(ours[:, row] == theirs[:, at - 1], MATCH, MISMATCH)
            down = above[at] + np.where(from_above[at], GAP_CONTINUED, GAP_START)
            across = current[at - 1] + np.where(from_left, GAP_CONTINUED, GAP_START)
            score = np.maximum(np.maximum(diagonal, down), np.maximum(across, 0))
            gaps[at], from_left = (score > 0) & (score == down), (score > 0) & (score == across)
            current[at] = score
            np.maximum(best, score, out=best)
        above, from_above = current, gaps
    return np.asarray(2 * best / np.maximum(lengths * MATCH, 1))


def _letters(texts: Texts, fill: int) -> NDArray[np.int32]:
    """Return a row of code points for each text, padded to the length of the longest."""
    width = max(map(len, texts), default=0)
    letters = np.full((len(texts), width), fill, dtype=np.int32)
    for row, text in enumerate(texts):
        letters[row, :len(text)] = [ord(letter) for letter in text]
    return letters


def longest_common_substrings(left: Texts, right: Texts) -> Similarities:
    """Return the share of letters in common substrings, which are removed one by one, longest first.

    This is the mean over both orders of a pair, because the first of several longest substrings is taken.
    """
    def similarity(one: str, other: str) -> float:
        common = _common(one, other) + _common(other, one)
        return common / (len(one) + len(other)) if one and other else 0.0
    return np.fromiter(map(similarity, left, right), np.float64, len(left))


def _common(one: str, other: str) -> int:
    total = 0
    while min(len(one), len(other)) >= SHORTEST_COMMON:
        found = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
        if found.size < SHORTEST_COMMON:
            break
        total += found.size
        one = one[:found.a] + one[found.a + found.size:]
        other = other[:found.b] + other[found.b + found.size:]
    return total


MEASURES: Mapping[str, Measure] = MappingProxyType({
    'jaro': partial(_by_rapidfuzz, Jaro.similarity),
    'jarowinkler': partial(_by_rapidfuzz, JaroWinkler.similarity),
    'levenshtein': partial(_by_rapidfuzz, Levenshtein.normalized_similarity),
    'damerau_levenshtein': partial(_by_rapidfuzz, DamerauLevenshtein.normalized_similarity),
    'qgram': qgram,
    'cosine': cosine,
    'smith_waterman': smith_waterman,
    'lcs': longest_common_substrings,
})


def by_distance(field: Field, distance: Numbers) -> Numbers:
    """Return the similarity for each distance, by the method of the field.

    It is 1 at `origin` and one half at `scale` beyond the offset. NaN stays NaN.
    """
    beyond = np.maximum(np.abs(distance - field.origin) - field.offset, 0) / field.scale
    with np.errstate(over='ignore'):
        if field.measure == 'step':
            return np.where(np.isnan(beyond), np.nan, (beyond == 0).astype(np.float64))
        if field.measure == 'exp':
            return np.asarray(2.0 ** -beyond)
        if field.measure == 'gauss':
            return np.asarray(2.0 ** -(beyond ** 2))
        nearness = 1 - beyond ** 2 / 2 if field.measure == 'squared' else 1 - beyond / 2
    return np.maximum(nearness, 0)


def kilometres(latitude: Numbers, longitude: Numbers, other_latitude: Numbers, other_longitude: Numbers) -> Numbers:
    """Return the great-circle distances in kilometres between places in degrees, by the haversine formula."""
    south, north = np.deg2rad(latitude), np.deg2rad(other_latitude)
    half_chord = (np.sin((north - south) / 2) ** 2
                  + np.cos(south) * np.cos(north) * np.sin(np.deg2rad(other_longitude - longitude) / 2) ** 2)
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half_chord, 1))))


def by_date(field: Field, left: Days, right: Days) -> Numbers:
    """Return 1 for equal dates, and less if month and day are swapped or a month is confused with another."""
    year, month, day = _parts(left)
    other_year, other_month, other_day = _parts(right)
    similarity = np.zeros(len(left))
    same_year = year == other_year
    for confused, instead, value in field.swap_months:
        similarity[same_year & (day == other_day) & (month == confused) & (other_month == instead)] = value
    if field.swap_month_day:
        similarity[same_year & (month == other_day) & (day == other_month)] = field.swap_month_day
    similarity[left == right] = 1
    return similarity


def _parts(days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return years, months and days of the month."""
    months = days.astype('datetime64[M]')
    year = days.astype('datetime64[Y]').astype(np.int64)
    month = months.astype(np.int64) - year * 12
    return year, month + 1, (days - months.astype('datetime64[D]')).astype(np.int64) + 1
