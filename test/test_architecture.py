"""Who may import whom, and the rules every file keeps; read from the source text, without running it."""
from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from lake_etl.config.entries.known import ALIASES, MODULES, forms_of_module

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = 'lib/glue_scripts/lib/'
CORE = f'{SHARED}lake_etl/'
LONGEST_FILE = 300

# The layers of the core, from the ground up: a folder imports its own files and what stands before it.
CORE_LAYERS = ('kernel', 'reasons', 'syntax', 'cobol', 'dqdl', 'config', 'column_lineage', 'landing', 'spark',
               'transform', 'mapping', 'controls', 'read', 'publish', 'quality', 'match', 'jobs')
KERNEL = ('errors', 'ports', 'snapshots', 'arguments')
FUNCTIONS = ('executions', 'state_machine_trigger', 'etl_job_auditor', 'dependency_trigger', 'table_lock',
             'execution_repair')
# The first beginning that fits decides.
LAYERS = {
    **{f'{CORE}{name}.py': 'kernel' for name in (*KERNEL, '__init__')},
    f'{CORE}runtime.py': 'runtime',
    f'{CORE}adapters/': 'adapters',
    **{f'{CORE}{layer}/': layer for layer in CORE_LAYERS[1:]},
    SHARED: 'face',
    'lib/glue_scripts/': 'scripts',
    'lib/local_lake/awsglue_stand_in/': 'stand-in',
    'lib/local_lake/folders.py': 'laptop ground',
    'lib/local_lake/screen.py': 'laptop ground',
    'lib/local_lake/progress.py': 'laptop ground',
    'lib/local_lake/drawing.py': 'laptop ground',
    'lib/local_lake/running/': 'laptop running',
    'lib/local_lake/showing/': 'laptop showing',
    'lib/local_lake/reference/': 'laptop showing',
    'lib/local_lake/cleaning/': 'laptop cleaning',
    'lib/local_lake/': 'laptop commands',
    **{f'lib/{name}/': 'functions' for name in FUNCTIONS},
    'lib/packaging/script_environment.py': 'script start',
    'lib/packaging/': 'packaging',
    'lib/settings/': 'settings',
    'lib/job_table.py': 'job table',
    'lib/constructs/': 'constructs',
    'lib/': 'deployment',
    'bench/': 'bench',
}
WHOLE_CORE = {*CORE_LAYERS, 'runtime'}
MAY_IMPORT = {
    **{layer: {*CORE_LAYERS[:number + 1], 'runtime'} for number, layer in enumerate(CORE_LAYERS)},
    # Spark is what other rooms are built on; these rooms decide without it.
    'landing': {'kernel', 'reasons', 'syntax', 'dqdl', 'config', 'landing'},
    'spark': {'kernel', 'reasons', 'syntax', 'spark'},
    'runtime': {'kernel', 'adapters'},
    'adapters': {'kernel', 'reasons', 'syntax', 'spark', 'adapters'},
    'face': {'face', *WHOLE_CORE},
    'scripts': {'face', *WHOLE_CORE},
    'stand-in': {'stand-in', 'runtime'},
    'laptop ground': {'laptop ground', 'adapters', *WHOLE_CORE},
    'laptop running': {'laptop running', 'laptop ground', 'job table', 'scripts', 'face', 'adapters', *WHOLE_CORE},
    'script start': {'script start'},
    'laptop showing': {'laptop showing', 'laptop ground', 'script start', 'face', 'adapters', *WHOLE_CORE},
    'laptop cleaning': {'laptop cleaning', 'laptop running', 'laptop ground', 'job table', 'adapters', *WHOLE_CORE},
    'laptop commands': {'laptop commands', 'laptop cleaning', 'laptop running', 'laptop showing', 'laptop ground',
                        'packaging', 'scripts', 'face', 'adapters', *WHOLE_CORE},
    'functions': {'functions', 'job table', 'kernel', 'reasons', 'syntax', 'dqdl', 'config', 'landing'},
    'packaging': {'packaging'},
    'settings': {'settings'},
    'job table': {'job table'},
    'constructs': {'constructs', 'job table', 'settings', 'packaging'},
    'deployment': {'deployment', 'job table', 'constructs', 'settings', 'packaging', 'script start'},
    'bench': {'bench', 'laptop running', 'laptop ground', 'job table', 'scripts', 'adapters', 'script start',
              *WHOLE_CORE},
}
LIBRARY_PLACES = {
    'boto3': (f'{CORE}adapters/aws/', 'lib/*/lambda_handler.py', 'lib/prerequisites/'),
    'botocore': (f'{CORE}adapters/aws/', 'lib/*/lambda_handler.py', 'lib/prerequisites/'),
    'awsglue': (f'{CORE}jobs/job_run.py', f'{CORE}jobs/resolved_options.py', f'{CORE}adapters/aws/glue_data_quality.py',
                'lib/local_lake/awsglue_stand_in/', 'lib/glue_scripts/awsglue/'),
    'awsgluedq': (f'{CORE}adapters/aws/glue_data_quality.py',),
    'duckdb': (f'{CORE}adapters/local/',),
    'pyiceberg': (f'{CORE}adapters/',),
    'sqlite3': (f'{CORE}adapters/local/',),
}
# Layers, and what people start and wait for: all that these files load comes without Spark.
LOADED_WITHOUT_SPARK = (
    *(f'{CORE}{name}.py' for name in (*KERNEL, 'runtime')),
    *(f'{CORE}{layer}/' for layer in ('reasons', 'syntax', 'cobol', 'dqdl', 'config', 'column_lineage', 'landing')),
    *(f'lib/{name}/' for name in FUNCTIONS),
    'lib/local_lake/cli.py',
    *(f'lib/local_lake/commands/{name}.py' for name in ('docs', 'match', 'query', 'tables', 'validate')),
    'resources/',
)


