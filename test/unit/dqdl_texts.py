"""Generates rules of the data quality language from its grammar: every rule type and every suffix."""
from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lake_etl.dqdl.rule_types import RULE_TYPES, RuleType

# Line breaks, quotes, backslashes and letters of all kinds, and spellings that mean something outside quotes.
FREE_TEXT = st.one_of(
    st.sampled_from(['NULL', 'now()', '2026-01-31', '9:00 AM', '21:50', '$x', "O'Neill", 'a # b', 'in', '', ' ']),
    st.text(st.characters(exclude_categories=['Cs']), max_size=6), st.text('a"\\\n\r\t 漢😀', max_size=6))
NAMES = FREE_TEXT.filter(str.strip).map(lambda text: quoted(text)) | st.sampled_from(['col_1', 'a.b', '7days', 'Mean'])
SPACES = st.sampled_from([' '] * 8 + ['\n', '\t', '\r\n', '  # why "not"\n'])
CODE = {
    'regex': [r'[A-Z]{2}\d+', r'\\', r'a|\"b\"', 'Größe', r'(\d{3}-)?\d{4}', '.*\n'],
    'statement': ['SELECT a FROM primary', r"""SELECT \"Größe\" FROM primary WHERE b RLIKE '\\d'""",
                  "SELECT `a b`\nFROM primary -- why"],
}
CONDITIONS_OF_SQL = ['b > 100', r'`a b` = \"x\"', r"b RLIKE '\\d+'", 'a IS NULL\nAND Größe = 1']
FIXED = {
    'columns': ['a', 'a,b', ' a b , c'], 'reference': ['ref.x', 'db.ref.{x, y}', 'ref.{a,b}'],
    'keys': ['a', 'a->b,c', 'ID1->ID11'], 'aggregate': ['sum(a)', 'avg(db.ref.a)'], 'metric': ['RowCount'],
    'path': ['s3://bucket/file', 'file.csv'],
}
INTEGERS = st.integers(0, 10 ** 5).map(str)
NUMBERS = st.one_of(INTEGERS, st.integers(-50, 50).map(str), st.decimals(-100, 100, places=3).map(str))


