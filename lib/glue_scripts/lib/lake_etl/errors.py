"""Every error the lake raises on purpose: one base class, and text that says what to do next."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class LakeError(RuntimeError):
    """Base of all expected failures; its text is one paragraph a data engineer can act on."""


@dataclass(frozen=True)
class Problem:
    """One mistake in one configuration file.

    file     name of the file, such as `Gen-Policy.json`
    place    where in the file: `transform_spec.date[0].format`, `row 7`, or empty for the whole file
    message  what was found and what was expected
    hint     what to do next, such as "did you mean 'format'?"
    """

    file: str
    place: str
    message: str
    hint: str = ''

    def __str__(self) -> str:
        place = f' {self.place}:' if self.place else ''
        hint = f' ({self.hint})' if self.hint else ''
        return f'{self.file}:{place} {self.message}{hint}'


class ConfigurationError(LakeError):
    """Configuration files are wrong; lists all problems of all files at once.

    effect  what the caller knows was left unchanged, such as `nothing was read or changed`; empty to say nothing
    """

    def __init__(self, problems: Iterable[Problem], effect: str = ''):
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = 'problem' if count == 1 else 'problems'
        lines = '\n'.join(f'  {problem}' for problem in self.problems)
        super().__init__(f'{count} configuration {noun}{effect and f"; {effect}"}:\n{lines}')


class DataError(LakeError):
    """A source file cannot be loaded as it is: empty, unreadable, or without the columns that were asked for."""


class NoRowsError(DataError):
    """A source file, or the sheet of a workbook, has no rows."""


class ConversionError(LakeError):
    """Values do not convert, and the workflow asks for the load to stop then."""


class QualityError(LakeError):
    """The rows of a load do not meet the rules without which they must not be published."""


class ControlTotalsError(LakeError):
    """Rows or sums of a load differ from the control totals that its sender states."""


class SchemaChangeError(LakeError):
    """The new columns differ from the published table by more than the workflow allows."""


class OwnershipError(LakeError):
    """Another workflow fills the table, or the load does not protect what earlier loads of the table have protected."""


class PublicationError(LakeError):
    """The catalog refused to switch a table to its new data; the old data is still what readers see."""


class PublicationConflict(PublicationError):
    """Another execution published the same partition in the meantime."""


class MergeConflict(PublicationError):
    """Another execution has changed the table that rows were matched to; nothing was written."""


class QueryError(LakeError):
    """A query engine refused or failed a statement; carries the engine's reason."""


class JobFailure(LakeError):
    """A job failed by an error that is not the lake's own; the text is the lake's.

    original  the error itself, which may quote values of rows: for the screen of whoever asks for it, and nothing else
    """

    def __init__(self, reason: str, original: BaseException | None = None):
        super().__init__(reason)
        self.original = original


class ItemStoreError(LakeError):
    """An item table is missing, or does not hold an item that the workflow needs."""
