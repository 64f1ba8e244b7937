"""Collects the files of a Lambda function: its folder, and all modules that it imports."""
from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Modules have their full names below the repository; modules that jobs share have flat names.
ROOTS = (REPOSITORY, REPOSITORY / 'lib' / 'glue_scripts' / 'lib')
OWN = ('lib', 'lake_etl')


def write_package(folder: Path, handler_module: str) -> None:
    """Copy all files of a function into the folder, where its import statements find them.

    handler_module  such as `lib.state_machine_trigger.lambda_handler`
    """
    for target, source in package_files(handler_module).items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / target)


def package_files(handler_module: str) -> dict[str, Path]:
    """Return the files of a function by their path in it; raises FileNotFoundError for a module that is not there."""
    found: dict[str, Path] = {}
    waiting = [handler_module]
    while waiting:
        module = waiting.pop()
        for target, path in _with_packages(module):
            if target not in found:
                found[target] = path
                waiting += _imports(path)
    return dict(sorted(found.items()))


def _with_packages(module: str) -> Iterator[tuple[str, Path]]:
    """Yield the file of a module and those of its packages."""
    parts = module.split('.')
    for length in range(1, len(parts)):
        yield _file('/'.join([*parts[:length], '__init__.py']))
    yield _file(_module_path(module))


def _file(target: str) -> tuple[str, Path]:
    path = next((root / target for root in ROOTS if (root / target).is_file()), None)
    if path is None:
        raise FileNotFoundError(f'{target} is neither below {ROOTS[0]} nor below {ROOTS[1]}; a Lambda function imports '
                                'it. Correct the import.')
    return target, path


def _module_path(module: str) -> str:
    stem = module.replace('.', '/')
    return next((f'{stem}/__init__.py' for root in ROOTS if (root / stem).is_dir()), f'{stem}.py')


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules of this repository that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f'{node.module}.{alias.name}' for alias in node.names
                                    if _is_module(f'{node.module}.{alias.name}'))]
        yield from (name for name in names if name.partition('.')[0] in OWN)


def _is_module(name: str) -> bool:
    return any((root / f'{name.replace(".", "/")}.py').is_file() for root in ROOTS)
