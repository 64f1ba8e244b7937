"""Defines the twenty rules of the quality benchmark, for the lake and for other Python libraries."""
from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Rule:
    """A rule of the lake and its equivalents in other libraries.

    cuallee      adds it to a check; means and the like compare by =, which costs the same
    expectation  name and arguments of that of Great Expectations; None where it has none
    """

    text: str
    cuallee: Callable[[Any], Any]
    expectation: tuple[str, dict[str, Any]] | None


def _complete(name: str) -> Rule:
    return Rule(f'IsComplete "{name}"', lambda check: check.is_complete(name),
                ('ExpectColumnValuesToNotBeNull', {'column': name}))


def _matching(name: str, pattern: str) -> Rule:
    return Rule(f'ColumnValues "{name}" matches "{pattern}"', lambda check: check.has_pattern(name, f'^{pattern}$'),
                ('ExpectColumnValuesToMatchRegex', {'column': name, 'regex': f'^{pattern}$'}))


def _at_least_nothing(name: str) -> Rule:
    return Rule(f'ColumnValues "{name}" >= 0', lambda check: check.is_greater_or_equal_than(name, 0),
                ('ExpectColumnValuesToBeBetween', {'column': name, 'min_value': 0}))


RULES = (
    *map(_complete, ('PolicyNumber', 'EffDate', 'LineOfBusinessCode', 'InsuredStateCode', 'WrittenPremiumAmount')),
    Rule('Completeness "InsuredContactEmail" > 0.5', lambda check: check.is_complete('InsuredContactEmail', 0.5),
         ('ExpectColumnValuesToNotBeNull', {'column': 'InsuredContactEmail', 'mostly': 0.5})),
    Rule('IsUnique "PolicyNumber" "StartDate"', lambda check: check.is_composite_key(('PolicyNumber', 'StartDate')),
         ('ExpectCompoundColumnsToBeUnique', {'column_list': ['PolicyNumber', 'StartDate']})),
    _matching('InsuredStateCode', '[A-Z]{2}'),
    _matching('PolicyNumber', '[A-Z]{2}[0-9]{7}'),
    Rule('ColumnValues "NewOrRenewal" in ["New", "Renewal"]',
         lambda check: check.is_contained_in('NewOrRenewal', ('New', 'Renewal')),
         ('ExpectColumnValuesToBeInSet', {'column': 'NewOrRenewal', 'value_set': ['New', 'Renewal']})),
    Rule('ColumnValues "PolicyInForce" in [0, 1]', lambda check: check.is_contained_in('PolicyInForce', (0, 1)),
         ('ExpectColumnValuesToBeInSet', {'column': 'PolicyInForce', 'value_set': [0, 1]})),
    _at_least_nothing('WrittenPremiumAmount'),
    _at_least_nothing('EarnedPremium'),
    Rule('ColumnValues "InsuredAnnualRevenue" > 0', lambda check: check.is_positive('InsuredAnnualRevenue'),
         ('ExpectColumnValuesToBeBetween', {'column': 'InsuredAnnualRevenue', 'min_value': 0, 'strict_min': True})),
    Rule('ColumnValues "InsuredNumberOfEmployees" between 0 and 1000000',
         lambda check: check.is_between('InsuredNumberOfEmployees', (0, 1000000)),
         ('ExpectColumnValuesToBeBetween', {'column': 'InsuredNumberOfEmployees', 'min_value': 0,
                                            'max_value': 1000000})),
    Rule('Mean "WrittenPremiumAmount" > 0', lambda check: check.has_mean('WrittenPremiumAmount', 0),
         ('ExpectColumnMeanToBeBetween', {'column': 'WrittenPremiumAmount', 'min_value': 0})),
    Rule('Sum "EarnedPremium" > 0', lambda check: check.has_sum('EarnedPremium', 0),
         ('ExpectColumnSumToBeBetween', {'column': 'EarnedPremium', 'min_value': 0})),
    Rule('StandardDeviation "WrittenPremiumAmount" > 0', lambda check: check.has_std('WrittenPremiumAmount', 0),
         ('ExpectColumnStdevToBeBetween', {'column': 'WrittenPremiumAmount', 'min_value': 0})),
    Rule('DistinctValuesCount "LineOfBusinessCode" > 1', lambda check: check.has_cardinality('LineOfBusinessCode', 6),
         ('ExpectColumnUniqueValueCountToBeBetween', {'column': 'LineOfBusinessCode', 'min_value': 2})),
    Rule('Entropy "InsuredStateCode" > 0', lambda check: check.has_entropy('InsuredStateCode', 1.0), None),
)


def rivals(df: DataFrame) -> dict[str, Callable[[], None]]:
    """Return what evaluates the rules on the frame by each library that is installed, by its name."""
    found: dict[str, Callable[[], None]] = {}
    if importlib.util.find_spec('cuallee'):
        found['cuallee'] = partial(_by_cuallee, df)
    if importlib.util.find_spec('great_expectations'):
        found |= {'Great Expectations': partial(_by_great_expectations, df, 'SUMMARY'),
                  'its yes or no': partial(_by_great_expectations, df, 'BOOLEAN_ONLY')}
    return found


def _by_cuallee(df: DataFrame) -> None:
    from cuallee import Check, CheckLevel
    check = Check(CheckLevel.WARNING, 'policies')
    for rule in RULES:
        rule.cuallee(check)
    check.validate(df).collect()


def _by_great_expectations(df: DataFrame, result: str) -> None:
    os.environ |= {'GX_ANALYTICS_ENABLED': 'false', 'TQDM_DISABLE': '1'}
    import great_expectations as library
    from great_expectations import expectations
    suite = library.ExpectationSuite('policies', expectations=[
        getattr(expectations, rule.expectation[0])(**rule.expectation[1]) for rule in RULES if rule.expectation])
    source = library.get_context(mode='ephemeral').data_sources.add_spark('spark', persist=False)
    batches = source.add_dataframe_asset('policies').add_batch_definition_whole_dataframe('all')
    found = batches.get_batch({'dataframe': df}).validate(suite, result_format=result)
    assert len(found.results) == len(suite.expectations), 'an expectation was left out'
