"""Lists the files that one load consists of: a file, or all files of the folder that its trigger file completes."""
from __future__ import annotations

from lake_etl import runtime
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError

HIDDEN = ('_', '.')


def files_of_load(uri: str, spec: InputSpec) -> tuple[str, tuple[str, ...]]:
    """Return the name of the load for messages and the addresses of its files, in the order of their names.

    With `"files": "folder"` in the input_spec these are the files beside `uri`, which is the trigger; files in folders
    below, empty ones, and those whose names begin with `_` or `.` do not count. Raises DataError when there are none.
    """
    folder, _, name = uri.rpartition('/')
    if spec.files is None:
        if name.startswith(HIDDEN):
            raise DataError(f'{uri} has a name that begins with "_" or ".", and Spark leaves such files out. Land it '
                            'again under another name.')
        return uri, (uri,)
    prefix = f'{folder}/'
    names = {entry.uri.removeprefix(prefix) for entry in runtime.files(folder).list(folder) if entry.size}
    found = [f'{prefix}{item}' for item in sorted(names - {name, spec.trigger_name})
             if '/' not in item and not item.startswith(HIDDEN)]
    if not found:
        raise DataError(f'The folder {folder} holds no files with content beside its trigger {name}. The published '
                        'data stays as it is; land the files, and the trigger last.')
    return folder, tuple(found)
