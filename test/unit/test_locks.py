"""Each requirements file is a lock of its source as it is now: every package that it pulls in, with hashes."""
from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
ALONE = {'requirements-glue-5.1.txt', 'requirements-glue-6.0.txt', 'requirements/tools.txt'}


def load_generator() -> ModuleType:
    """Return the script that writes the locks as a module."""
    spec = spec_from_file_location('generate', REPOSITORY / '.ci' / 'generate.py')
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = load_generator()
LOCKS = {lock.file: lock for lock in GENERATE.LOCKS}


def pins(file: str) -> list[tuple[Requirement, list[str]]]:
    """Return each pin of a lock with its hashes."""
    lines = (REPOSITORY / file).read_text(encoding='utf-8').replace('\\\n', ' ').splitlines()
    return [(Requirement(line.partition(' --hash=')[0]), re.findall(r'--hash=(\S+)', line))
            for line in lines if line.strip() and not line.lstrip().startswith('#')]


def versions(file: str) -> dict[str, set[str]]:
    """Return the versions of each package in a lock; one may differ by Python version."""
    found: dict[str, set[str]] = {}
    for pin, _ in pins(file):
        found.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier).removeprefix('=='))
    return found


def named(source: str) -> Iterator[Requirement]:
    """Yield what a source and the sources that it includes name."""
    for file in GENERATE.with_included(GENERATE.SOURCES / source):
        for line in file.read_text(encoding='utf-8').splitlines():
            if line and not line.startswith(('#', '-r ')):
                yield Requirement(line)


@pytest.mark.parametrize('lock', LOCKS.values(), ids=LOCKS)
def test_a_lock_is_made_from_its_source_as_it_is_now(lock):
    text = (REPOSITORY / lock.file).read_text(encoding='utf-8')
    assert text.startswith(GENERATE.header(lock)), 'Type: python3 .ci/generate.py locks'


@pytest.mark.parametrize('lock', LOCKS.values(), ids=LOCKS)
def test_a_lock_has_each_named_package_at_its_version(lock):
    locked, wanted = versions(lock.file), list(named(lock.source))
    assert wanted and [str(item) for item in wanted if str(item.specifier).removeprefix('==')
                       not in locked.get(canonicalize_name(item.name), ())] == []


@pytest.mark.parametrize('file', LOCKS)
def test_every_package_has_one_exact_version_and_hashes_and_no_address(file):
    for pin, hashes in pins(file):
        assert re.fullmatch(r'==[\w.+]+', str(pin.specifier)) and pin.url is None, pin
        assert hashes and all(re.fullmatch('sha256:[0-9a-f]{64}', item) for item in hashes), pin
    text = (REPOSITORY / file).read_text(encoding='utf-8')
    assert '://' not in text and not re.search(r'^-|(?<!\S)/', text, re.MULTILINE)


@pytest.mark.parametrize('file', LOCKS)
def test_a_lock_has_all_that_its_packages_ask_for(file):
    """Packages that are installed here at the locked version say what they ask for."""
    locked, looked_at = versions(file), set()
    waiting = [(name, frozenset()) for name in locked]
    waiting += [(canonicalize_name(item.name), frozenset(item.extras)) for item in named(LOCKS[file].source)
                if item.marker is None or item.marker.evaluate()]
    while waiting:
        package = waiting.pop()
        name, extras = package
        assert name in locked, name
        if package in looked_at or not is_installed(name, locked[name]):
            continue
        looked_at.add(package)
        for text in metadata.requires(name) or ():
            item = Requirement(text)
            if item.marker is None or any(item.marker.evaluate({'extra': extra}) for extra in ('', *extras)):
                waiting.append((canonicalize_name(item.name), frozenset(item.extras)))
    assert len(looked_at) > 3 or file in ('requirements/java.txt', 'requirements/tools.txt')


def is_installed(name: str, allowed: set[str]) -> bool:
    """Return whether a package is installed here at one of these versions."""
    try:
        return metadata.version(name) in allowed
    except metadata.PackageNotFoundError:
        return False


def test_locks_that_share_an_environment_have_the_same_versions():
    differing = {}
    for one, other in combinations(sorted(set(LOCKS) - ALONE), 2):
        if {one, other} != {'requirements-spark-3.5.txt', 'requirements-spark-4.1.txt'}:
            first, second = versions(one), versions(other)
            differing[one, other] = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    assert len(differing) > 20 and {pair: names for pair, names in differing.items() if names} == {}


def test_every_source_and_every_requirements_file_has_its_place():
    patterns = ('requirements*.txt', '*/requirements.txt', 'requirements/*.txt')
    files = {path.relative_to(REPOSITORY).as_posix() for pattern in patterns for path in REPOSITORY.glob(pattern)}
    assert files == set(LOCKS)
    included = {'lake.in'}    # A part of the sources for each Spark version.
    assert {path.name for path in GENERATE.SOURCES.glob('*.in')} == {lock.source for lock in LOCKS.values()} | included


def test_jobs_on_glue_get_exactly_the_packages_of_the_lock():
    from lib.packaging.glue_library import python_packages
    packages = {canonicalize_name(name): {version} for name, _, version in (
        package.partition('==') for package in python_packages().split(','))}
    assert packages == versions('requirements-glue.txt')


def test_a_changed_source_makes_its_lock_out_of_date(tmp_path, monkeypatch):
    lock = LOCKS['requirements-dev.txt']
    before = GENERATE.checksum(lock)
    for path in GENERATE.SOURCES.glob('*.in'):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(GENERATE, 'SOURCES', tmp_path)
    assert GENERATE.checksum(lock) == before
    (tmp_path / 'glue.in').write_text('sqlglot==1.0\n')     # dev.in includes it.
    assert GENERATE.checksum(lock) != before


def test_without_a_command_the_script_says_what_there_is(capsys):
    assert GENERATE.main([]) == 2 and GENERATE.main(['other']) == 2
    assert 'generate.py locks' in capsys.readouterr().err


def test_the_project_does_not_pretend_to_be_a_package():
    """`./lake` runs it from its clone; `pip install .` would install neither jobs nor configuration."""
    settings = tomllib.loads((REPOSITORY / 'pyproject.toml').read_text(encoding='utf-8'))
    assert set(settings) == {'tool'}
    assert not [name for name in ('setup.py', 'setup.cfg') if (REPOSITORY / name).exists()]
