"""One ground for all tests of this ring: templates, the server that plays AWS, and the cluster, started once."""
from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / 'flow'), str(HERE.parent / 'jobs')]

if TYPE_CHECKING:
    from ground import Ground
    from laptop import Laptop

logging.getLogger('moto').setLevel(logging.CRITICAL)
logging.getLogger('werkzeug').setLevel(logging.WARNING)


@pytest.fixture(scope='session')
def shared_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The ground, which keeps what a test has left."""
    from ground import ground, synthesize
    environment = synthesize(tmp_path_factory.mktemp('templates.out'))
    with ground(environment, tmp_path_factory.mktemp('ground'), Path(os.environ['LAKE_REAL_JARS'])) as running:
        yield running


@pytest.fixture(scope='module')
def aws(shared_ground: Ground) -> Ground:
    """The ground with empty buckets and tables."""
    shared_ground.create()
    return shared_ground


@pytest.fixture(scope='session')
def laptop(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """A lake in this process on which the scenario has run."""
    from laptop import Laptop

    # A job reads the process's arguments and opens a catalog for the process.
    with mock.patch('sys.argv', ['test']), mock.patch('lake_etl.runtime._catalog_address', 'glue'):
        return Laptop(tmp_path_factory.mktemp('laptop'))
