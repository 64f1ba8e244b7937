"""Formats the explanation of why two rows are, or are not, the same person."""
from __future__ import annotations

from lake_etl.match.explanation import FieldComparison, LevelExplanation, PairExplanation
from lib.local_lake.showing.text_table import table_lines

NOT_COMPARED = 'not compared, because the rows share no block of this level'
LEARNT = 'its weights are learnt from each batch; put "weights" into the specification to see contributions here'


def explanation_lines(explanation: PairExplanation) -> list[str]:
    """Return lines with the comparison of a pair at each level, and the verdict."""
    lines: list[str] = []
    for level in explanation.levels:
        lines += _level_lines(level) + ['']
    deciding = explanation.deciding
    verdict = (f'Level {deciding.level} matches them, with a score of {deciding.score:.6g}.' if deciding
               else 'No level matches this pair. If both have the same global id, other rows connect them.')
    return [*lines, verdict]


def _level_lines(level: LevelExplanation) -> list[str]:
    if not level.blocks:
        return [f'Level {level.level}: {NOT_COMPARED}.']
    if level.score is None:
        heading = f'Level {level.level}: {LEARNT}.'
    else:
        kind = 'probability' if level.is_probabilistic else 'score'
        verdict = 'a match' if level.matches else 'no match'
        heading = f'Level {level.level}: {kind} {level.score:.6g}, threshold {level.threshold:g}: {verdict}.'
    columns = ['field', 'one row', 'the other', 'agreement']
    if level.score is not None:
        columns += ['bits against a stranger' if level.is_probabilistic else 'contribution']
    if len(level.prior) > 1:
        columns += ['bits against a housemate']
    rows = [_cells(evidence, len(columns)) for evidence in level.fields]
    if level.prior:
        rows.append(['(before any field)', '', '', '', *(_number(value) for value in level.prior)])
        rows.append(['(in all)', '', '', '', *(_number(value) for value in _totals(level))])
    return [heading, f'  found by {"; ".join(level.blocks)}', *(f'  {line}' for line in table_lines(columns, rows))]


def _cells(evidence: FieldComparison, count: int) -> list[object]:
    cells: list[object] = [evidence.field, evidence.left, evidence.right, evidence.agreement,
                           _number(evidence.contribution), _number(evidence.against_housemate)]
    return cells[:count]


def _totals(level: LevelExplanation) -> list[float]:
    """Return the sum of the prior odds and all fields, in bits, against each alternative."""
    stranger = level.prior[0] + sum(evidence.contribution or 0.0 for evidence in level.fields)
    housemate = [level.prior[1] + sum(evidence.against_housemate or 0.0 for evidence in level.fields)
                 ] if len(level.prior) > 1 else []
    return [stranger, *housemate]


def _number(value: float | None) -> str:
    return '' if value is None else f'{value:+.2f}'
