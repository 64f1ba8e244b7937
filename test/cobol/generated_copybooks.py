"""Makes copybooks with the values of some records, the same ones in every run: for COBOL compilers and for readers."""
from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

RECORDS = 4
LETTERS = string.ascii_letters + string.digits + ' -./'
SPELLINGS = {'binary': ('COMP', 'BINARY', 'USAGE IS COMP-4', 'COMPUTATIONAL', 'USAGE BINARY'),
             'packed': ('COMP-3', 'PACKED-DECIMAL', 'USAGE COMPUTATIONAL-3', 'USAGE IS COMP-3'),
             'native': ('COMP-5',), 'float': ('COMP-1',), 'double': ('COMP-2',),
             'display': ('', 'USAGE DISPLAY', 'DISPLAY')}


@dataclass(frozen=True)
class Described:
    """An item of a generated copybook.

    kind     text, number, group, or filler
    usage    as in SPELLINGS
    picture  as written
    sign     as written, such as `SIGN LEADING SEPARATE`
    most     number of elements of a table; 0 if it is none
    counter  name of the field with the number of elements; empty if that is `most`
    text     of REDEFINES: the name of the item that this one describes again
    """

    name: str
    kind: str
    picture: str = ''
    usage: str = 'display'
    digits: int = 0
    scale: int = 0
    zeros: int = 0
    signed: bool = False
    sign: str = ''
    length: int = 0
    most: int = 0
    counter: str = ''
    redefines: str = ''
    synchronized: bool = False
    children: tuple[Described, ...] = ()
    spelling: str = ''


@dataclass
class Maker:
    """Makes the items of one copybook.

    dialect  `ibm` for what mainframes and readers of their files know; `gnu` for what GnuCOBOL knows too, without what
             version 3.1 does wrong: several tables of varying length, REDEFINES in a record with one, P
    varies   whether tables vary in length
    """

    seed: int
    dialect: str
    names: int = 0
    counters: list[Described] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(f'{self.dialect} {self.seed}')
        self.varies = self.random.random() < 0.5

    def record(self) -> Described:
        items = [item for _ in range(self.random.randint(3, 8)) for item in self.item(0)]
        return Described(f'REC-{self.seed}', 'group', children=tuple(items))

    def name(self) -> str:
        self.names += 1
        stem = self.random.choice(('POLICY', 'CLAIM', 'AMT', 'CODE', 'DATE-OF', 'INSURED-NAME', 'X'))
        return f'{stem}-{self.names}'

    def item(self, depth: int, within_table: bool = False) -> Iterator[Described]:
        """Yield an item, and the counter above it if it is a table of varying length."""
        choice = self.random.random()
        if choice < 0.12 and depth < 3:
            yield Described(self.name(), 'group', children=self.children(depth, within_table))
        elif choice < 0.24 and depth < 2:
            yield from self.table(depth, within_table)
        elif choice < 0.30:
            yield self.filler()
        elif choice < 0.36 and not within_table and not (self.dialect == 'gnu' and self.varies):
            first, second = self.random.randint(1, 8), self.random.randint(1, 8)
            base = self.text(first + second)
            yield base
            yield Described(self.name(), 'group', redefines=base.name, children=(self.text(first), self.text(second)))
        else:
            yield self.field(not depth)

    def children(self, depth: int, within_table: bool) -> tuple[Described, ...]:
        items = [item for _ in range(self.random.randint(1, 4)) for item in self.item(depth + 1, within_table)]
        return tuple(items) if any(item.kind != 'filler' for item in items) else (*items, self.field())

    def table(self, depth: int, within_table: bool) -> Iterator[Described]:
        most, counter = self.random.randint(1, 4), ''
        if not within_table and self.varies and (self.dialect == 'ibm' or not self.counters):
            found = self.random.choice((
                Described(self.name(), 'number', '9(2)', digits=2),
                Described(self.name(), 'number', '9(3)', 'packed', 3),
                Described(self.name(), 'number', 'S9(4)', 'binary', 4, signed=True)))
            yield found
            self.counters.append(found)
            counter = found.name
        if self.random.random() < 0.5:
            yield replace(self.field(), most=most, counter=counter)
        else:
            yield Described(self.name(), 'group', most=most, counter=counter, children=self.children(depth, True))

    def filler(self) -> Described:
        length = self.random.randint(1, 6)
        return Described('FILLER', 'filler', f'X({length})', length=length)

    def text(self, length: int) -> Described:
        # Cobrix 2.6.9 takes x(9) for one character.
        spellings = (f'X({length})', 'X' * length, f'X({length:02})' if self.dialect == 'ibm' else f'x({length})')
        return Described(self.name(), 'text', self.random.choice(spellings),
                         length=length)

    def field(self, outermost: bool = False) -> Described:
        choice = self.random.random()
        if choice < 0.3:
            return self.text(self.random.randint(1, 25))
        if choice < 0.36:
            # Cobrix 2.6.9 reads some numbers of COMP-1 wrongly, among them all negative ones.
            usage = self.random.choice(('float', 'double') if self.dialect == 'gnu' else ('double',))
            return Described(self.name(), 'number', usage=usage, spelling=SPELLINGS[usage][0])
        return self.number(outermost)

    def number(self, outermost: bool) -> Described:
        usage = self.random.choice(('display', 'display', 'packed', 'packed', 'binary')
                                   + (('native',) if self.dialect == 'gnu' else ()))
        whole = self.random.randint(0 if self.random.random() < 0.1 else 1, 9)
        decimals = self.random.choice((0, 0, 2, 2, self.random.randint(1, 6)))
        if usage in ('display', 'packed') and self.random.random() < 0.15:
            whole += self.random.randint(8, 18)
        if not whole and not decimals:
            whole = 1
        if usage in ('binary', 'native') and whole + decimals < 3:
            whole += 3
        signed = self.random.random() < 0.7
        has_zeros = not decimals and self.random.random() < 0.05 and self.dialect == 'ibm'
        zeros = self.random.randint(1, 3) if has_zeros else 0
        picture = ('S' if signed else '') + self.nines(whole) + 'P' * zeros
        if decimals:
            picture += 'V' + self.nines(decimals)
        sign = ''
        if signed and usage == 'display':
            sign = self.random.choice(('', '', '', 'SIGN LEADING', 'SIGN IS TRAILING SEPARATE CHARACTER',
                                       'SIGN IS LEADING SEPARATE', 'SIGN TRAILING'))
        # GnuCOBOL counts boundaries from the group, forgets them before a table of varying length, and has larger ones.
        can_align = (outermost and self.dialect == 'gnu' and not self.varies and usage == 'binary'
                     and whole + decimals < 10)
        synchronized = can_align and self.random.random() < 0.4
        return Described(self.name(), 'number', picture, usage, whole + decimals, decimals, zeros, signed, sign,
                         synchronized=synchronized, spelling=self.random.choice(SPELLINGS[usage]))

    def nines(self, count: int) -> str:
        return self.random.choice((f'9({count})', '9' * count, f'9({count:02})')) if count else ''

    def values(self, items: tuple[Described, ...], counts: dict[str, int]) -> dict[str, Any]:
        """Return random values of items by name; tables are lists."""
        found: dict[str, Any] = {}
        tables = {item.counter: item.most for item in _walk(items) if item.counter}
        for item in items:
            if item.redefines or item.kind == 'filler':
                continue
            if item.name in tables:
                counts[item.name] = self.random.randint(0, tables[item.name])
                found[item.name] = counts[item.name]
            elif item.most:
                number = counts[item.counter] if item.counter else item.most
                found[item.name] = [self.value(item, counts) for _ in range(number)]
            else:
                found[item.name] = self.value(item, counts)
        return found

    def value(self, item: Described, counts: dict[str, int]) -> Any:
        if item.kind == 'group':
            return self.values(item.children, counts)
        if item.kind == 'text':
            length = self.random.randint(0, item.length)
            return ''.join(self.random.choice(LETTERS) for _ in range(length)).strip()
        if item.usage in ('float', 'double'):
            return float(self.random.randint(-4096, 4096)) / self.random.choice((1, 2, 8, 64))
        digits = self.random.choice((item.digits, item.digits, self.random.randint(1, item.digits)))
        number = self.random.randint(0, 10 ** digits - 1)
        if item.signed and self.random.random() < 0.5:
            number = -number
        return Decimal(number).scaleb(item.zeros - item.scale)