def quoted(text: str) -> str:
    """Return a text in quotes, as it is written by hand."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def coded(texts: list[str]) -> SearchStrategy[str]:
    """Generate texts that are written as they are."""
    return st.sampled_from(texts).map(lambda text: f'"{text}"')


def expressions() -> SearchStrategy[str]:
    """Generate numeric expressions."""
    values = st.integers(2, 99).map(lambda count: f'last({count})')
    functions = st.one_of(
        st.tuples(st.sampled_from(['avg', 'std', 'min', 'max', 'median', 'sum']), values).map(
            lambda parts: f'{parts[0]}({parts[1]})'),
        values.map(lambda text: f'percentile({text}, 0.9)'), values.map(lambda text: f'index({text} , 2)'))
    return st.recursive(NUMBERS | functions, lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([' + ', '-', ' * ', ' / 2 - ']), inner).map(''.join),
        inner.map(lambda text: f'({text})'), inner.map(lambda text: f'abs({text})')), max_leaves=4)


DURATIONS = st.tuples(INTEGERS, st.sampled_from(['days', 'hours', 'minutes'])).map(' '.join)
MOMENTS = st.one_of(
    st.dates().map(lambda day: f'"{day.isoformat()}"'), st.times().map(lambda time: f'"{time:%H:%M}"'),
    st.sampled_from(['"9:05 AM"', '"12:00 PM"', 'now()']),
    st.tuples(st.sampled_from('+-'), DURATIONS).map(lambda parts: f'(now() {parts[0]} {parts[1]})'))
OPERANDS = {
    'number': expressions(), 'date': MOMENTS, 'duration': DURATIONS,
    'size': st.tuples(INTEGERS, st.sampled_from(['', ' B', ' KB', ' MB'])).map(''.join),
    'string': FREE_TEXT.map(lambda text: quoted(f'x{text}')),
}


@st.composite
def conditions(draw: st.DrawFn, family: str, keywords: bool) -> str:
    """Generate conditions of one family."""
    operand = OPERANDS[family]
    comparisons = ['=', '!=', '! ='] if family == 'string' else ['=', '!=', '>', '>=', '<', '<=']
    forms = ['compare', 'in'] + (['matches'] if family == 'string' else ['between'])
    form = draw(st.sampled_from(forms))
    negation = draw(st.sampled_from(['', 'not ']))
    if form == 'compare':
        return f'{draw(st.sampled_from(comparisons))} {draw(operand)}'
    if form == 'between':
        return f'{negation}between {draw(operand)} and {draw(operand)}'
    if form == 'matches':
        return f'{negation}matches {draw(coded(CODE["regex"]))}'
    words = st.sampled_from(['NULL', 'null'] + (['EMPTY', 'WHITESPACES_ONLY'] if family == 'string' else []))
    members = draw(st.lists(operand, min_size=1, max_size=3)) + (draw(st.lists(words, max_size=2)) if keywords else [])
    return f'{negation}in [{", ".join(members)}]'


@st.composite
def parameters(draw: st.DrawFn, rule_type: RuleType) -> list[str]:
    """Generate as many parameters as a rule type takes."""
    words = [word.strip('[]') for word in rule_type.parameters.split() if word != '…']
    count = draw(st.integers(rule_type.least, len(words))) + (
        draw(st.integers(0, 2)) if rule_type.most is None and rule_type.name != 'DetectAnomalies' else 0)
    words = (words + words[-1:] * 2)[:count]
    if rule_type.name == 'ReferentialIntegrity':
        return draw(st.sampled_from([['"a"', '"ref.x"'], ['"a, b"', '"db.ref.{x,y}"'], ['a', 'ref.x']]))
    connectors = st.sampled_from(['', '', 'of ', 'OF ', 'and ', 'AND '])
    return [_connected(draw(connectors), draw(coded(CODE[word]) if word in CODE else
                                              coded(FIXED[word]) if word in FIXED else NAMES)) for word in words]


def _connected(connector: str, parameter: str) -> str:
    """Put a connector before a parameter, unless a rule would seem to begin there."""
    return parameter if parameter == 'Mean' else connector + parameter


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Generate single rules."""
    rule_type = draw(st.sampled_from([item for item in RULE_TYPES if item.rule]))
    parts = [rule_type.name, *draw(parameters(rule_type))]
    has_condition = bool(rule_type.families) and (rule_type.condition_required or draw(st.booleans()))
    if rule_type.name == 'ColumnDataType':
        parts.append(draw(st.sampled_from(['= "Date"', '!= "Decimal(10,2)"', '= "timestamp"'])))
    elif has_condition:
        family = draw(st.sampled_from(rule_type.families))
        parts.append(draw(conditions(family, rule_type.name == 'ColumnValues')))
    if rule_type.where and draw(st.booleans()):
        parts += ['where', draw(coded(CONDITIONS_OF_SQL))]
    if draw(st.booleans()):
        parts.append(draw(labels()))
    if rule_type.threshold and draw(st.booleans()) and not (rule_type.name == 'CustomSql' and has_condition):
        parts.append(f'with threshold {draw(conditions("number", False))}')
    if draw(st.booleans()):
        parts.append(draw(st.sampled_from(['with timeZone = "Europe/Berlin"', 'with x = -0.5', r'with y = "a\"b"'])))
    return ''.join(part + draw(SPACES) for part in parts if part)


def labels() -> SearchStrategy[str]:
    """Generate labels."""
    pairs = st.dictionaries(FREE_TEXT.filter(len), FREE_TEXT.filter(len), min_size=1, max_size=2)
    return pairs.map(lambda found: f'labels=[{", ".join(f"{quoted(k)}={quoted(v)}" for k, v in found.items())}]')


def any_rules() -> SearchStrategy[str]:
    """Generate rules, single and joined, nested up to a few levels."""
    return st.recursive(rules(), lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([' and ', ' OR ']), inner).map(
            lambda part: f'({part[0]}){part[1]}({part[2]})'),
        st.tuples(inner, st.sampled_from([' or ', 'AND']), inner, inner).map(
            lambda part: f'(({part[0]}) {part[1]} ({part[2]})) and ({part[3]})'),
        st.tuples(inner, labels()).map(lambda part: f'({part[0]}) {part[1]}')), max_leaves=4)
