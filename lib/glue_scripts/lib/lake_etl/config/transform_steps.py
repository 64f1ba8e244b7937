"""The transform_spec: its steps in order, the columns that they read, write and protect, and the checks of these."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from lake_etl.config.form import Entry
from lake_etl.syntax.records import Findings, describe, nearest, suggestion

PLACE = 'transform_spec'
ANNOTATION = 'description'
# A suffix after the colon distinguishes several steps of one transform, as in date:2.
SUFFIX_MARK = ':'
# Stands for all columns, in a step that does not name the ones that it protects.
ANY_COLUMN = '*'


@runtime_checkable
class DeclaredTransform(Protocol):
    """A transform that declares the form of its entries."""

    @property
    def parses_text(self) -> bool:
        """Tell whether the transform reads its source best as the text of the file."""

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[Any, ...]:
        """Return the entries of a raw specification; problems go to `findings`."""


# Transforms by name; one that is not a DeclaredTransform is a plain function of a user's module.
Registry = Mapping[str, Any]


@dataclass(frozen=True)
class TransformStep:
    """One key of a transform_spec.

    key          as written, with its suffix
    name         of the transform
    raw          value as written
    entries      the parsed entries; None when the transform does not declare their form, or they have problems
    place        place in the file, for messages
    parses_text  whether the transform reads its source best as the text of the file
    """

    key: str
    name: str
    raw: object
    entries: tuple[Entry, ...] | None
    place: str
    parses_text: bool = False


@dataclass(frozen=True)
class TransformSpec:
    """The steps in the order of execution, and the names of transforms that do not exist."""

    steps: tuple[TransformStep, ...] = ()
    unknown: tuple[str, ...] = ()


def parse_transforms(raw: object, registry: Registry, findings: Findings, refuse_unknown: bool) -> TransformSpec:
    """Return the steps of a transform_spec; problems go to `findings`.

    registry        transforms by name
    refuse_unknown  whether a transform that does not exist is a problem, or is skipped with a warning; it is always a
                    problem if its name looks like a misspelt transform that protects personal data
    """
    if not isinstance(raw, dict):
        findings.problem(PLACE, f'expected an object, got {describe(raw)}')
        return TransformSpec()
    steps, unknown = [], []
    for key, value in raw.items():
        name = step_name(key)
        if name in registry:
            steps.append(_step(key, name, value, registry[name], findings))
        elif key != ANNOTATION:
            unknown.append(name)
            refused = refuse_unknown or getattr(registry.get(nearest(name, registry) or ''), 'protects', False)
            _report_unknown(key, name, registry, findings, refused)
            if refused:
                steps.append(TransformStep(key, name, value, None, f'{PLACE}.{key}'))
    return TransformSpec(tuple(steps), tuple(unknown))


def step_name(key: str) -> str:
    """Return the name of the transform in the key of a step."""
    return key.partition(SUFFIX_MARK)[0].strip()


def text_columns(steps: Sequence[TransformStep]) -> frozenset[str]:
    """Return the columns, in lower case, that the reader should leave as the text of the file.

    These are the columns whose first use is an entry that parses text and writes its result to the same column. The
    search ends after an entry of unknown effect, because it may use any column.
    """
    touched: set[str] = set()
    as_text = set()
    for step in steps:
        for entry in step.entries or ():
            reads, written = _lower(entry.reads()), entry.writes()
            writes = _lower(written or ())
            if step.parses_text:
                as_text |= (reads & writes) - touched
            touched |= reads | writes
            if written is None or not (reads or writes):
                return frozenset(as_text)
        if step.entries is None:
            break
    return frozenset(as_text)


def check_columns(steps: Sequence[TransformStep], columns: Sequence[str] | None, findings: Findings,
                  hints: Mapping[str, str] | None = None) -> None:
    """Record a problem for each entry that reads a missing column, or adds a column that exists already.

    columns  columns before the first step; None if they are not known, so that only added columns are checked
    hints    what the mapping does with columns that it drops or renames, by lower-case name

    The check ends after the first entry of unknown effect.
    """
    known = {name.lower(): name for name in columns or ()}
    for step in steps:
        if step.entries is None:
            return
        for entry, place in _entries_with_places(step):
            for name in entry.reads() if columns is not None else ():
                if name.lower() not in known:
                    findings.problem(place, f"column '{name}' is not among the columns at this point",
                                     (hints or {}).get(name.lower()) or suggestion(name, known.values()))
            for name in _added(entry):
                if name.lower() in known:
                    findings.problem(place, f"column '{name}' is there already at this point, and would be added again",
                                     'give the earlier one another name, or drop it')
            written = entry.writes()
            if written is None:
                return
            known.update((name.lower(), name) for name in written)


def without_absent(steps: Sequence[TransformStep], present: Sequence[str], absent: Sequence[str]
                   ) -> tuple[tuple[TransformStep, ...], tuple[str, ...], int]:
    """Leave out the entries that read columns which optional rows of the mapping could not find.

    present  columns before the first step
    absent   columns that are missing there

    Returns the steps, the columns that are absent after all of them, and how many entries were left out.
    """
    known, missing = _lower(present), {name.lower(): name for name in absent}
    remaining, skipped = [], 0
    for step in steps:
        entries = []
        for entry in step.entries or ():
            if not _lower(entry.reads()) & missing.keys():
                entries.append(entry)
                known |= _lower(entry.writes() or ())
            else:
                skipped += 1
                missing.update((name.lower(), name) for name in entry.writes() or () if name.lower() not in known)
        if step.entries is None or entries or not step.entries:
            remaining.append(step if step.entries is None else replace(step, entries=tuple(entries)))
    return tuple(remaining), tuple(name for low, name in missing.items() if low not in known), skipped


def _added(entry: Entry) -> tuple[str, ...]:
    """Return the columns that must not exist before an entry; an entry without a method `adds` overwrites columns."""
    adds: Callable[[], tuple[str, ...]] = getattr(entry, 'adds', tuple)
    return adds()


def written_columns(steps: Sequence[TransformStep]) -> Iterator[tuple[str, str]]:
    """Yield the place and the name of each column that an entry is known to write."""
    for step in steps:
        for entry, place in _entries_with_places(step):
            for name in entry.writes() or ():
                yield place, name


def _step(key: str, name: str, raw: object, transform: DeclaredTransform | Callable[..., Any],
          findings: Findings) -> TransformStep:
    """Return the step; a step with a problem has no entries, because its effect is not fully known."""
    place = f'{PLACE}.{key}'
    if not isinstance(transform, DeclaredTransform):
        return TransformStep(key, name, raw, None, place)
    before = len(findings.problems)
    entries = transform.parse(raw, place, findings)
    valid = len(findings.problems) == before
    return TransformStep(key, name, raw, entries if valid else None, place, transform.parses_text)


def _report_unknown(key: str, name: str, registry: Registry, findings: Findings, refuse: bool) -> None:
    record = findings.problem if refuse else findings.warning
    record(f'{PLACE}.{key}', f'Transform function transform_{name} called for in {findings.file} not implemented',
           suggestion(name, registry))


def _entries_with_places(step: TransformStep) -> Iterator[tuple[Entry, str]]:
    """Yield each entry with its place: an index of a list, a key of an object of columns, or the step itself."""
    entries = step.entries or ()
    keys = list(step.raw) if isinstance(step.raw, dict) else []
    by_column = bool(keys) and [getattr(entry, 'field', None) for entry in entries] == keys
    for index, entry in enumerate(entries):
        if isinstance(step.raw, list):
            yield entry, f'{step.place}[{index}]'
        else:
            yield entry, f'{step.place}.{keys[index]}' if by_column else step.place


def _lower(names: Sequence[str]) -> set[str]:
    return {name.lower() for name in names}


def protection_by_transform(transforms: Mapping[str, object], lake_transforms: Mapping[str, object]
                            ) -> dict[str, bool]:
    """Return whether each transform protects personal data, by name.

    lake_transforms  transforms of the lake, or their forms; a user's function that replaces one of them counts as
                     protecting if that one protects
    """
    return {name: bool(getattr(lake_transforms.get(name, transform), 'protects', False))
            for name, transform in transforms.items()}


def protected_columns(steps: Sequence[TransformStep], protecting: Mapping[str, bool]) -> dict[str, str]:
    """Return the name of the transform that protects each protected column, by column name in lower case.

    protecting  whether each transform protects, by name
    """
    found: dict[str, str] = {}
    for step in steps:
        if protecting.get(step.name, False):
            for name in _columns(step):
                found[name.lower()] = step.name
    return found


def _columns(step: TransformStep) -> list[str]:
    """Return the columns that a step writes, or the columns that it names if what it writes is not known."""
    if step.entries is None:
        named = step.raw if isinstance(step.raw, (list, dict)) else ()
        return [name for name in named if isinstance(name, str)] or [ANY_COLUMN]
    return [name for entry in step.entries for name in entry.writes() or entry.reads() or (ANY_COLUMN,)]
