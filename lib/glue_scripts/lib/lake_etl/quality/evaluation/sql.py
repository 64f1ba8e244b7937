"""Numbers and days as Spark SQL has them: conditions and metrics of rules are built as SQL text, without Spark."""
from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

# An expression, in brackets unless it is one term.
Sql = str


def number_literal(value: Decimal | float) -> Sql:
    """Return a number: a decimal as such, all its digits kept; a float as a double."""
    if isinstance(value, Decimal):
        return f'({value:f}BD)'
    return f'({value!r}D)' if math.isfinite(value) else f"CAST('{value}' AS double)"


def as_double(value: Sql) -> Sql:
    """Return a number as a double."""
    return f'CAST({value} AS double)'


def date_literal(value: date) -> Sql:
    """Return a date."""
    return f"DATE '{value.isoformat()}'"
