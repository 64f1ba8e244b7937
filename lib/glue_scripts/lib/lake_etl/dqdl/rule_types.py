"""The rule types of the data quality language as a table: parameters, conditions, and what may follow."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lake_etl.dqdl.syntax_tree import AnyRule, Family, leaves

RowOutcome = Literal['each row', 'data set', 'each row without condition']


@dataclass(frozen=True, kw_only=True)
class RuleType:
    """A rule type for some number of parameters.

    parameters          their names, for messages; `…` after the last one: any further number
    least, most         number of parameters; most is None without a limit
    families            kinds of conditions, the first that fits is taken; none: a condition is forbidden
    condition_required  whether it cannot be left out
    where, threshold    whether these may follow
    rule, analyzer      whether it may be used as a rule, as an analyzer
    rows                whether each row passes or fails, or only the data set as a whole
    """

    name: str
    parameters: str = ''
    least: int = 0
    most: int | None = 0
    families: tuple[Family, ...] = ()
    condition_required: bool = False
    where: bool = False
    threshold: bool = False
    rule: bool = True
    analyzer: bool = False
    rows: RowOutcome = 'data set'

    def takes(self, count: int) -> bool:
        """Tell whether the type exists for this number of parameters."""
        return self.least <= count and (self.most is None or count <= self.most)


def _type(name: str, parameters: str = '', families: str = '', features: str = '',
          rows: RowOutcome = 'data set') -> RuleType:
    """Return a line of the table from its short form.

    parameters  one word for each, in square brackets when it may be left out; `…` for any further number
    families    kinds of conditions
    features    of where, threshold, analyzer, optional (condition), analyzer-only
    """
    words, has = parameters.split(), features.split()
    named = [word for word in words if word != '…']
    optional = sum(word.startswith('[') for word in named)
    kinds: tuple[Family, ...] = tuple(family for family in FAMILIES if family in families.split())
    return RuleType(
        name=name, parameters=parameters, least=len(named) - optional, most=None if '…' in words else len(named),
        families=kinds, condition_required=bool(kinds) and 'optional' not in has, where='where' in has,
        threshold='threshold' in has, rule='analyzer-only' not in has,
        analyzer='analyzer' in has or 'analyzer-only' in has, rows=rows)


FAMILIES: tuple[Family, ...] = ('string', 'number', 'date', 'duration', 'size')
RULE_TYPES: tuple[RuleType, ...] = (
    _type('RowCount', '', 'number', 'where analyzer'),
    _type('ColumnCount', '', 'number', 'analyzer'),
    _type('ColumnExists', 'column'),
    _type('ColumnNamesMatchPattern', 'regex'),
    _type('ColumnDataType', 'column', 'string', 'where threshold', rows='each row'),
    _type('ColumnLength', 'column', 'number', 'where analyzer', rows='each row'),
    _type('ColumnValues', 'column', 'string number date', 'where threshold analyzer', rows='each row'),
    _type('ColumnCorrelation', 'column column', 'number', 'where analyzer'),
    _type('Completeness', 'column', 'number', 'where analyzer', rows='each row'),
    _type('IsComplete', 'column', '', 'where', rows='each row'),
    _type('Uniqueness', 'column …', 'number', 'where analyzer', rows='each row'),
    _type('IsUnique', 'column …', '', 'where', rows='each row'),
    _type('IsPrimaryKey', 'column …', '', 'where', rows='each row'),
    _type('UniqueValueRatio', 'column', 'number', 'where analyzer', rows='each row'),
    _type('DistinctValuesCount', 'column', 'number', 'where analyzer'),
    _type('Entropy', 'column', 'number', 'where analyzer'),
    _type('Mean', 'column', 'number', 'where analyzer'),
    _type('Sum', 'column', 'number', 'where analyzer'),
    _type('StandardDeviation', 'column', 'number', 'where analyzer'),
    _type('Variance', 'column', 'number', 'where analyzer'),
    _type('DataFreshness', 'column', 'duration', 'where analyzer', rows='each row'),
    _type('CustomSql', 'statement', 'number', 'optional threshold analyzer', rows='each row without condition'),
    _type('ReferentialIntegrity', 'columns reference', 'number', 'analyzer', rows='each row'),
    _type('DatasetMatch', 'reference keys [columns]', 'number', 'analyzer', rows='each row'),
    _type('SchemaMatch', 'reference', 'number', 'analyzer'),
    _type('RowCountMatch', 'reference', 'number', 'analyzer'),
    _type('AggregateMatch', 'aggregate aggregate', 'number'),
    _type('DetectAnomalies', 'metric …'),
    _type('AllStatistics', 'column', '', 'analyzer-only'),
    _type('FileFreshness', '[path]', 'date', 'threshold analyzer'),
    _type('FileMatch', 'path path'),
    _type('FileMatch', '[path]', 'string', 'analyzer'),
    _type('FileUniqueness', '[path]', 'number', 'analyzer'),
    _type('FileSize', '[path]', 'size', 'threshold analyzer'),
    _type('ZerosCount', 'column', 'number', 'where analyzer'),
    _type('Range', 'column', 'number', 'where analyzer'),
    _type('InterquartileRange', 'column', 'number', 'where analyzer'),
    _type('Skewness', 'column', 'number', 'where analyzer'),
    _type('Kurtosis', 'column', 'number', 'where analyzer'),
    _type('DuplicateRowCount', '[column] …', 'number', 'where analyzer', rows='each row'),
)


def list_names(types: Iterable[RuleType]) -> str:
    """Return the names of rule types for a message, each once."""
    return ', '.join(dict.fromkeys(item.name for item in types))


def rule_type(name: str, parameters: int) -> RuleType | None:
    """Return the type of this exact name for a number of parameters, or None."""
    return next((item for item in RULE_TYPES if item.name == name and item.takes(parameters)), None)


def has_row_outcome(rule: AnyRule) -> bool:
    """Tell whether each row passes or fails the rule; a composite needs it of all its parts."""
    return all(_has_row_outcome(part.type, len(part.parameters), part.condition is not None) for part in leaves(rule))


def _has_row_outcome(name: str, parameters: int, has_condition: bool) -> bool:
    found = rule_type(name, parameters)
    return found is not None and (found.rows == 'each row' or (
        found.rows == 'each row without condition' and not has_condition))
