"""Finds the regular expressions in a Spark condition and says which of them could keep a job busy for ever."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lake_etl.syntax.regex_backtracking import java_pattern_problems

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

# Functions that the parser knows by name only; their second argument is the pattern.
BY_NAME = ('regexp', 'rlike', 'regexp_like', 'regexp_count', 'regexp_substr', 'regexp_instr', 'regexp_extract',
           'regexp_extract_all', 'regexp_replace', 'split')


def pattern_problems(tree: Expression | None) -> Iterator[str]:
    """Yield what is wrong with each pattern that the condition writes as a text."""
    for argument in _pattern_arguments(tree) if tree is not None else ():
        for pattern in _texts(argument):
            yield from java_pattern_problems(pattern)


def _pattern_arguments(tree: Expression) -> Iterator[Expression]:
    from sqlglot import exp
    known = (exp.RegexpLike, exp.RegexpILike, exp.RegexpExtract, exp.RegexpExtractAll, exp.RegexpReplace,
             exp.RegexpCount, exp.RegexpInstr, exp.RegexpSubstr, exp.RegexpSplit)
    for node in tree.walk():
        if isinstance(node, known):
            yield node.expression
        elif isinstance(node, exp.Anonymous) and node.name.lower() in BY_NAME and len(node.expressions) > 1:
            yield node.expressions[1]
        elif isinstance(node, exp.StrToMap):
            yield from (part for part in (node.args.get('pair_delim'), node.args.get('key_value_delim')) if part)


def _texts(argument: Expression) -> list[str]:
    """Return the text of an argument: texts that are joined count as one, those of a list one by one."""
    from sqlglot import exp
    texts = [node.this for node in argument.walk()
             if isinstance(node, exp.RawString) or isinstance(node, exp.Literal) and node.is_string]
    joined = isinstance(argument, (exp.Concat, exp.DPipe))
    return [''.join(texts)] if joined else texts
