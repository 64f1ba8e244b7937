"""The lake of one environment as CDK synthesizes it, set up on moto, in the Spark session of all tests."""
from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from moto.server import ThreadedMotoServer
from synthesized import ACCOUNT, REGION, SynthesizedEnvironment

from functions import Function
from lib.packaging.node import use_installed_node

if TYPE_CHECKING:  # It needs the packages of the lake, without which these tests are skipped.
    from deployed_lake import DeployedLake

# moto writes pages about each state that fails, as some are meant to.
logging.getLogger('moto').setLevel(logging.CRITICAL)
logging.getLogger('werkzeug').setLevel(logging.WARNING)


@pytest.fixture(scope='session')
def synthesized(tmp_path_factory: pytest.TempPathFactory, spark_environment: None) -> SynthesizedEnvironment:
    """The default Dev environment in the account that moto plays."""
    use_installed_node()
    # CDK reads this when its process starts. Whole templates are validated by tests of their own.
    with mock.patch.dict(os.environ, {'CDK_VALIDATION': 'false'}):
        from lib.cdk_app import build_app
        from lib.configuration import configuration
        from lib.settings.parts import Place
        default, place = configuration(), Place(ACCOUNT, REGION)
        dev = next(environment for environment in default.named_environments if environment.name == 'Dev')
        directory = tmp_path_factory.mktemp('flow.out')
        build_app(replace(default, deployment=place, environments=(replace(dev, place=place),)),
                  outdir=str(directory)).synth()
    return SynthesizedEnvironment(directory)


@pytest.fixture(scope='session')
def functions(synthesized: SynthesizedEnvironment) -> Iterator[dict[str, Function]]:
    """The Lambda functions, each in a process of its own, and the server by which they reach moto."""
    from deployed_lake import functions_of
    server = ThreadedMotoServer('127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = functions_of(synthesized, f'http://{host}:{port}')
    for function in found.values():
        function.start()
    yield found
    for function in found.values():
        function.stop()
    server.stop()


@pytest.fixture
def aws(synthesized: SynthesizedEnvironment, functions: dict[str, Function], spark: object, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedLake]:
    """An empty lake on moto that works, its jobs in the shared Spark session."""
    from deployed_lake import deployed

    from lib.local_lake.running.glue_job import ensure_glue_library
    ensure_glue_library()
    # A job reads the process's arguments and opens a catalog for the process.
    monkeypatch.setattr('sys.argv', ['test'])
    monkeypatch.setattr('lake_etl.runtime._catalog_address', 'glue')
    with deployed(synthesized, functions, tmp_path) as lake:
        yield lake
