"""Parses SQL of Athena into trees in which functions keep their names and arguments as they were written."""
from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import TokenType

KEPT_FUNCTION_PARSERS = ('CAST', 'TRY_CAST', 'EXTRACT', 'NORMALIZE', 'POSITION', 'SUBSTRING', 'TRIM', 'LISTAGG',
                         'JSON_VALUE',
                         'JSON_QUERY')
TYPED_LITERAL = 'typed literal'      # no name of a function


def _typed_literal(parser: Any, literal: exp.Expr, kind: exp.DataType) -> exp.Anonymous:
    """Tell DECIMAL '1.5', whose digits are the type's, from CAST('1.5' AS DECIMAL)."""
    return exp.Anonymous(this=TYPED_LITERAL, expressions=[literal, kind])


class AthenaGrammar(Trino):
    """Trino's grammar without the parser's own reading of functions, whose meaning our translation tells."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):       # type: ignore[valid-type,misc]
        """Leaves every function that has no grammar of its own as it is written."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in KEPT_FUNCTION_PARSERS}
        COLUMN_OPERATORS: ClassVar[dict[Any, Any]] = {       # without :: and ->, which Athena does not have
            kind: parser for kind, parser in Trino.Parser.COLUMN_OPERATORS.items() if kind == TokenType.DOT}
        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {kind: _typed_literal for kind in exp.DType}

        def _parse_bracket(self, this: exp.Expr | None = None) -> exp.Expr | None:
            """Read a subscript; Athena has no list in brackets without ARRAY before it."""
            if this is None and self._curr and self._curr.token_type == TokenType.L_BRACKET:
                self.raise_error('Expected ARRAY before the bracket')
            found: exp.Expr | None = super()._parse_bracket(this)
            return found
