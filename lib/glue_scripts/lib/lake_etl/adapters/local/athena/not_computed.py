"""Tells a value that the laptop cannot compute as Athena does from one that Athena refuses too."""
from __future__ import annotations


class NotComputedError(ValueError):
    """A function met a value for which the laptop does not know Athena's answer; holds no value of a row."""
