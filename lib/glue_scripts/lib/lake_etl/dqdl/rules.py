"""Reads one rule: its type, parameters, condition, and what may follow, in the order of the grammar."""
from __future__ import annotations

from typing import NoReturn

from lake_etl.dqdl.checks import RuleOffsets, check_rule
from lake_etl.dqdl.conditions import Constants, in_bytes, read_condition
from lake_etl.dqdl.labels import read_labels
from lake_etl.dqdl.lexer import Token
from lake_etl.dqdl.parameters import PARENTHESES, QUOTE_HINT, find_type, read_parameters, word_hint
from lake_etl.dqdl.quoting import unquoted, unquoted_code
from lake_etl.dqdl.syntax_tree import Condition, Rule
from lake_etl.dqdl.token_reader import QUOTED, TokenReader

ORDER = 'the order is: type, parameters, condition, where, labels, with'
ENDS = (',', ')', ']', 'end')


def read_rule(reader: TokenReader, constants: Constants) -> Rule:
    """Return the rule that comes next, and record all that is wrong with it.

    Raises Unreadable when it cannot be told what is meant.
    """
    name = reader.expect('name', 'a rule type')
    placed = read_parameters(reader, name.text, constants)
    parameters = tuple(parameter for parameter, _ in placed)
    rule_type = find_type(reader, name, parameters)
    offsets = RuleOffsets(name.offset, tuple(offset for _, offset in placed), reader.next.offset)
    condition = read_condition(reader, constants)
    if condition and rule_type and rule_type.families == ('size',):
        condition = in_bytes(condition)
    where = _where(reader, offsets)
    labels = read_labels(reader) if reader.take_if('labels') else {}
    threshold, tags = _with(reader, constants, offsets)
    if reader.next.kind not in ENDS:
        _fail_at_rest(reader, name, condition)
    rule = Rule(name.text, parameters, condition, where, threshold, tags, labels)
    if rule_type:
        check_rule(reader, rule_type, rule, offsets)
    return rule


def _where(reader: TokenReader, offsets: RuleOffsets) -> str | None:
    if not reader.take_if('where'):
        return None
    offsets.where = reader.next.offset
    return unquoted_code(reader.expect_text('a Spark SQL condition after where').text)


def _with(reader: TokenReader, constants: Constants, offsets: RuleOffsets) -> tuple[Condition | None, dict[str, str]]:
    """Return the threshold and the other tags."""
    threshold: Condition | None = None
    tags: dict[str, str] = {}
    while reader.take_if('with'):
        name = reader.expect('name', 'threshold or another name after with')
        if name.text.lower() != 'threshold':
            _add_tag(reader, name, tags, offsets)
            continue
        if threshold:
            reader.problem(name.offset, 'a rule has one threshold, found another')
        offsets.threshold = name.offset
        threshold = read_condition(reader, constants)
        if threshold is None:
            reader.fail(f'expected a condition after threshold, found {reader.next}', 'write for example > 0.9')
    return threshold, tags


def _add_tag(reader: TokenReader, name: Token, tags: dict[str, str], offsets: RuleOffsets) -> None:
    reader.expect('=', f'= after the tag {name}', 'tags take no other operator')
    if name.text in tags:
        reader.problem(name.offset, f'the tag {name} appears twice')
    sign = reader.take_if('-')
    value = reader.take_if('integer', 'decimal', *(() if sign else QUOTED))
    if value is None:
        reader.fail(f'expected a text or a number as the value of the tag {name}, found {reader.next}')
    offsets.tags[name.text] = value.offset
    tags[name.text] = unquoted(value.text) if value.text[0] == '"' else f'{"-" if sign else ""}{value.text}'


def _fail_at_rest(reader: TokenReader, name: Token, condition: Condition | None) -> NoReturn:
    """Record unexpected text after a rule, and raise Unreadable."""
    found = reader.next
    if condition is None and found.kind in ('integer', 'decimal', '(', '[', 'now', '-'):
        reader.fail(f'expected an operator before {found}', 'write names with - in double quotes' if found.kind == '-'
                    else 'write for example >, between or in')
    if found.kind in ('and', 'or'):
        reader.fail(f'the rule {name} before {found} needs parentheses', PARENTHESES)
    reader.fail(f'expected the end of the rule {name}, found {found}', _hint(found))


def _hint(found: Token) -> str:
    if found.kind in ('where', 'labels', 'with', '=', '!=', '>', '>=', '<', '<=', 'between', 'in', 'not', 'matches'):
        return ORDER
    if found.text.lower() == 'threshold':
        return 'write with threshold'
    if found.kind == 'name':
        return word_hint(found.text) or QUOTE_HINT
    return QUOTE_HINT if found.kind in QUOTED else ''
