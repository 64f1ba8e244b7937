"""Finds mistakes in a rule that is grammatically correct: in what its type accepts, and in its SQL and patterns."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, available_timezones

from lake_etl.dqdl.quoting import quoted_code
from lake_etl.dqdl.rule_types import RULE_TYPES, RuleType, list_names, rule_type
from lake_etl.dqdl.syntax_tree import Family, Keyword, Number, Rule, Text
from lake_etl.dqdl.token_reader import TokenReader
from lake_etl.syntax.records import suggestion
from lake_etl.syntax.regex_backtracking import java_pattern_problems
from lake_etl.syntax.sql_files import split_statements
from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree, syntax_trees

FAMILY_EXAMPLES: dict[Family, str] = {
    'number': 'a number (> 0.9)', 'string': 'a text (= "a")', 'date': 'a date (> (now() - 3 days))',
    'duration': 'a duration (<= 3 days)', 'size': 'a size (> 1 KB)'}
TAGS = ('threshold', 'format', 'timeZone', 'hashAlgorithm')
SIMPLE_TYPES = ('Boolean', 'Date', 'Timestamp', 'Integer', 'Double', 'Float', 'Long')
DECIMAL_TYPE = re.compile(r'decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)', re.IGNORECASE | re.ASCII)
DATE_FORMATS = tuple(form.replace('-', separator) for separator in '-/' for form in (
    'dd-MM-yyyy', 'MM-dd-yyyy', 'yyyy-MM-dd', 'MM-yyyy', 'yyyy-MM', 'dd-MM', 'MM-dd'))
ZONE_OFFSET = re.compile(r'(?:UTC|GMT)?[+-]\d\d?(?::\d\d)?|Z', re.ASCII)
AGGREGATE = re.compile(r'(?:sum|avg)\s*\(([^()]+)\)', re.IGNORECASE)
Complaint = tuple[int, str, str]


def condition_problems(code: str) -> Iterator[tuple[int, str]]:
    """Yield the mistakes in a Spark SQL condition, with their offsets in the quoted text."""
    from sqlglot import exp
    try:
        tree = condition_tree(code)
    except SqlMistake as mistake:
        yield _place(code, mistake), f'the condition is not valid Spark SQL: {mistake}'
        return
    if tree is not None and not isinstance(tree, exp.Condition):
        yield 0, 'the text after where is not one condition of Spark SQL'


def query_problems(code: str) -> Iterator[tuple[int, str]]:
    """Yield the mistakes in a Spark SQL query, with their offsets in the quoted text."""
    from sqlglot import exp
    try:
        trees = syntax_trees(code, 'spark')
    except SqlMistake as mistake:
        yield _place(code, mistake), f'the statement is not valid Spark SQL: {mistake}'
        return
    statements = split_statements(code)
    if len(statements) != 1 or not all(tree is None or isinstance(tree, exp.Query) for tree in trees):
        yield 0, 'the statement is not one query, expected a SELECT'


def _place(code: str, mistake: SqlMistake) -> int:
    # The text before the mistake with its opening quote, without the closing quote that printing adds.
    return len(quoted_code(code[:mistake.offset])) - 1


@dataclass
class RuleOffsets:
    """Offsets of the parts of a rule in its text."""

    name: int
    parameters: tuple[int, ...]
    condition: int
    where: int = 0
    threshold: int = 0
    tags: dict[str, int] = field(default_factory=dict)


def check_rule(reader: TokenReader, found: RuleType, rule: Rule, offsets: RuleOffsets) -> None:
    """Record everything that is wrong with a rule of a known type."""
    for offset, message, hint in _problems(found, rule, offsets):
        reader.problem(offset, message, hint)
    for offset, message, hint in _warnings(rule, offsets):
        reader.warning(offset, message, hint)


def _problems(found: RuleType, rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    yield from _condition_problems(found, rule, offsets)
    yield from _where_problems(found, rule, offsets)
    yield from _threshold_problems(found, rule, offsets)
    yield from _tag_problems(rule, offsets)
    if check := TYPE_CHECKS.get(rule.type):
        yield from check(rule, offsets)


def _warnings(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    for name, offset in offsets.tags.items():
        if name not in TAGS and not suggestion(name, TAGS):
            yield offset, f'the tag {name} is unknown and has no effect', f'known: {", ".join(TAGS)}'
    for operand in rule.threshold.operands if rule.threshold else ():
        if isinstance(operand, Number) and not 0 <= operand.value <= 1:
            yield (offsets.threshold, f'the threshold {operand} is not a share of rows between 0 and 1',
                   'write 0.9 for 90 %')


def _condition_problems(found: RuleType, rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    condition = rule.condition
    if condition is None:
        if found.condition_required:
            yield (offsets.condition, f'{rule.type} needs a condition',
                   f'compare with {" or ".join(FAMILY_EXAMPLES[family] for family in found.families)}')
        return
    if not found.families:
        yield offsets.condition, f'{rule.type} takes no condition, found {condition}', ''
        return
    keyword = next((item for item in condition.operands if isinstance(item, Keyword)), None)
    if keyword and rule.type != 'ColumnValues':
        yield offsets.condition, f'{keyword} can only be used in ColumnValues', ''
    elif condition.family not in found.families:
        yield (offsets.condition, f'the condition {condition} does not fit {rule.type}',
               f'compare with {" or ".join(FAMILY_EXAMPLES[family] for family in found.families)}')
    if condition.operator.endswith('matches'):
        for operand in condition.operands:
            if isinstance(operand, Text):
                yield from ((offsets.condition, problem, '') for problem in java_pattern_problems(operand.value))


def _where_problems(found: RuleType, rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    if rule.where is None:
        return
    if not found.where:
        yield (offsets.where, f'where is not supported for {rule.type}',
               f'supported: {list_names(item for item in RULE_TYPES if item.where)}')
    elif not rule.where.strip():
        yield offsets.where, 'the condition after where is empty', 'write a Spark SQL condition, such as "age > 21"'
    else:
        yield from ((offsets.where + offset, problem, '') for offset, problem in condition_problems(rule.where))


def _threshold_problems(found: RuleType, rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    if rule.threshold is None:
        return
    if not found.threshold or (rule.type == 'CustomSql' and rule.condition):
        with_condition = ' with a condition' if found.threshold else ''
        yield (offsets.threshold, f'threshold is not supported for {rule.type}{with_condition}',
               f'supported: {list_names(item for item in RULE_TYPES if item.threshold)}')
    if rule.threshold.family != 'number' or any(isinstance(item, Keyword) for item in rule.threshold.operands):
        yield (offsets.threshold, f'the threshold {rule.threshold} does not compare with numbers',
               'write for example > 0.9')


def _tag_problems(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    for name, offset in offsets.tags.items():
        if name not in TAGS and (hint := suggestion(name, TAGS)):
            yield offset, f'the tag {name} is unknown', hint
    zone = rule.tags.get('timeZone')
    if zone is not None and not _is_zone(zone):
        yield (offsets.tags['timeZone'], f"'{zone}' is not a time zone",
               suggestion(zone, available_timezones()) or 'write for example Europe/Berlin or +02:00')


def _is_zone(name: str) -> bool:
    if ZONE_OFFSET.fullmatch(name):
        return True
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _check_data_type(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    condition = rule.condition
    if condition is None or not isinstance(condition.operands[0], Text):
        return
    if condition.operator not in ('=', '!='):
        yield offsets.condition, f'ColumnDataType compares only with = and !=, found {condition.operator}', ''
        return
    written = condition.operands[0].value
    decimal = DECIMAL_TYPE.fullmatch(written)
    known = written.lower() in map(str.lower, SIMPLE_TYPES)
    if not known and not (decimal and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1])):
        yield (offsets.condition, f"'{written}' is not a type that ColumnDataType knows",
               suggestion(written, SIMPLE_TYPES) or f'types: {", ".join(SIMPLE_TYPES)}, Decimal(p,s) with s ≤ p ≤ 38')
    date_format = rule.tags.get('format')
    if date_format is not None and date_format not in DATE_FORMATS:
        yield (offsets.tags['format'], f"'{date_format}' is not a format that ColumnDataType knows",
               suggestion(date_format, DATE_FORMATS) or f'formats: {", ".join(DATE_FORMATS)}')
    elif date_format is not None and written.lower() != 'date':
        yield offsets.tags['format'], f'a format applies only to the type Date, found {written}', ''


def _check_name_pattern(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    yield from ((offsets.parameters[0], problem, '') for problem in java_pattern_problems(rule.parameters[0].value))


def _check_statement(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    [statement] = rule.parameters
    for offset, problem in query_problems(statement.value):
        # The rule text holds only the name of a constant.
        yield offsets.parameters[0] + (0 if statement.constant else offset), problem, ''


def _check_referential(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    columns, reference = (parameter.value for parameter in rule.parameters)
    alias, _, names = reference.removesuffix('}').partition('.{') if reference.endswith('}') else (
        reference.rpartition('.'))
    if not _are_names(columns):
        yield offsets.parameters[0], f"'{columns}' is not a list of columns", 'write for example "id" or "id,year"'
    elif not alias.strip() or not _are_names(names):
        yield (offsets.parameters[1], f"'{reference}' names no columns of a table",
               'write for example "reference.id" or "reference.{id,year}"')
    elif columns.count(',') != names.count(','):
        yield offsets.parameters[1], f"'{columns}' and '{reference}' have different numbers of columns", ''


def _are_names(text: str) -> bool:
    return all(name.strip() for name in text.split(','))


def _check_dataset_match(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    for parameter, offset in list(zip(rule.parameters, offsets.parameters))[1:]:
        pairs = [pair.split('->') for pair in parameter.value.split(',')]
        if not all(len(pair) <= 2 and all(map(str.strip, pair)) for pair in pairs):
            yield (offset, f"'{parameter.value}' is not a list of columns",
                   'write for example "id" or "id->other_id,year"')


def _check_aggregates(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    for parameter, offset in zip(rule.parameters, offsets.parameters):
        aggregate = AGGREGATE.fullmatch(parameter.value.strip())
        if aggregate is None or not aggregate[1].strip():
            yield (offset, f"'{parameter.value}' is not an aggregate of AggregateMatch",
                   'write for example "sum(amount)" or "avg(reference.amount)"')


def _check_anomalies(rule: Rule, offsets: RuleOffsets) -> Iterator[Complaint]:
    metric = rule.parameters[0].value
    found = rule_type(metric, len(rule.parameters) - 1)
    if found is None or not found.analyzer or not found.rule:
        names = [item.name for item in RULE_TYPES if item.analyzer and item.rule]
        yield (offsets.parameters[0], f"'{metric}' with {len(rule.parameters) - 1} parameters is not a metric",
               suggestion(metric, names) if metric not in names else '')


TYPE_CHECKS: dict[str, Callable[[Rule, RuleOffsets], Iterator[Complaint]]] = {
    'ColumnDataType': _check_data_type, 'ColumnNamesMatchPattern': _check_name_pattern, 'CustomSql': _check_statement,
    'ReferentialIntegrity': _check_referential, 'DatasetMatch': _check_dataset_match,
    'AggregateMatch': _check_aggregates, 'DetectAnomalies': _check_anomalies,
}
