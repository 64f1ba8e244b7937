"""Brings SQL into a form in which statements that mean the same are equal: without comments, layout and letter case."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from lake_etl.syntax.placeholders import PLACEHOLDER
from lake_etl.syntax.sql_pieces import Dialect, Kind, pieces
from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree, syntax_trees

FILLABLE = re.compile(PLACEHOLDER)
# Arguments of syntax trees that hold keywords as they were written.
KEYWORDS = frozenset({'side', 'kind', 'method', 'unit'})
# With these parts a change of one output column can change the rows, and so all columns.
ROW_PARTS = ('group', 'distinct', 'having', 'qualify', 'order', 'limit', 'laterals')
# Of null this is null, and SIZE is -1; the parser takes one for the other.
SIZE_OR_NULL = re.compile(r'\barray_size(?=\s*\()', re.IGNORECASE)
CREATED = re.compile(r'\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:EXTERNAL\s+)?(?:VIEW|TABLE)\s+(?:IF\s+NOT\s+EXISTS\s+)?'
                     r'(?P<name>[^\s(]+)', re.IGNORECASE)


@dataclass(frozen=True)
class CanonicalQuery:
    """A statement in canonical form.

    whole    the form of the whole statement
    parsed   whether the parser has read it; otherwise the form is its words, and a difference may mean nothing
    columns  for a plain SELECT, the form of each output column by its name in lower case
    rest     for a plain SELECT, the form of everything else
    coupled  whether the expression of a column can decide on rows, or on other columns
    """

    whole: str
    parsed: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    rest: str = ''
    coupled: bool = True


@lru_cache(maxsize=10_000)
def canonical_query(text: str, dialect: Dialect) -> CanonicalQuery:
    """Return the canonical form of one statement, whose placeholders are not filled.

    Both versions of a configuration have most statements in common, so forms are remembered.
    """
    from sqlglot import exp
    tree = _tree(text, dialect)
    if tree is None or tree.find(exp.Command):
        return CanonicalQuery(canonical_words(text, dialect), parsed=False)
    try:
        form = partial(_form, spelled=tree.find(exp.JSONFormat) is not None)
        whole = form(tree)
        if not isinstance(tree, exp.Select):
            return CanonicalQuery(whole)
        names = [item.alias_or_name.lower() for item in tree.expressions]
        if not all(names) or '*' in names or len(set(names)) < len(names):
            return CanonicalQuery(whole)
        coupled = any(tree.args.get(part) for part in ROW_PARTS) or _refers_to(tree.expressions, names)
        columns = {name: form(item) for name, item in zip(names, tree.expressions, strict=True)}
        rest = tree.copy()
        rest.set('expressions', [])
        return CanonicalQuery(whole, columns=columns, rest=form(rest), coupled=coupled)
    except RecursionError:
        return CanonicalQuery(canonical_words(text, dialect), parsed=False)


def canonical_condition(text: str) -> str:
    """Return the canonical form of a condition on rows in Spark SQL; its words when the parser cannot read it."""
    try:
        tree = condition_tree(text)
        return _form(tree) if tree is not None else canonical_words(text, 'spark')
    except (SqlMistake, RecursionError):
        return canonical_words(text, 'spark')


def canonical_words(text: str, dialect: Dialect) -> str:
    """Return the words of a statement without comments; outside quotes in lower case, with single blanks."""
    words = []
    for piece in pieces(text, dialect):
        if piece.kind is Kind.CODE:
            words.append(re.sub(r'\s+', ' ', piece.text).lower())
        elif piece.kind is not Kind.COMMENT:
            words.append(piece.text)
        else:
            words.append(' ')
    return re.sub(r' +', ' ', ''.join(words)).strip()


def created_name(text: str, dialect: Dialect) -> str:
    """Return the name, in lower case, of the view or table that a statement creates; empty for another statement."""
    found = CREATED.match(canonical_words(text, dialect))
    return re.sub('[`"]', '', found['name']).lower() if found else ''


def _tree(text: str, dialect: Dialect) -> Any:
    """Return the syntax tree of a statement; None when it cannot be read as one statement."""
    named = FILLABLE.sub(lambda found: f'placeholder_{found[0].encode().hex()}', text)
    named = SIZE_OR_NULL.sub('size_or_null', named)
    try:
        trees = syntax_trees(named, dialect)
    except SqlMistake:
        return None
    return trees[0] if len(trees) == 1 else None


def _refers_to(expressions: Sequence[Any], names: Sequence[str]) -> bool:
    """Tell whether an output column is used by another output column, as Spark allows."""
    from sqlglot import exp
    for own, item in zip(names, expressions, strict=True):
        used = {column.name.lower() for column in item.find_all(exp.Column)}
        computed = {name for name, other in zip(names, expressions, strict=True) if isinstance(other, exp.Alias)}
        if (used - {own}) & computed:
            return True
    return False


def _form(node: Any, spelled: bool = False) -> str:
    """Return a syntax tree as text: names in lower case and without quotes, literals as they are.

    spelled  whether names stay as they are spelled, because TO_JSON writes those of columns into values
    """
    from sqlglot import exp
    if isinstance(node, list):
        return f'[{",".join(_form(item, spelled) for item in node)}]'
    if not isinstance(node, exp.Expression):
        return repr(node)
    if isinstance(node, exp.Identifier):
        return f'<{node.name if spelled else node.name.lower()}>'
    parts = []
    for key, value in sorted(node.args.items()):
        if value is None or value is False or value == [] or _is_noise(node, key, value):
            continue
        text = value.lower() if isinstance(value, str) and (
            key in KEYWORDS or isinstance(node, (exp.Anonymous, exp.Var))) else value
        parts.append(f'{key}={_form(text, spelled)}')
    return f'{type(node).__name__}({";".join(parts)})'


def _is_noise(node: Any, key: str, value: Any) -> bool:
    """Tell whether a keyword can be left out: OUTER after LEFT, and INNER."""
    from sqlglot import exp
    return isinstance(node, exp.Join) and key == 'kind' and (
        str(value).upper() == 'OUTER' and bool(node.args.get('side')) or str(value).upper() == 'INNER')