@dataclass(frozen=True)
class SourceFile:
    """A file of the repository: its path, its text, and the same parsed."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The name by which other files import it."""
        inside = self.path.removeprefix(SHARED).removesuffix('.py').removesuffix('/__init__')
        return inside.replace('/', '.')

    @property
    def layer(self) -> str:
        """The layer it belongs to."""
        return next(layer for beginning, layer in LAYERS.items() if self.path.startswith(beginning))


@cache
def source_files(*folders: str) -> tuple[SourceFile, ...]:
    """Return the Python files below the folders."""
    return tuple(map(source_file, sorted(path for folder in folders for path in (REPOSITORY / folder).rglob('*.py'))))


@cache
def source_file(path: Path) -> SourceFile:
    """Return a file, read and parsed."""
    text = path.read_text(encoding='utf-8')
    return SourceFile(path.relative_to(REPOSITORY).as_posix(), text, ast.parse(text))


@cache
def own_modules() -> dict[str, SourceFile]:
    """Return the files of the product by module name."""
    return {file.module: file for file in source_files('lib', 'bench')}


def imported(nodes: Iterator[ast.AST]) -> Iterator[tuple[str, int]]:
    """Yield each module that the nodes import, and the line; `from a import b` counts as a.b where that is a module."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            assert node.level == 0, f'line {node.lineno}: relative import'
            for alias in node.names:
                longer = f'{base}.{alias.name}'
                yield (longer if longer in own_modules() else base), node.lineno


def when_loaded(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when a module is loaded: not function bodies, not what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == 'TYPE_CHECKING':
            continue
        yield node
        yield from when_loaded(node)


def loaded_libraries(file: SourceFile) -> set[str]:
    """Return the top-level names of all modules that loading this file brings in, directly or through others."""
    seen: set[str] = set()
    waiting = [file.module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in own_modules():
            waiting += [module for module, _ in imported(when_loaded(own_modules()[name].tree))]
    return {name.partition('.')[0] for name in seen}


def stands_in(path: str, places: tuple[str, ...]) -> bool:
    """Tell whether a path begins with one of the places, or fits its pattern."""
    return any(Path(path).match(place) if '*' in place else path.startswith(place) for place in places)


def test_imports_between_layers_point_one_way():
    wrong = [f'{file.path}:{line} ({file.layer}) imports {name} ({own_modules()[name].layer})'
             for file in source_files('lib', 'bench') for name, line in imported(ast.walk(file.tree))
             if name in own_modules() and own_modules()[name].layer not in MAY_IMPORT[file.layer]]
    assert wrong == []


def test_every_layer_of_the_table_has_files():
    assert {file.layer for file in source_files('lib', 'bench')} == set(MAY_IMPORT)


def test_modules_do_not_load_each_other_in_a_circle():
    graph = {file.module: {name for name, _ in imported(when_loaded(file.tree)) if name != file.module}
             for file in source_files('lib', 'bench')}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize('library', LIBRARY_PLACES)
def test_a_library_of_one_platform_is_imported_only_where_that_platform_is_adapted(library):
    users = [file.path for file in source_files('lib', 'bench')
             if any(name.partition('.')[0] == library for name, _ in imported(ast.walk(file.tree)))]
    assert users and [path for path in users if not stands_in(path, LIBRARY_PLACES[library])] == []


def test_what_decides_without_spark_loads_without_spark_and_without_aws():
    pure = [file for file in source_files('lib', 'resources') if stands_in(file.path, LOADED_WITHOUT_SPARK)]
    assert all(any(stands_in(file.path, (place,)) for file in pure) for place in LOADED_WITHOUT_SPARK)
    assert [file.path for file in pure if 'pyspark' in loaded_libraries(file)] == []
    assert [file.path for file in pure
            if 'boto3' in loaded_libraries(file) and not stands_in(file.path, LIBRARY_PLACES['boto3'])] == []


def test_shared_modules_import_each_other_by_their_flat_names():
    wrong = [f'{file.path}:{line}' for file in source_files(SHARED) for name, line in imported(ast.walk(file.tree))
             if name.partition('.')[0] == 'lib']
    assert wrong == []


def test_no_two_modules_and_no_two_public_classes_have_one_name():
    modules = Counter(Path(file.path).name for file in source_files('lib'))
    classes = Counter(node.name for file in source_files('lib') for node in file.tree.body
                      if isinstance(node, ast.ClassDef) and not node.name.startswith('_'))
    # Python and AWS Lambda prescribe these names.
    repeated = {name for name, times in (modules + classes).items() if times > 1}
    assert repeated - {'__init__.py', '__main__.py', 'lambda_handler.py'} == set()


def test_every_file_opens_with_a_docstring_sentence():
    def sentence(file: SourceFile) -> str:
        return (ast.get_docstring(file.tree) or '').partition('\n\n')[0]
    wrong = [file.path for file in source_files('lib', 'bench', 'resources', 'test') if file.text.strip()
             and not (sentence(file).endswith('.') and (sentence(file)[:1].isupper() or sentence(file)[:1] == '`'))]
    assert wrong == []


def test_public_functions_and_classes_say_what_they_do():
    wrong = [f'{file.path}:{node.lineno} {node.name}' for file in source_files('lib', 'bench')
             for node in public_definitions(file.tree) if not ast.get_docstring(node)]
    assert wrong == []


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield classes, functions and methods without a leading underscore, but not members that are only declared."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('_'):
            if not (isinstance(node.body[0], ast.Expr) and getattr(node.body[0].value, 'value', None) is ...):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def test_no_file_is_longer_than_a_reader_takes_in():
    wrong = {file.path: length for file in source_files('lib', 'bench', 'resources')
             if (length := len(file.text.splitlines())) > LONGEST_FILE}
    assert wrong == {}


def test_jobs_log_and_never_print():
    wrong = [f'{file.path}:{node.lineno}' for file in source_files('lib/glue_scripts') for node in ast.walk(file.tree)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'print']
    assert wrong == []


@pytest.mark.parametrize('module', MODULES)
def test_a_transform_stands_in_the_module_of_its_kind(module):
    tree = own_modules()[module].tree
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    named = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
             if isinstance(target, ast.Name)}
    transforms = {name for name in defined | named if name.startswith('transform_')}
    forms = {form.name for form in forms_of_module(module)}
    assert forms and transforms == {f'transform_{name}' for name in
                                    forms | {alias for alias, name in ALIASES.items() if name in forms}}
