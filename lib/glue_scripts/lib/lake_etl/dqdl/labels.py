"""Reads the labels of a rule, and the default ones of a document."""
from __future__ import annotations

from collections.abc import Mapping

from lake_etl.dqdl.quoting import unquoted
from lake_etl.dqdl.token_reader import TokenReader

MOST_LABELS = 10
LONGEST_KEY, LONGEST_VALUE = 128, 256


def read_labels(reader: TokenReader) -> dict[str, str]:
    """Return the labels after the word `labels` or `DefaultLabels`; raises Unreadable when they are broken."""
    reader.expect('=', '= and the labels', 'write for example labels=["team"="claims"]')
    reader.expect('[', '[ and the labels', 'write for example labels=["team"="claims"]')
    labels: dict[str, str] = {}
    while True:
        key = reader.expect_text('the key of a label')
        reader.expect('=', f'= and the value of the label {key}')
        value = reader.expect_text(f'the value of the label {key}')
        for token, longest in ((key, LONGEST_KEY), (value, LONGEST_VALUE)):
            if not 1 <= len(unquoted(token.text)) <= longest:
                reader.problem(token.offset, f'the label text {token} has {len(unquoted(token.text))} characters, '
                               f'expected 1 to {longest}')
        if unquoted(key.text) in labels:
            reader.problem(key.offset, f'the label {key} appears twice')
        labels[unquoted(key.text)] = unquoted(value.text)
        if not reader.take_if(','):
            reader.expect(']', 'a comma or the closing ] of the labels')
            return labels


def merged_labels(reader: TokenReader, offset: int, defaults: Mapping[str, str], own: Mapping[str, str]
                  ) -> dict[str, str]:
    """Return default labels, overridden by a rule's own; records a problem when they are too many."""
    merged = {**defaults, **own}
    if len(merged) > MOST_LABELS:
        reader.problem(offset, f'the rule has {len(merged)} labels, default ones included, expected at most '
                       f'{MOST_LABELS}')
    return merged
