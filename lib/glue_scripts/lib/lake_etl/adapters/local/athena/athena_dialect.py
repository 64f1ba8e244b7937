"""Parses SQL of Athena into trees in which functions keep their names and arguments as they were written."""
from __future__ import annotations

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino

KEPT_FUNCTION_PARSERS = ('CAST', 'TRY_CAST', 'EXTRACT', 'NORMALIZE', 'POSITION', 'SUBSTRING', 'TRIM', 'LISTAGG')


class AthenaQueries(Trino):
    """Trino's grammar without the parser's own reading of functions, whose meaning our translation tells."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):
        """Leaves every function that has no grammar of its own as it is written."""

        FUNCTIONS: ClassVar[dict[str, object]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[object, type[exp.Expression]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, object]] = {
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in KEPT_FUNCTION_PARSERS}
