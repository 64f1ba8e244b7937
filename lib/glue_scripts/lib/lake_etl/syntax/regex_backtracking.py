"""Finds regular expressions that could keep a job busy for ever: matching takes time exponential in a value's length.

A backtracking matcher tries every way in which a pattern can consume a text. The number of ways grows exponentially
exactly if a state of the pattern's automaton can return to itself by two ways over the same text. Such states are
searched for in the automaton of Glushkov, whose states are the characters of the pattern. What an automaton cannot
express (possessive repetitions, references, unusual classes) is replaced by something that consumes at least as much:
no such pattern is overlooked, and a few harmless ones are refused.
"""
from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from lake_etl.syntax.java_regex import regex_problems
from lake_etl.syntax.regex_automaton import Automaton, TooLarge

MOST_STEPS = 200_000
# How Python alone writes a named group and a reference to one; an escaped character is passed over.
PYTHON_NAME = re.compile(r'(\\.)|(\(\?P<\w+>)|\(\?P=\w+\)', re.DOTALL)
Pair = tuple[int, int]


def java_pattern_problems(pattern: str, groups: int = 0) -> Iterator[str]:
    """Yield why a text is no regular expression of Java, has too few groups, or could keep a job busy for ever."""
    mistakes = tuple(regex_problems(pattern, groups))
    yield from mistakes or backtracking_problems(pattern)


def python_pattern_problems(pattern: str, groups: int = 0) -> Iterator[str]:
    """Yield the same for a regular expression of Python.

    One with parts that Java does not know, such as conditions on groups, is not checked for endless backtracking.
    """
    try:
        found = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        yield f'pattern {pattern!r} is no regular expression: {error}'
        return
    if found < groups:
        yield f'pattern {pattern!r} has no group, expected parentheses around the part to take'
    java = PYTHON_NAME.sub(_java_name, pattern)
    if not any(regex_problems(java)):
        yield from (problem.replace(repr(java), repr(pattern)) for problem in backtracking_problems(java))


def _java_name(found: re.Match[str]) -> str:
    return found[1] or ('(' if found[2] else r'\1')


def backtracking_problems(pattern: str) -> Iterator[str]:
    """Yield why a pattern, which must be a regular expression of Java, may take exponential time to be matched."""
    try:
        automaton = Automaton(pattern)
        dangerous = automaton.repeats_nothing_often or _has_two_ways_round(automaton)
    except TooLarge:
        yield f'pattern {pattern!r} is too large to be checked for endless backtracking'
        return
    if dangerous:
        yield (f'pattern {pattern!r} could keep a job busy for ever, because its repetitions can share out one text in '
               'many ways; let no repetition stand directly in another one, and begin the alternatives in a repetition '
               'with different characters')


def _has_two_ways_round(automaton: Automaton) -> bool:
    """Tell whether a state can return to itself by two different ways over the same text."""
    edges = _edges_on_circles(automaton.follow, len(automaton.characters))
    if any(ways > 1 for ways in edges.values()):
        return True
    after: defaultdict[int, list[int]] = defaultdict(list)
    for origin, target in edges:
        after[origin].append(target)
    before = _pairs_from_equal_states(after, automaton.characters)
    waiting = [pair for pair in before if pair[0] == pair[1]]
    seen = set(waiting)
    while waiting:
        for pair in before[waiting.pop()] - seen:
            if pair[0] != pair[1]:
                return True
            seen.add(pair)
            waiting.append(pair)
    return False


def _edges_on_circles(follow: Counter[Pair], states: int) -> dict[Pair, int]:
    """Return the edges from whose end a way leads back to their beginning; sets of states are the bits of numbers."""
    reached = [0] * states
    for origin, target in follow:
        reached[origin] |= 1 << target
    for middle in range(states):
        for origin in range(states):
            if reached[origin] >> middle & 1:
                reached[origin] |= reached[middle]
    return {(origin, target): ways for (origin, target), ways in follow.items() if reached[target] >> origin & 1}


def _pairs_from_equal_states(after: dict[int, list[int]], characters: list[int]) -> dict[Pair, set[Pair]]:
    """Return the pairs of states that two walks from one state over the same text can reach, and the pairs before."""
    before: defaultdict[Pair, set[Pair]] = defaultdict(set)
    waiting: list[Pair] = [(state, state) for state in after]
    seen = set(waiting)
    steps = 0
    while waiting:
        pair = waiting.pop()
        for one in after[pair[0]]:
            for other in after[pair[1]]:
                steps += 1
                if not characters[one] & characters[other]:
                    continue
                following = (min(one, other), max(one, other))
                before[following].add(pair)
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        if steps > MOST_STEPS:
            raise TooLarge
    return before
