"""Draws the report of a matched database: levels, scores and keys for each person, as one HTML page."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from lib.local_lake.showing.match_source import NEW, KnownKey

BINS = 20
STEPS = 20          # A distribution begins at a multiple of 1/20 below the threshold.
ROUNDING = 1e-9     # Rounding errors must not move 0.85 into the bin before.
NOT_SCORED = ('given', 'exact', NEW)
WIDTH, ROW, LABELS, NUMBERS = 720, 30, 190, 90
HEIGHT, AXIS = 150, 26
WORDS = {'given': 'id in the data', 'exact': 'same source key', NEW: 'new person'}
STYLE = """
:root { color-scheme: light dark; --text: #1d2733; --quiet: #5b6673; --page: #ffffff; --rule: #d8dee5;
  --bar: #2563a8; --rest: #c9d4e0; }
@media (prefers-color-scheme: dark) { :root { --text: #e6ebf0; --quiet: #9aa6b2; --page: #14191f; --rule: #343e49;
  --bar: #6ea8e0; --rest: #3d4a58; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 760px;
  margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .25rem; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .25rem; }
p { color: var(--quiet); margin: .25rem 0 1rem; }
.figures { display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 1.5rem 0; }
.figures div { color: var(--quiet); } .figures strong { display: block; font-size: 1.8rem; color: var(--text); }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 14px; fill: var(--text); }
svg .quiet { fill: var(--quiet); } .bar { fill: var(--bar); } .rest { fill: var(--rest); }
.axis { stroke: var(--rule); stroke-width: 1; }
"""


@dataclass(frozen=True)
class ScoreCounts:
    """The scores of a level: the number of keys in each of BINS equal parts of `lowest` to 1."""

    level: str
    lowest: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class MatchFigures:
    """The figures of a matched database.

    keys      number of source keys
    persons   number of global ids
    levels    each level with the number of keys that it matched, in the order of the levels
    sizes     each number of source keys that a person can have, rising, with the number of such persons
    scores    the distribution of the scores of each level that computes scores
    """

    keys: int
    persons: int
    levels: tuple[tuple[str, int], ...]
    sizes: tuple[tuple[int, int], ...]
    scores: tuple[ScoreCounts, ...]


def figures_of(known: Sequence[KnownKey], thresholds: Mapping[str, float]) -> MatchFigures:
    """Return the figures of a cross-reference; `thresholds` are those of the levels by id, in their order."""
    settled = Counter(key.level for key in known)
    order = dict.fromkeys(['given', 'exact', *thresholds, *sorted(set(settled) - {NEW}), NEW])
    sizes = Counter(Counter(key.global_id for key in known).values())
    scored = [name for name in order if name not in NOT_SCORED and settled[name]]
    return MatchFigures(
        keys=len(known), persons=sum(sizes.values()),
        levels=tuple((name, settled[name]) for name in order if settled[name]), sizes=tuple(sorted(sizes.items())),
        scores=tuple(_counted(name, thresholds.get(name, 0.0),
                              [key.score for key in known if key.level == name and key.score is not None])
                     for name in scored))


def _counted(level: str, threshold: float, scores: Sequence[float]) -> ScoreCounts:
    lowest = min(math.floor(threshold * STEPS) / STEPS, 1 - 1 / STEPS)
    width = (1 - lowest) / BINS
    bins = Counter(max(0, min(int((score - lowest) / width + ROUNDING), BINS - 1)) for score in scores)
    return ScoreCounts(level, lowest, tuple(bins[number] for number in range(BINS)))


@dataclass(frozen=True)
class _Bar:
    """A bar from `start` to `stop`, both in the unit of the chart."""

    label: str
    start: int
    stop: int
    is_rest: bool = False

    @property
    def length(self) -> int:
        return self.stop - self.start


def report_page(database: str, figures: MatchFigures) -> str:
    """Return the page: a waterfall of levels, score distributions, and source keys for each person."""
    ratio = figures.keys / figures.persons if figures.persons else 0.0
    charts = [
        _section('How each source key was matched',
                 'Number of keys that each level matched, in the order of the levels. A key without a match is new.',
                 _bars(_waterfall(figures), figures.keys)),
        *(_section(f'Scores of level {item.level}',
                   f'{sum(item.counts):,} keys by the score at which they were matched.', _histogram(item))
          for item in figures.scores),
        _section('Source keys of a person', 'Number of persons with one key, two keys, and so on.',
                 _bars([_Bar(_keys(size), 0, persons) for size, persons in figures.sizes],
                       max((persons for _, persons in figures.sizes), default=1)))]
    return '\n'.join([
        '<!DOCTYPE html>', '<html lang="en">', '<head>', '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>Entity match of {escape(database)}</title>', f'<style>{STYLE}</style>', '</head>', '<body>',
        f'<h1>Entity match of {escape(database)}</h1>', '<div class="figures">',
        *(f'<div><strong>{text}</strong>{label}</div>' for text, label in (
            (f'{figures.keys:,}', 'source keys'), (f'{figures.persons:,}', 'persons'),
            (f'{ratio:.2f}', 'keys for each person'))),
        '</div>', *charts, '</body>', '</html>', ''])


def _section(title: str, text: str, chart: str) -> str:
    return f'<h2>{escape(title)}</h2>\n<p>{escape(text)}</p>\n{chart}'


def _waterfall(figures: MatchFigures) -> list[_Bar]:
    bars, start = [], 0
    for name, count in figures.levels:
        label = WORDS.get(name) or f'level {name}'
        bars.append(_Bar(label, start, start + count, name in NOT_SCORED))
        start += count
    return bars


def _bars(bars: Sequence[_Bar], longest: int) -> str:
    """Return horizontal bars, the number at the end of each."""
    scale = (WIDTH - LABELS - NUMBERS) / max(longest, 1)
    parts = [_svg_start(ROW * len(bars) + 4, ', '.join(f'{bar.label}: {bar.length:,}' for bar in bars))]
    for number, bar in enumerate(bars):
        top, left, width = ROW * number, LABELS + bar.start * scale, max(bar.length * scale, 1)
        parts += [f'<text x="0" y="{top + 20}">{escape(bar.label)}</text>',
                  f'<rect class="{"rest" if bar.is_rest else "bar"}" x="{left:.1f}" y="{top + 5}" width="{width:.1f}" '
                  f'height="{ROW - 10}" rx="2"><title>{escape(bar.label)}: {bar.length:,}</title></rect>',
                  f'<text class="quiet" x="{left + width + 8:.1f}" y="{top + 20}">{bar.length:,}</text>']
    return '\n'.join([*parts, '</svg>'])


def _histogram(scores: ScoreCounts) -> str:
    """Return upright bars over the scores from the lowest to 1."""
    counts, width = scores.counts, 1 - scores.lowest
    step, most = WIDTH / BINS, max(counts) or 1
    edges = [scores.lowest + width * number / BINS for number in range(BINS + 1)]
    names = [f'{edges[number]:.3f} to {edges[number + 1]:.3f}: {count:,}' for number, count in enumerate(counts)]
    label = ', '.join(name for name, count in zip(names, counts, strict=True) if count)
    parts = [_svg_start(HEIGHT + AXIS + 20, label)]
    for number, count in enumerate(counts):
        height = (HEIGHT - 4) * count / most
        if count:
            middle, top = step * (number + 0.5), HEIGHT + 20 - height
            parts += [f'<rect class="bar" x="{step * number + 2:.1f}" y="{top:.1f}" width="{step - 4:.1f}" '
                      f'height="{height:.1f}" rx="2"><title>{names[number]}</title></rect>',
                      f'<text class="quiet" x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle">{count:,}</text>']
    floor = HEIGHT + 20
    parts.append(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{floor}" y2="{floor}"/>')
    for part, anchor in ((0.0, 'start'), (0.25, 'middle'), (0.5, 'middle'), (0.75, 'middle'), (1.0, 'end')):
        parts.append(f'<text class="quiet" x="{part * WIDTH:.1f}" y="{floor + 18}" text-anchor="{anchor}">'
                     f'{scores.lowest + part * width:.4g}</text>')
    return '\n'.join([*parts, '</svg>'])


def _svg_start(height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'


def _keys(count: int) -> str:
    return f'{count} key' if count == 1 else f'{count} keys'
