"""Hides personal data in rows that are set aside before the steps that would protect it."""
from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.quality.protection import Protection
from lake_etl.transform.registry import AnyTransform, Transform, TransformContext

LOG = logging.getLogger(__name__)
# A text and no null, so that nobody takes it for a value that was missing.
HIDDEN_VALUE = '(hidden)'


def hidden(df: DataFrame, protection: Protection, transforms: Mapping[str, AnyTransform],
           args: Mapping[str, Any]) -> DataFrame:
    """Return the rows with each column protected by the transform that protects it later, or hidden.

    Originals of tokens are stored before this returns.
    """
    context = TransformContext(args)
    for name, entries in protection.protected:
        transform = transforms[name]
        if not isinstance(transform, Transform):
            raise TypeError(f'transform_{name} has entries but is a plain function')
        df = transform.apply(df, entries, context)
    return df.withColumns({name: F.lit(HIDDEN_VALUE) for name in protection.hidden})


def warn_of_hidden_columns(protection: Protection, table: str) -> None:
    """Log why columns of a quarantine table are hidden, if any are."""
    if protection.hidden:
        because = f'behind {", ".join(protection.reasons)} ' if protection.reasons else ''
        LOG.warning('%d columns of %s are hidden: %snobody can tell which of them later steps protect. Move the steps '
                    "that hash, redact or tokenize to the beginning of transform_spec, or set 'quarantine_clear' in "
                    'the rules file.', len(protection.hidden), table, because)
