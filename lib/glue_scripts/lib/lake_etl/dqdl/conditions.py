"""Reads the condition of a rule: an operator and its operands, which determine the family of the condition."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from lake_etl.dqdl.lexer import Token
from lake_etl.dqdl.operands import KEYWORDS, read_operand
from lake_etl.dqdl.quoting import unquoted, unquoted_code, unquoted_member
from lake_etl.dqdl.syntax_tree import (
    Arithmetic, Call, Condition, Day, Duration, Family, Keyword, Now, Number, Operand, Operator, Size, Text, TimeOfDay,
    Word)
from lake_etl.dqdl.token_reader import QUOTED, TokenReader

Constants = Mapping[str, tuple[Token, ...]]
COMPARISONS = ('=', '!=', '>', '>=', '<', '<=')
AFTER_NOT = ('between', 'in', 'matches')
EQUALITIES = ('=', '!=', 'in', 'not in')
FAMILY_NAMES: dict[Family, str] = {
    'number': 'numbers', 'string': 'texts', 'date': 'dates', 'duration': 'durations', 'size': 'sizes'}
FAMILIES: dict[type[Operand], Family] = {
    Number: 'number', Arithmetic: 'number', Call: 'number', Text: 'string', Day: 'date', TimeOfDay: 'date', Now: 'date',
    Duration: 'duration', Size: 'size'}


class _Placed(NamedTuple):
    operand: Operand
    token: Token


def read_condition(reader: TokenReader, constants: Constants) -> Condition | None:
    """Return the condition that comes next, None when no operator does; raises Unreadable when it is broken."""
    start = reader.next
    operator = _operator(reader)
    if operator is None:
        return None
    kind = operator.removeprefix('not ')
    constant = None
    if kind == 'in':
        constant, found = _members(reader, constants)
    elif kind == 'matches':
        found = [_regex(reader)]
    elif kind == 'between':
        found = [_operand(reader)]
        reader.expect('and', "'and' between the two bounds")
        found.append(_operand(reader))
    else:
        found = [_operand(reader)]
    family = _family(reader, found)
    _check_operator(reader, start, operator, family, found)
    operands = tuple(_as_size(item.operand) if family == 'size' else item.operand for item in found)
    return Condition(family, operator, operands, constant)


def in_bytes(condition: Condition) -> Condition:
    """Return a condition on numbers as one on sizes when all its numbers are whole, as bytes are."""
    if condition.family != 'number' or not all(map(_is_whole, condition.operands)):
        return condition
    return Condition('size', condition.operator, tuple(map(_as_size, condition.operands)), condition.constant)


def _operator(reader: TokenReader) -> Operator | None:
    if reader.take_if('not'):
        if reader.next.kind not in AFTER_NOT:
            reader.fail(f'expected between, in or matches after not, found {reader.next}', 'write != for not =')
        return cast(Operator, f'not {reader.take().kind}')
    token = reader.take_if(*COMPARISONS, *AFTER_NOT)
    return cast(Operator, token.kind) if token else None


def _operand(reader: TokenReader) -> _Placed:
    token = reader.next
    return _Placed(read_operand(reader, unquoted), token)


def _regex(reader: TokenReader) -> _Placed:
    token = reader.next
    if token.kind == 'constant':
        reader.fail(f'a constant such as {token} cannot follow matches', 'write the regular expression itself')
    if token.kind not in QUOTED:
        reader.fail(f'expected a regular expression in double quotes, found {token}')
    return _Placed(Text(unquoted_code(reader.take().text)), token)


def _members(reader: TokenReader, constants: Constants) -> tuple[str | None, list[_Placed]]:
    """Return the members of a list, and the name of the constant that holds them, if one does."""
    if token := reader.take_if('constant'):
        name = token.text[1:]
        return name, [_Placed(_member_of(member), token) for member in constant_value(reader, token, constants)]
    reader.expect('[', 'a list in square brackets after in', 'write for example in ["a", "b"]')
    if reader.next.kind == ']':
        reader.fail('the list is empty, expected at least one value')
    members = [_member(reader)]
    while reader.take_if(','):
        members.append(_member(reader))
    reader.expect(']', 'a comma or the closing ] of the list')
    return None, members


def constant_value(reader: TokenReader, token: Token, constants: Constants) -> tuple[Token, ...]:
    """Return the value of the constant that a token names; raises Unreadable when it is not defined."""
    value = constants.get(token.text[1:])
    if value is None:
        known = ', '.join(f'${name}' for name in constants)
        reader.fail(f'the constant {token} is not defined', f'constants: {known}' if known else
                    'constants are defined in a document, before its rules', token)
    return value


def _member(reader: TokenReader) -> _Placed:
    token = reader.next
    if token.kind == 'constant':
        reader.fail(f'a constant such as {token} cannot be one member of a list', 'write in $name for the whole list')
    return _Placed(read_operand(reader, unquoted_member), token)


def _member_of(token: Token) -> Operand:
    """Return a member of a constant, which holds nothing but texts and keywords."""
    if token.kind in KEYWORDS:
        return Keyword(cast(Word, token.kind))
    return Text(unquoted_member(token.text))


def _family(reader: TokenReader, found: Sequence[_Placed]) -> Family:
    """Return the family that fits all operands; NULL fits any, and alone it counts as a number."""
    families: dict[Family, _Placed] = {}
    for item in found:
        if isinstance(item.operand, Keyword):
            family: Family | None = None if item.operand.word == 'NULL' else 'string'
        else:
            family = FAMILIES[type(item.operand)]
        if family:
            families.setdefault(family, item)
    if set(families) == {'number', 'size'} and all(
            isinstance(item.operand, Size) or _is_whole(item.operand) for item in found):
        return 'size'
    if len(families) > 1:
        (first, _), (second, odd) = tuple(families.items())[:2]
        hint = 'each bound carries its unit' if {'duration', 'size'} & set(families) else (
            'a text in the form of a date or time counts as one' if set(families) == {'string', 'date'} else '')
        reader.fail(f'{FAMILY_NAMES[first]} and {FAMILY_NAMES[second]} cannot be mixed', hint, odd.token)
    return next(iter(families), 'number')


def _check_operator(reader: TokenReader, start: Token, operator: Operator, family: Family,
                    found: Sequence[_Placed]) -> None:
    """Record a problem when the operator does not fit the family or a keyword."""
    if operator in EQUALITIES or operator.endswith('matches'):
        return
    keyword = next((item.token for item in found if isinstance(item.operand, Keyword)), None)
    if keyword:
        reader.problem(keyword.offset, f'{keyword} cannot be compared by {operator}', 'use =, !=, in or not in')
    elif family == 'string':
        reader.problem(start.offset, f'texts cannot be compared by {operator}', 'use =, !=, in, not in, matches or not '
                       'matches; dates are written "2026-01-31"')


def _is_whole(operand: Operand) -> bool:
    return isinstance(operand, Number) and operand.value >= 0 and operand.value == int(operand.value)


def _as_size(operand: Operand) -> Operand:
    return Size(int(operand.value)) if isinstance(operand, Number) else operand
