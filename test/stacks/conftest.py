"""One synthesis for all tests of stacks."""
from __future__ import annotations

import pytest
from stack_templates import SynthesizedLake, read_assembly, varied_configuration

from lib.packaging.node import use_installed_node

use_installed_node()


@pytest.fixture(scope='session')
def lake_on_aws(tmp_path_factory: pytest.TempPathFactory) -> SynthesizedLake:
    """The lake in four accounts, synthesized without credentials; checks of whole templates have tests of their own."""
    from lib.cdk_app import build_app
    directory = tmp_path_factory.mktemp('cdk.out')
    build_app(varied_configuration(), outdir=str(directory), builtin_cloud_formation_validation=False).synth()
    return SynthesizedLake(directory, read_assembly(directory))
