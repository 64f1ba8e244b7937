"""Regular expressions with exponential running time are told from all others."""
from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.syntax.regex_backtracking import backtracking_problems, python_pattern_problems

HARMLESS = [
    '', r'[a-zA-Z]*', r'\d{5}(-\d{4})?', r'([a-z0-9]+\.)+[a-z]{2,}', r'^[\w.+-]+@[\w-]+\.[\w.-]+$',
    r'(\d{1,3}\.){3}\d{1,3}', r'(A|B)+', r'([A-Z][a-z]+ ?)+', r'.*foo.*', r'(\s*\w+\s*,)*', r'(\w+\s)*', r'[A-Z]{2,50}',
    r'(?i)policy-\d+', r'(\p{Alpha}+ )*', r'a|b', r'(?=.*\d)(?=.*[a-z]).{8,}', r'\Qa+b\E+', r'(\d{20})*',
    r'([A-Z]{2}\d{8,10};)*', r'(foo|bar|baz)*', r'(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}',
    r'(19|20)\d\d-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])', r'\(?\d{3}\)?[ -]?\d{3}-?\d{4}', r'[^"]*("[^"]*"[^"]*)*',
    r'(?x) (\d+ , # amount' '\n' r')* ', r'[a-z]++', r'(?s).*\r?\n?',
]
ENDLESS = [
    r'(a+)+', r'(a*)*b', r'(a|a)*', r'(a|aa)+', r'(a|b|ab)*', r'(\w+\s?)*', r'(x+x+)+y', r'(.*,)*', r'(a?b?)*',
    r'(.|\s)*x', r'(([a-z])+.)+[A-Z]([a-z])+$', r'^(([a-zA-Z0-9._-])+)*@', r'((b?|c?)a)*', r'(a{9}b|a{8}ab)*',
    # Counted repetitions, look-around, possessive ones, references, flags, and other ways to write a character.
    r'(a?){30}', r'(a{1,2}){30}', r'(\d+){10}', r'(?:a+){2,}', r'(?=(a+)+b)a', r'([a-z]+)*+', r'(a)(\1a)*',
    r'(?i)(a|A)*', r'(?x)(a |a)*', r'(\u0061|a)*', r'(\Qa\E|a)*', r'(a|[\x61])*', r'(\pL|a)*', r'(\R|\n)*',
]


@pytest.mark.parametrize('pattern', HARMLESS)
def test_a_pattern_whose_time_is_bounded_is_accepted(pattern):
    assert list(backtracking_problems(pattern)) == []


@pytest.mark.parametrize('pattern', ENDLESS)
def test_a_pattern_whose_time_grows_exponentially_is_refused(pattern):
    assert [problem.partition(', because')[0] for problem in backtracking_problems(pattern)] == [
        f'pattern {pattern!r} could keep a job busy for ever']


@pytest.mark.parametrize('pattern', ['x{2,5}' * 500, '(' * 200 + 'a' + ')' * 200, f'({"|".join("abc" * 60)})*'])
def test_a_pattern_too_large_to_be_checked_is_refused_in_time(pattern):
    assert len(list(backtracking_problems(pattern))) == 1


@pytest.mark.parametrize('pattern', [
    r'(?P<policy_no>\d+)-(?P=policy_no)', r'((a)+)+(?(1)b|c)', r'(\(?P<)+', '(a{,2})+'])
def test_a_pattern_of_python_is_accepted_when_it_is_harmless_or_java_does_not_know_it(pattern):
    assert list(python_pattern_problems(pattern)) == []


@pytest.mark.parametrize('pattern', [r'(?P<a_b>a+)+', r'(?P<a>a)((?P=a)a*)*'])
def test_an_endless_pattern_of_python_is_refused_as_it_is_written(pattern):
    problem, = python_pattern_problems(pattern)
    assert problem.startswith(f'pattern {pattern!r} could keep a job busy for ever')


# A pattern as a tree: a letter, or an operator and its parts; `text` writes it and `ways` counts how it matches.
TREES = st.recursive(st.sampled_from('ab'), lambda inner: st.one_of(
    st.tuples(st.just('then'), inner, inner), st.tuples(st.just('or'), inner, inner),
    st.tuples(st.sampled_from(['many', 'maybe']), inner)), max_leaves=5)


def text(tree) -> str:
    if isinstance(tree, str):
        return tree
    kind, *parts = tree
    first, *rest = map(text, parts)
    return {'then': f'{first}{"".join(rest)}', 'or': f'(?:{first}|{"".join(rest)})', 'many': f'(?:{first})*',
            'maybe': f'(?:{first})?'}[kind]


def ways(tree, value: str) -> int:
    """Return in how many ways a backtracking matcher can consume beginnings of a value."""
    @cache
    def ends(tree, start: int) -> Counter[int]:
        if isinstance(tree, str):
            return Counter({start + 1: 1} if value.startswith(tree, start) else {})
        kind, *parts = tree
        if kind == 'or':
            return ends(parts[0], start) + ends(parts[1], start)
        if kind == 'maybe':
            return ends(parts[0], start) + Counter({start: 1})
        if kind == 'then':
            return sum((times(ends(parts[1], middle), count) for middle, count in ends(parts[0], start).items()),
                       Counter())
        # A matcher of Java ends a repetition at once when a round consumes nothing.
        rounds = {middle: count for middle, count in ends(parts[0], start).items() if middle > start}
        return sum((times(ends(tree, middle), count) for middle, count in rounds.items()), Counter({start: 1}))

    def times(counts: Counter[int], factor: int) -> Counter[int]:
        return Counter({end: count * factor for end, count in counts.items()})
    return sum(ends(tree, 0).values())


@given(tree=TREES)
@settings(max_examples=60, deadline=None)
def test_an_accepted_pattern_has_few_ways_to_match_however_long_the_value(tree):
    if not list(backtracking_problems(text(tree))):
        for word in (''.join(letters) for length in (1, 2, 3) for letters in product('ab', repeat=length)):
            # Doubling the value multiplies an exponential number of ways by far more than any power with five letters.
            short, long = (ways(tree, word * (length // len(word))) for length in (30, 60))
            assert long <= short * 2 ** 5, (text(tree), word)
