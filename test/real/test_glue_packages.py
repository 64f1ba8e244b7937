"""What AWS Glue installs for a job is exactly the list of the job's definition, with nothing left to the day."""
from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

import pytest
from jars import SPARK

from lib.local_lake.folders import REPOSITORY
from lib.packaging.glue_library import python_packages

# The C library of AWS Glue's machines, Amazon Linux 2023, and older ones, whose packages run there too:
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
PLATFORMS = ('manylinux_2_34_x86_64', 'manylinux_2_28_x86_64', 'manylinux2014_x86_64')
# https://docs.aws.amazon.com/glue/latest/dg/glue-modules-provided.html and, for AWS Glue 6.0, what AWS requires in
# https://github.com/awslabs/aws-glue-libs/blob/master/base-requirements.txt
OF_GLUE = {
    '3.5': {'boto3': '1.40.61', 'numpy': '2.3.4', 'pandas': '2.3.3', 'pyarrow': '22.0.0', 'pyspark': '3.5.6'},
    '4.1': {'boto3': '1.42.84', 'numpy': '2.4.4', 'pandas': '2.3.3', 'pyarrow': '23.0.1', 'pyspark': '4.1.1'}}
PYTHON = {'3.5': (3, 11), '4.1': (3, 13)}


@pytest.mark.parametrize('python', ['3.11', '3.13'])
def test_pip_would_install_the_list_and_nothing_else(tmp_path, python):
    packages = python_packages().split(',')
    command = [sys.executable, '-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--quiet', '--report', '-',
               '--only-binary=:all:', '--python-version', python, '--target', str(tmp_path),
               *(word for platform in PLATFORMS for word in ('--platform', platform)), *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    found = [item['metadata'] for item in json.loads(done.stdout)['install']]
    assert {f"{item['name']}=={item['version']}" for item in found} == set(packages)


def test_this_environment_has_the_versions_of_aws_glue():
    wanted = OF_GLUE[SPARK]
    assert {name: metadata.version(name) for name in wanted} == wanted
    assert sys.version_info[:2] == PYTHON[SPARK]


def test_packages_that_other_environments_have_too_are_the_same_here():
    named: dict[str, dict[str, str]] = {}
    for source in ('glue-5.1', 'glue-6.0', 'deployment', 'dev', 'lake'):
        for line in (REPOSITORY / 'requirements' / f'{source}.in').read_text().splitlines():
            name, equals, version = line.partition('==')
            if equals and not line.startswith('#'):
                named.setdefault(name, {})[source] = version.partition(';')[0]
    differing = {name for name, versions in named.items() if len(set(versions.values())) > 1}
    assert differing - set(OF_GLUE[SPARK]) == {'AWSGlueDataplanePython'}
