"""Fetches the configuration that a change is compared with: a folder, or the files of a git reference."""
from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lake_etl.adapters.local.locked_folders import locked_folder, temporary_place
from lake_etl.errors import LakeError
from lib.local_lake.folders import KINDS, OWN_CONFIGURATION
from lib.local_lake.running.transform_code import CODE

# A hook of git sets these for the repository that it belongs to.
OF_HOOKS = ('GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX')
HEAD = 'HEAD'
PRESENT_CODE = OWN_CONFIGURATION / CODE
UNTRUSTED = 'dubious ownership'


@dataclass(frozen=True)
class EarlierConfiguration:
    """A configuration folder to compare with.

    name         in words, such as `HEAD (3f2a91c0)`
    folder       that holds transformation-spec and so on
    code         folder with modules of the user's own transforms
    uncommitted  how many configuration files differ from the last commit; None if it is not from git
    """

    name: str
    folder: Path
    code: Path
    uncommitted: int | None = None


@contextmanager
def earlier_configuration(against: str | None, configuration: Path) -> Iterator[EarlierConfiguration]:
    """Give the configuration at a git reference, or in a folder; copies are removed at the end of the block.

    against        a folder with configuration files, or otherwise a reference of the repository of `configuration`;
                   None for the last commit
    configuration  the present folder

    Raises LakeError for an unknown reference, without git or a repository, and if the reference lacks the folder.
    """
    folder = Path(against or HEAD)
    if against and folder.is_dir() and any((folder / kind).is_dir() for kind in KINDS):
        code = folder.resolve() / CODE
        yield EarlierConfiguration(str(folder), folder.resolve(), code if code.is_dir() else PRESENT_CODE)
        return
    with locked_folder(temporary_place()) as target:
        commit = _commit(against, configuration)
        reference = HEAD if against is None else against
        # Loads run the modules of this repository, whatever the configuration folder is.
        wanted = [*KINDS, *([CODE] if configuration == OWN_CONFIGURATION else [])]
        files = _files_of(commit, wanted, configuration)
        if not any(PurePosixPath(file).parts[0] in KINDS for file in files):
            raise LakeError(f'The commit {reference} ({commit[:8]}) has no configuration files in {configuration}. '
                            'Name a reference that has them, or a folder.')
        _write(commit, files, configuration, target)
        yield EarlierConfiguration(f'{reference} ({commit[:8]})', target, target / CODE if CODE in wanted
                                   else PRESENT_CODE, _uncommitted(wanted, configuration))


def _commit(against: str | None, configuration: Path) -> str:
    """Return the commit of a reference, or the last one."""
    reference = HEAD if against is None else against
    inside = _git(['rev-parse', '--is-inside-work-tree'], configuration)
    if inside.returncode:
        if UNTRUSTED in inside.stderr.decode(errors='replace'):
            raise LakeError(f'git does not read the repository of {configuration}, because it belongs to another '
                            'user. Trust it with: git config --global --add safe.directory FOLDER')
        given = '' if against is None else f', and there is no folder {reference} with configuration files'
        raise LakeError(f'{configuration} is not in a git repository{given}. Name a folder that holds the earlier '
                        'configuration with --against.')
    found = _git(['rev-parse', '--verify', '--quiet', '--end-of-options', f'{reference}^{{commit}}'], configuration)
    if found.returncode or not reference:
        if reference == 'HEAD':
            raise LakeError(f'The git repository of {configuration} has no commit yet. Commit the configuration, or '
                            'name the folder of an earlier one with --against.')
        shallow = _git(['rev-parse', '--is-shallow-repository'], configuration).stdout.strip() == b'true'
        more = ' This clone is shallow; git fetch --unshallow brings the earlier commits.' if shallow else ''
        raise LakeError(f'--against {reference}: the git repository of {configuration} has no such reference, and '
                        'there is no folder of that name with configuration files. git branch -a lists branches, git '
                        f'log --oneline commits.{more}')
    return found.stdout.decode().strip()


def _files_of(commit: str, folders: Sequence[str], configuration: Path) -> list[str]:
    """Return the files of a commit directly below these folders, relative to the configuration folder."""
    listed = _git(['ls-tree', '-z', commit, '--', *(f'{folder}/' for folder in folders)], configuration)
    _require(listed, configuration)
    entries = [entry.partition('\t') for entry in os.fsdecode(listed.stdout).split('\0') if entry]
    return [path for kind, _, path in entries if ' blob ' in kind and '\n' not in path and (
        PurePosixPath(path).parts[0] != CODE or path.endswith('.py'))]


def _write(commit: str, files: Sequence[str], configuration: Path, target: Path) -> None:
    """Write files of a commit below a folder, as git has stored them."""
    asked = ''.join(f'{commit}:./{file}\n' for file in files)
    answer = _git(['cat-file', '--batch', '--follow-symlinks'], configuration, os.fsencode(asked))
    _require(answer, configuration)
    content, start = answer.stdout, 0
    for file in files:
        end = content.index(b'\n', start)
        words = content[start:end].split(b' ')
        start = end + 1
        size = int(words[-1]) if words[-1].isdigit() else -1
        if size < 0:
            continue    # A link out of the repository, or to nowhere, has no content in it.
        if words[1] == b'blob':
            path = target / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content[start:start + size])
        start += size + 1


def _uncommitted(folders: Sequence[str], configuration: Path) -> int:
    """Return how many configuration files differ from the last commit, new ones included."""
    present = [folder for folder in folders if (configuration / folder).is_dir()]
    status = _git(['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--', *present],
                  configuration)
    return len([entry for entry in status.stdout.split(b'\0') if entry]) if status.returncode == 0 else 0


def _require(done: subprocess.CompletedProcess[bytes], configuration: Path) -> None:
    if done.returncode:
        raise LakeError(f'git cannot read the repository of {configuration}. Check it with: git fsck')


def _git(arguments: Sequence[str], folder: Path, given: bytes = b'') -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in OF_HOOKS} | {
        'GIT_OPTIONAL_LOCKS': '0', 'LC_ALL': 'C'}
    try:
        return subprocess.run(['git', '--literal-pathspecs', *arguments], cwd=folder, env=environment, input=given,
                              capture_output=True, check=False)
    except FileNotFoundError:
        raise LakeError('git is not installed. Install it, or name the folder of the earlier configuration with '
                        '--against.') from None
