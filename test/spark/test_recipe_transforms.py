"""The recipes for transforms work as they are written, and the tests of all transforms pass afterwards."""
from __future__ import annotations

import subprocess
import sys

import pytest

from recipes import follow

# What looks at every transform, at every document, or at every shared module.
TESTS = ('test/test_architecture.py::test_a_transform_stands_in_the_module_of_its_kind',
         'test/unit/test_docs.py', 'test/unit/test_known_transforms.py',
         'test/unit/test_reference.py', 'test/unit/test_sample_workflows.py', 'test/unit/test_transform_entries_1.py',
         'test/unit/test_transform_entries_2.py', 'test/unit/test_public_signatures.py', 'test/spark/test_discovery.py')


@pytest.mark.parametrize('heading', ['A transform of your own', 'A transform of the lake'])
def test_a_recipe_works_and_the_tests_of_all_transforms_pass_afterwards(heading, tmp_path, spark_environment):
    follow(heading, tmp_path / 'lake')
    done = subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', *TESTS],
                          cwd=tmp_path / 'lake', capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
