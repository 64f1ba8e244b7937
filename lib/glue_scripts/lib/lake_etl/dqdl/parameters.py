"""Reads the parameters of a rule or analyzer, and finds the rule type that takes them."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.dqdl.conditions import Constants, constant_value
from lake_etl.dqdl.lexer import KEYWORDS, Token
from lake_etl.dqdl.operands import KEYWORDS as KEYWORDS_OF_VALUES
from lake_etl.dqdl.operands import SIZE_UNITS, TIME_UNITS
from lake_etl.dqdl.quoting import unquoted, unquoted_code
from lake_etl.dqdl.rule_types import RULE_TYPES, RuleType
from lake_etl.dqdl.syntax_tree import TYPES_WITH_CODE, Parameter
from lake_etl.dqdl.token_reader import QUOTED, TokenReader
from lake_etl.syntax.records import suggestion

RULE_NAMES = tuple(dict.fromkeys(item.name for item in RULE_TYPES if item.rule))
ANALYZER_NAMES = tuple(dict.fromkeys(item.name for item in RULE_TYPES if item.analyzer))
WORDS_OF_VALUES = (*KEYWORDS_OF_VALUES, *TIME_UNITS, *SIZE_UNITS)
PARENTHESES = 'write each part of a composite in parentheses: (IsUnique "a") and (IsComplete "b")'
QUOTE_HINT = r'write a quote inside a text as \"; convert_single_quotes turns every single quote into one'


def read_parameters(reader: TokenReader, rule_name: str, constants: Constants) -> list[tuple[Parameter, int]]:
    """Return the parameters that come next and their offsets; raises Unreadable when one is broken."""
    found: list[tuple[Parameter, int]] = []
    while True:
        connector = reader.take_if('of', 'and')
        token = reader.take_if(*QUOTED, 'name', 'constant')
        if token is None:
            if connector or reader.next.kind == 'unknown':
                reader.fail(f'expected a parameter after {connector}, found {reader.next}', PARENTHESES)
            if reader.next.kind in WORDS_OF_VALUES:
                reader.fail(f'{reader.next} is a reserved word here', f'write the name as "{reader.next}"')
            return found
        if connector and token.text in RULE_NAMES:
            reader.fail(f'a rule {token} begins after {connector}', PARENTHESES, token)
        parameter = _parameter(reader, rule_name, token, connector.kind if connector else '', constants)
        if not parameter.value.strip():
            reader.problem(token.offset, f'a parameter of {rule_name} is an empty text')
        found.append((parameter, token.offset))


def find_type(reader: TokenReader, name: Token, parameters: Sequence[Parameter], analyzer: bool = False
              ) -> RuleType | None:
    """Return the rule type of a name for these parameters, or record the mistake and return None."""
    count = len(parameters)
    same = [item for item in RULE_TYPES if item.name == name.text]
    allowed = [item for item in same if (item.analyzer if analyzer else item.rule)]
    names = ANALYZER_NAMES if analyzer else RULE_NAMES
    found = next((item for item in allowed if item.takes(count)), None)
    if found is not None:
        return found
    if allowed:
        forms = ' or '.join(f'{item.name} {item.parameters}'.strip() for item in allowed)
        hints = (word_hint(item.value) for item in parameters if not item.quoted)
        reader.problem(name.offset, f'expected {forms}, found {count} parameter{"s" * (count != 1)} of {name}',
                       next(filter(None, hints), QUOTE_HINT if sum(item.quoted for item in parameters) > 1 else ''))
    elif same:
        reader.problem(name.offset, f'{name} is {"a rule, not an analyzer" if analyzer else "an analyzer, not a rule"}')
    else:
        reader.problem(name.offset, f'rule type {name} is unknown',
                       suggestion(name.text, names) or f'expected one of {", ".join(names)}')
    return None


def word_hint(word: str) -> str:
    """Return a suggestion for an unexpected word."""
    if word in RULE_NAMES:
        return f'is a comma missing before {word}?'
    return suggestion(word, KEYWORDS)


def _parameter(reader: TokenReader, rule_name: str, token: Token, connector: str, constants: Constants) -> Parameter:
    unquote = unquoted_code if rule_name in TYPES_WITH_CODE else unquoted
    if token.kind != 'constant':
        quoted = token.kind in QUOTED
        return Parameter(unquote(token.text) if quoted else token.text, quoted, connector)
    value = constant_value(reader, token, constants)
    if len(value) != 1 or value[0].kind not in QUOTED:
        reader.fail(f'the constant {token} is a list, expected a text as a parameter of {rule_name}', token=token)
    return Parameter(unquote(value[0].text), True, connector, token.text[1:])