def _walk(items: tuple[Described, ...]) -> Iterator[Described]:
    for item in items:
        yield item
        yield from _walk(item.children)


def copybook_text(record: Described, seed: int) -> str:
    """Return the copybook of a record, written in one of several ways."""
    style = random.Random(seed)
    lines: list[str] = []
    _write(record, 1, lines, style)
    if seed % 3 == 0:     # with numbers in front, and text behind column 72
        return ''.join(f'{number * 100:06} {line:65.65}TEXT{number:04}\n' for number, line in enumerate(lines, 1))
    return ''.join(f'       {line}\n' for line in lines)


def _write(item: Described, level: int, lines: list[str], style: random.Random) -> None:
    clauses = [f'{level:02} {item.name}']
    if item.redefines:
        clauses.append(f'REDEFINES {item.redefines}')
    if item.picture:
        clauses.append(style.choice(('PIC', 'PIC', 'PICTURE', 'PIC IS')) + f' {item.picture}')
    clauses += [text for text in (item.spelling or SPELLINGS[item.usage][0], item.sign) if text]
    if item.synchronized:
        clauses.append('SYNC')
    if item.counter:
        clauses.append(f'OCCURS 0 TO {item.most} TIMES DEPENDING ON {item.counter}')
    elif item.most:
        clauses.append(f'OCCURS {item.most}' + style.choice((' TIMES', '')))
    indent = '    ' * ((level - 1) // 4)
    line = indent
    for clause in clauses:
        if len(line) + len(clause) > 58:
            lines.append(line.rstrip())
            line = indent + '    '
        line += clause + ' '
    lines.append(line.rstrip() + '.')
    for child in item.children:
        _write(child, level + 4 if level > 1 else 5, lines, style)
