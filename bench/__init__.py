"""Measures the lake as ratios to a floor of the same run."""
import os
import sys

# `python3 -m bench.load` starts without an activated environment and without an import path too.
if sys.argv[0] == '-m':
    from lib.packaging.script_environment import FOR_TESTS, MODULE_FOLDERS, use_environment
    use_environment(('pyspark', 'pandas'), FOR_TESTS)
    inherited = filter(None, os.environ.get('PYTHONPATH', '').split(os.pathsep))
    os.environ['PYTHONPATH'] = os.pathsep.join(dict.fromkeys([*inherited, *MODULE_FOLDERS]))
