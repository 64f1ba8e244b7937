"""The tree of a data quality document: rules, conditions and operands as values that print as text that parses."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal
from typing import Literal

from lake_etl.dqdl.quoting import quoted, quoted_code, quoted_pairs

Family = Literal['number', 'string', 'date', 'duration', 'size']
Operator = Literal['=', '!=', '>', '>=', '<', '<=', 'between', 'not between', 'in', 'not in', 'matches', 'not matches']
Word = Literal['NULL', 'EMPTY', 'WHITESPACES_ONLY']
TimeUnit = Literal['days', 'hours', 'minutes']
SizeUnit = Literal['B', 'KB', 'MB', 'GB', 'TB']
ArithmeticOperator = Literal['+', '-', '*', '/']
# Their parameter is code, in which backslashes mean something to another language.
TYPES_WITH_CODE = ('ColumnNamesMatchPattern', 'CustomSql')


@dataclass(frozen=True)
class Number:
    """A number as written, with its sign."""

    value: Decimal

    def __str__(self) -> str:
        return f'{self.value:f}'


@dataclass(frozen=True)
class Text:
    """A quoted text, unescaped."""

    value: str

    def __str__(self) -> str:
        return quoted(self.value)


@dataclass(frozen=True)
class Keyword:
    """NULL, EMPTY or WHITESPACES_ONLY."""

    word: Word

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True)
class Day:
    """A date in quotes."""

    value: date

    def __str__(self) -> str:
        return f'"{self.value.isoformat()}"'


@dataclass(frozen=True)
class TimeOfDay:
    """A time in quotes, which means that time today; `text` is how it was written (12 or 24 hours)."""

    value: time
    text: str

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True)
class Duration:
    """An age: so many days, hours or minutes."""

    amount: int
    unit: TimeUnit

    def __str__(self) -> str:
        return f'{self.amount} {self.unit}'


@dataclass(frozen=True)
class Now:
    """The moment of the check in UTC, cut to the minute, plus (sign 1) or minus (sign -1) a duration."""

    sign: Literal[1, -1] = 1
    offset: Duration | None = None

    def __str__(self) -> str:
        return f'(now() {"+" if self.sign > 0 else "-"} {self.offset})' if self.offset else 'now()'


@dataclass(frozen=True)
class Size:
    """A size of a file; a number without a unit is a size in bytes."""

    amount: int
    unit: SizeUnit = 'B'

    def __str__(self) -> str:
        return f'{self.amount} {self.unit}'


@dataclass(frozen=True)
class Arithmetic:
    """Two numeric expressions and an operator, computed from left to right; `grouped` if written in parentheses."""

    left: NumericExpression
    operator: ArithmeticOperator
    right: NumericExpression
    grouped: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        # On the right side there is only arithmetic in parentheses.
        right = replace(self.right, grouped=True) if isinstance(self.right, Arithmetic) else self.right
        written = f'{self.left} {self.operator} {right}'
        return f'({written})' if self.grouped else written


@dataclass(frozen=True)
class Call:
    """A function of earlier values of the metric, such as `avg(last(10))`."""

    name: str
    arguments: tuple[NumericExpression, ...]

    def __str__(self) -> str:
        return f'{self.name}({", ".join(map(str, self.arguments))})'


NumericExpression = Number | Arithmetic | Call
Operand = NumericExpression | Text | Keyword | Day | TimeOfDay | Now | Duration | Size


@dataclass(frozen=True)
class Condition:
    """A comparison; the family is chosen by the operands.

    operands  one for = != > >= < <= matches, two for between, any number for in
    constant  name of the constant that gave the operands of `in`, kept for printing
    """

    family: Family
    operator: Operator
    operands: tuple[Operand, ...]
    constant: str | None = None

    def __str__(self) -> str:
        if self.operator in ('between', 'not between'):
            operands = f'{self.operands[0]} and {self.operands[1]}'
        elif self.operator in ('in', 'not in'):
            operands = f'${self.constant}' if self.constant else f'[{",".join(map(str, self.operands))}]'
        elif self.operator in ('matches', 'not matches'):
            operands = ''.join(quoted_code(part.value) for part in self.operands if isinstance(part, Text))
        else:
            operands = str(self.operands[0])
        return f'{self.operator} {operands}'


@dataclass(frozen=True)
class Parameter:
    """A parameter of a rule: a column, a regex, a statement, a table.

    value      text, unescaped, constants replaced
    quoted     whether it was written in quotes
    connector  `of` or `and` before it, kept for printing
    constant   name of the constant that gave the value, kept for printing
    """

    value: str
    quoted: bool = True
    connector: str = ''
    constant: str | None = None

    def printed(self, rule_type: str) -> str:
        """Return it as it is written after a rule type."""
        if self.constant:
            written = f'${self.constant}'
        elif self.quoted:
            written = quoted_code(self.value) if rule_type in TYPES_WITH_CODE else quoted(self.value)
        else:
            written = self.value
        return f'{self.connector} {written}' if self.connector else written


@dataclass(frozen=True)
class Rule:
    """One rule; its printed form is its name in results.

    threshold  condition on the share of rows that pass (0 to 1)
    tags       further `with name = value`, numbers as text
    labels     the rule's own and the document's default ones
    """

    type: str
    parameters: tuple[Parameter, ...] = ()
    condition: Condition | None = None
    where: str | None = None
    threshold: Condition | None = None
    # Mappings have no hash, and rules are keys; equal rules have equal hashes without them too.
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Return the rule in the order of the grammar, `where`, labels, `with`, so that it parses again."""
        parts = [self.type, *(parameter.printed(self.type) for parameter in self.parameters)]
        if self.condition:
            parts.append(str(self.condition))
        if self.where is not None:
            parts.append(f'where {quoted_code(self.where)}')
        if self.labels:
            parts.append(f'labels=[{quoted_pairs(self.labels)}]')
        if self.threshold:
            parts.append(f'with threshold {self.threshold}')
        parts += [f'with {name} = {quoted(value)}' for name, value in self.tags.items()]
        return ' '.join(parts)


