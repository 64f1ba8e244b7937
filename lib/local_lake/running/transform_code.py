"""Makes digests of the code of the users' own transforms, so that a change of it is noticed."""
from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from pathlib import Path

from lake_etl.transform.discovery import DEFINED, OWN_MODULES
from lib.local_lake.folders import OWN_CONFIGURATION

# The folder of these modules, next to those of the configuration files.
CODE = 'lib'


def present_code() -> dict[str, str]:
    """Return the digests of the code that loads of this repository run."""
    return transform_code(OWN_CONFIGURATION / CODE)


def transform_code(folder: Path) -> dict[str, str]:
    """Return a digest of the code of each transform in the users' modules of a folder, by the transform's name.

    Comments, layout and docstrings do not count; modules that a module imports from the same folder do.
    """
    sources = {path.stem: path.read_text(encoding='utf-8', errors='replace') for path in sorted(folder.glob('*.py'))
               if path.stem not in OWN_MODULES}
    trees = {name: _parsed(text) for name, text in sources.items()}
    found: dict[str, str] = {}
    for name, text in sources.items():
        used = sorted(_imported(name, trees))
        parts = [ast.dump(tree) if (tree := trees[module]) else sources[module] for module in used]
        digest = hashlib.sha256('\n'.join(parts).encode()).hexdigest()
        found |= {transform: digest for transform in DEFINED.findall(text)}
    return found


def _parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a module without docstrings; None when Python cannot read it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _imported(name: str, trees: Mapping[str, ast.Module | None]) -> set[str]:
    """Return a module and all modules of the same folder that it imports, directly or not."""
    waiting, seen = [name], set[str]()
    while waiting:
        module = waiting.pop()
        if module in seen or module not in trees:
            continue
        seen.add(module)
        tree = trees[module]
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                waiting += [alias.name.partition('.')[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting.append(node.module.partition('.')[0])
    return seen
