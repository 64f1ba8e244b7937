"""Loads the `awsglue` that suits a job started as a program: the stand-in on a laptop, else AWS Glue's own library.

Python looks for modules next to the program first, so a job in this folder needs no import path. AWS Glue does not get
this folder.
"""
from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_HERE = Path(__file__).parents[1]
_STAND_IN = Path(__file__).resolve().parents[2] / 'local_lake' / 'awsglue_stand_in'


def _library() -> ModuleSpec | None:
    """Return the stand-in if an argument or a variable chooses a laptop's catalog, or if there is no other library.

    The Python half of the real library, which tests use, cannot start Spark, so the stand-in comes before it.
    """
    elsewhere = [folder for folder in sys.path if Path(folder).absolute() != _HERE]
    real = PathFinder.find_spec('awsglue', elsewhere)
    on_laptop = any(text.removeprefix('--catalog=').startswith('sqlite:')
                    for text in (*sys.argv, os.environ.get('LAKE_CATALOG', '')))
    return PathFinder.find_spec('awsglue', [str(_STAND_IN)]) if on_laptop or real is None else real


if (_chosen := _library()) is not None and _chosen.loader is not None and _chosen.origin is not None:
    __spec__, __file__, __path__ = _chosen, _chosen.origin, list(_chosen.submodule_search_locations or ())
    _chosen.loader.exec_module(sys.modules[__name__])