@dataclass(frozen=True)
class Composite:
    """Rules joined by `and` or `or`; a part is never a composite of the same operator without labels of its own."""

    operator: Literal['and', 'or']
    parts: tuple[AnyRule, ...]
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        joined = f' {self.operator.upper()} '.join(f'({part})' for part in self.parts)
        return f'({joined}) labels=[{quoted_pairs(self.labels)}]' if self.labels else joined


AnyRule = Rule | Composite


@dataclass(frozen=True)
class Analyzer:
    """A metric to be measured without a condition."""

    type: str
    parameters: tuple[Parameter, ...] = ()

    def __str__(self) -> str:
        return ' '.join([self.type, *(parameter.printed(self.type) for parameter in self.parameters)])


@dataclass(frozen=True)
class Document:
    """A whole document.

    version    of the metadata
    sources    names of the primary data source and of the additional ones
    constants  by name, as written; rules hold their values already
    """

    rules: tuple[AnyRule, ...] = ()
    analyzers: tuple[Analyzer, ...] = ()
    version: str | None = None
    sources: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Return a document of one rule a line; default labels are written with each rule."""
        sections = [f'{name} = {written}' for name, written in self.constants.items()]
        if self.sources:
            primary, *additional = map(quoted, self.sources)
            others = f', "AdditionalDataSources": [{", ".join(additional)}]' if additional else ''
            sections.insert(0, f'DataSources = {{ "Primary": {primary}{others} }}')
        if self.version is not None:
            sections.insert(0, f'Metadata = {{ "Version": {quoted(self.version)} }}')
        for name, members in (('Rules', self.rules), ('Analyzers', self.analyzers)):
            if members:
                sections.append(f'{name} = [\n    ' + ',\n    '.join(map(str, members)) + '\n]')
        return '\n'.join(sections) + '\n'


def leaves(rule: AnyRule) -> Iterator[Rule]:
    """Yield the rules of a composite, however deep, or the rule itself."""
    if isinstance(rule, Rule):
        yield rule
    else:
        for part in rule.parts:
            yield from leaves(part)
