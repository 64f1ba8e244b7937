"""Draws the pictures of the README as SVG, for light and dark pages: the architecture, and what the demo prints.

    python docs/pictures/draw.py            draws all pictures anew
    ./lake demo > docs/pictures/demo.txt    records the demo first, when its output has changed
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif'
MONOSPACED = 'ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace'
CHARACTER = 7.3
LINE = 17


@dataclass(frozen=True)
class Theme:
    """The colours of one kind of page."""

    page: str
    text: str
    quiet: str
    line: str
    fills: Mapping[str, str]


THEMES = {
    'light': Theme(
        '#ffffff', '#1b2733', '#55636f', '#8795a1',
        {'files': '#eef2f6', 'job': '#dbe9fb', 'table': '#dcf3e4', 'setting': '#fdf1d6', 'ground': '#f6f8fa'}),
    'dark': Theme(
        '#0d1117', '#e6edf3', '#9aa7b4', '#5b6773',
        {'files': '#1c232c', 'job': '#15304f', 'table': '#14392a', 'setting': '#40330f', 'ground': '#161b22'}),
}


@dataclass(frozen=True)
class Box:
    """A part of the lake: its place in pixels, its name in bold, and lines that say more."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    name: str
    lines: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[int, int]:
        """The middle of the left edge."""
        return self.x, self.y + self.height // 2

    @property
    def right(self) -> tuple[int, int]:
        """The middle of the right edge."""
        return self.x + self.width, self.y + self.height // 2

    @property
    def top(self) -> tuple[int, int]:
        """The middle of the upper edge."""
        return self.x + self.width // 2, self.y

    @property
    def bottom(self) -> tuple[int, int]:
        """The middle of the lower edge."""
        return self.x + self.width // 2, self.y + self.height


CONFIGURATION = Box(250, 10, 190, 102, 'setting', 'Configuration',
                    ('mapping (CSV)', 'transforms (JSON)', 'quality rules (DQDL)'))
SQL = Box(600, 10, 190, 102, 'setting', 'SQL and match rules',
          ('one SELECT for a table', 'views for Athena', 'rules that match people'))
COLLECT = Box(16, 160, 150, 110, 'files', 'Collect',
              ('CSV, fixed width,', 'JSON, XML, Excel,', 'Parquet, packed files'))
CLEANSE_JOB = Box(250, 160, 190, 110, 'job', 'Collect to Cleanse',
                  ('read, map, protect,', 'transform and check', 'in one pass'))
CLEANSE = Box(472, 160, 96, 110, 'table', 'Cleanse', ('typed,', 'masked', 'tables'))
CONSUME_JOB = Box(600, 160, 190, 110, 'job', 'Cleanse to Consume',
                  ('fill a table by SQL,', 'check it,', 'match customers'))
CONSUME = Box(850, 160, 134, 110, 'table', 'Consume', ('tables and views', 'for analysts,', 'one id a customer'))
QUARANTINE = Box(250, 316, 190, 62, 'table', 'Quarantine', ('failed rows, with the rule',))
RECORDS = Box(600, 316, 190, 62, 'table', 'Records', ('lineage, runs, metrics',))
AWS = Box(16, 408, 475, 62, 'ground', 'On AWS', ('S3, Glue, Step Functions, Lambda, DynamoDB, Athena, CloudWatch',))
LAPTOP = Box(509, 408, 475, 62, 'ground', 'On a laptop: the same jobs', ('folders, Spark, one SQLite file, DuckDB',))
BOXES = (CONFIGURATION, SQL, COLLECT, CLEANSE_JOB, CLEANSE, CONSUME_JOB, CONSUME, QUARANTINE, RECORDS, AWS, LAPTOP)
ARROWS = (
    (COLLECT.right, CLEANSE_JOB.left), (CLEANSE_JOB.right, CLEANSE.left), (CLEANSE.right, CONSUME_JOB.left),
    (CONSUME_JOB.right, CONSUME.left), (CONFIGURATION.bottom, CLEANSE_JOB.top), (SQL.bottom, CONSUME_JOB.top),
    (CLEANSE_JOB.bottom, QUARANTINE.top), (CONSUME_JOB.bottom, RECORDS.top),
)
DESCRIPTION = ('Files in Collect pass one job into typed, masked Cleanse tables, and a second job into Consume tables. '
               'Failed rows go to quarantine. Lineage, runs and metrics are recorded.')


def architecture(theme: Theme) -> str:
    """Return the picture of the architecture as SVG."""
    parts = [f'<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
             f'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="{theme.line}"/></marker>']
    parts += [f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="{theme.line}" '
              'stroke-width="2" marker-end="url(#head)"/>' for start, end in ARROWS]
    for box in BOXES:
        middle, first = box.x + box.width // 2, box.y + 26
        parts.append(f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" '
                     f'fill="{theme.fills[box.kind]}" stroke="{theme.line}"/>')
        parts.append(f'<text x="{middle}" y="{first}" font-weight="600" font-size="15" fill="{theme.text}">'
                     f'{escape(box.name)}</text>')
        parts += [f'<text x="{middle}" y="{first + 22 + 20 * number}" font-size="13" fill="{theme.quiet}">'
                  f'{escape(line)}</text>' for number, line in enumerate(box.lines)]
    return document(1000, 486, theme, DESCRIPTION, f'<g font-family="{FONT}" text-anchor="middle">', parts)


def terminal(text: str, theme: Theme) -> str:
    """Return lines of a terminal as SVG."""
    lines = text.rstrip('\n').split('\n')
    width = round(max(len(line) for line in lines) * CHARACTER) + 40
    parts = [f'<text x="20" y="{30 + LINE * number}" fill="{theme.text if line[:1] != "-" else theme.quiet}" '
             f'xml:space="preserve">{escape(line)}</text>' for number, line in enumerate(lines) if line]
    return document(width, LINE * len(lines) + 32, theme,
                    'What ./lake demo prints: tables, an answer, matched customers.',
                    f'<g font-family="{MONOSPACED}" font-size="12">', parts)


def document(width: int, height: int, theme: Theme, description: str, group: str, parts: Iterable[str]) -> str:
    """Return a whole SVG document: a page of this size, its description for screen readers, and one group of parts."""
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f'<title>{escape(description)}</title>',
        f'<rect width="{width}" height="{height}" rx="10" fill="{theme.page}"/>', group, *parts, '</g>', '</svg>', ''])


def excerpt(printed: str) -> str:
    """Return what the picture shows of the demo: the command, its question with the answer, and the first people."""
    question = printed.index('Which lines of business')
    answer = printed[question:printed.index('\nDone in')].rstrip('\n')
    return f'$ ./lake demo\n…\n{answer}\n'


def pictures() -> dict[str, str]:
    """Return the content of every picture by the name of its file."""
    demo = excerpt((HERE / 'demo.txt').read_text(encoding='utf-8'))
    return {f'{name}-{mode}.svg': content for mode, theme in THEMES.items()
            for name, content in (('architecture', architecture(theme)), ('demo', terminal(demo, theme)))}


if __name__ == '__main__':
    for file, content in pictures().items():
        (HERE / file).write_text(content, encoding='utf-8')
        print(f'Wrote {file}.')
