"""The transform_spec: its steps in order, and a walk through them with the columns known at each point."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from lake_etl.config.form import Entry
from lake_etl.syntax.records import Findings, describe, nearest, suggestion

PLACE = 'transform_spec'
ANNOTATION = 'description'
# A step is told apart from an earlier one of the same transform by what follows the colon.
SUFFIX_MARK = ':'


@runtime_checkable
class DeclaredTransform(Protocol):
    """A transform that knows the form of its entries."""

    @property
    def parses_text(self) -> bool:
        """Tell whether it reads its source best as the text of the file."""

    def parse(self, raw: object, place: str, findings: Findings) -> tuple[Any, ...]:
        """Return the entries of a raw specification; what does not fit goes to `findings`."""


# Any other transform is a plain function of a user's module.
Registry = Mapping[str, Any]


@dataclass(frozen=True)
class TransformStep:
    """One key of a transform_spec.

    key          as written, with its suffix
    name         of the transform
    raw          value as written
    entries      the value as records; None when the transform does not tell their form
    place        in the file, for messages
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
    """The steps in execution order, and the names of transforms that do not exist."""

    steps: tuple[TransformStep, ...] = ()
    unknown: tuple[str, ...] = ()


def parse_transforms(raw: object, registry: Registry, findings: Findings, refuse_unknown: bool) -> TransformSpec:
    """Return the steps of a transform_spec; everything that is wrong with it goes to `findings`.

    registry        transforms by name
    refuse_unknown  whether a transform that does not exist is a problem, or is left out with a warning; one whose name
                    looks like a misspelt transform that protects personal data always is a problem
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

    Those are the columns whose first use is an entry that parses text and puts its result into the same column. Behind
    an entry of unknown effect no column is sure to be untouched.
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


def follow_columns(steps: Sequence[TransformStep], columns: Sequence[str] | None, findings: Findings,
                   hints: Mapping[str, str] | None = None) -> None:
    """Record a problem for each read of a column that is not there, and for each new column that is there already.

    columns  those before the first step; None: not known, so that only new columns are checked
    hints    by lower-case name, what became of columns that are not among them

    The walk ends behind the first entry of unknown effect.
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
    """Return the columns that an entry adds; few have a method `adds`, the others overwrite what is there."""
    adds: Callable[[], tuple[str, ...]] = getattr(entry, 'adds', tuple)
    return adds()


def written_columns(steps: Sequence[TransformStep]) -> Iterator[tuple[str, str]]:
    """Yield (place, column) for each column that an entry is known to write."""
    for step in steps:
        for entry, place in _entries_with_places(step):
            for name in entry.writes() or ():
                yield place, name


def _step(key: str, name: str, raw: object, transform: DeclaredTransform | Callable[..., Any],
          findings: Findings) -> TransformStep:
    """Return the step; one with a problem has no entries, since what it does is not known whole."""
    place = f'{PLACE}.{key}'
    if not isinstance(transform, DeclaredTransform):
        return TransformStep(key, name, raw, None, place)
    before = len(findings.problems)
    entries = transform.parse(raw, place, findings)
    sound = len(findings.problems) == before
    return TransformStep(key, name, raw, entries if sound else None, place, transform.parses_text)


def _report_unknown(key: str, name: str, registry: Registry, findings: Findings, refuse: bool) -> None:
    record = findings.problem if refuse else findings.warning
    record(f'{PLACE}.{key}', f'Transform function transform_{name} called for in {findings.file} not implemented',
           suggestion(name, registry))


def _entries_with_places(step: TransformStep) -> Iterator[tuple[Entry, str]]:
    """Yield each entry with its place: an index in a list, a key in an object of columns, or the step itself."""
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
