"""Says why SQLite could not use a file and what helps, from its error code."""
from __future__ import annotations

FREE_DISK = 'Free some space on the disk, then repeat'
# The first fitting beginning of the name of an error code counts.
CAUSES = (
    ('SQLITE_FULL', 'the disk is full', FREE_DISK),
    ('SQLITE_READONLY', 'the file, its folder or its disk is read-only',
     'Make it writable for you, or choose another folder, then repeat'),
    ('SQLITE_IOERR_SHM', 'the disk is full or takes no changes', FREE_DISK),
    ('SQLITE_IOERR_WRITE', 'the disk is full or takes no changes', FREE_DISK),
    ('SQLITE_IOERR', 'the disk reports an error', 'Check the disk, then repeat'),
    ('SQLITE_BUSY', 'another program holds the file', 'End that program, then repeat'),
    ('SQLITE_LOCKED', 'another program holds the file', 'End that program, then repeat'),
    ('SQLITE_PERM', 'you may not use the file', 'Ask its owner for permission, then repeat'),
    ('SQLITE_AUTH', 'you may not use the file', 'Ask its owner for permission, then repeat'),
    ('SQLITE_CANTOPEN', 'the file cannot be opened',
     'Make sure that its folder exists and that you may read and write both, then repeat'),
    ('SQLITE_NOTADB', 'the file is not a SQLite database',
     'Bring it back from a backup, together with the folders next to it'),
    ('SQLITE_CORRUPT', 'the file is damaged', 'Bring it back from a backup, together with the folders next to it'),
    ('SQLITE_ERROR', 'a table or a column that this version of the lake uses is missing in it',
     'Use the version of the lake that wrote it, or bring it back from a backup'),
)


def sqlite_cause(error: Exception) -> tuple[str, str]:
    """Return what is wrong, with the name of the error code, and what to do about it, as parts of sentences."""
    code = str(getattr(error, 'sqlite_errorname', None) or type(error).__name__)
    for beginning, cause, remedy in CAUSES:
        if code.startswith(beginning):
            return f'{cause} ({code})', remedy
    return code, 'Make sure that the file is the database of a lake and that you may read and write it, then repeat'
