"""Ranges of characters in patterns: the lake refuses exactly those that Java refuses."""
from __future__ import annotations

import random

import pytest
from pyspark.errors import IllegalArgumentException

from lake_etl.syntax.regex_backtracking import java_pattern_problems

PIECES = ('a', 'z', 'A', '-', '-', '-', '}', '{', '~', '.', r'\d', r'\w', r'\-', '0', '9', '^', ' ')


def java_refuses_a_range(spark, pattern: str) -> bool:
    try:
        spark.sparkContext._jvm.java.util.regex.Pattern.compile(pattern)
    except IllegalArgumentException as error:
        return 'Illegal character range' in str(error)
    return False


def test_a_range_is_refused_exactly_when_java_refuses_it(spark):
    draw = random.Random(7)
    patterns = {f'[{"".join(draw.choices(PIECES, k=draw.randint(1, 6)))}]' for _ in range(1500)}
    refused = {pattern for pattern in patterns if 'must go from a lower' in ''.join(java_pattern_problems(pattern))}
    by_java = {pattern for pattern in patterns if java_refuses_a_range(spark, pattern)}
    assert len(by_java) > 100 and refused == by_java


@pytest.mark.parametrize('pattern', ['[}-Z]{2}', '[^z-a]', '([b-a]|x)+'])
def test_a_range_from_a_higher_to_a_lower_character_is_told(pattern):
    problem, = java_pattern_problems(pattern)
    assert 'from a lower to a higher character' in problem
