"""Writes Python text as a Spark SQL literal."""
from __future__ import annotations


def sql_text(text: str) -> str:
    """Return the text as a quoted SQL literal that means exactly this text, back-slashes and quotes included."""
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"
