"""Collects the dependencies of the Glue jobs: modules as one zip file named after its content, jars, and packages."""
from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / 'lib' / 'glue_scripts'
MODULES = SCRIPTS / 'lib'
# The argument of a job takes no hashes, so it names the packages as the source of requirements-glue.txt does.
REQUIREMENTS = REPOSITORY / 'requirements' / 'glue.in'
# Equal files must give equal bytes; otherwise every deployment would look like a change.
FIXED_TIME = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class GlueLibrary:
    """The files of the library folder.

    zip_name  name of the zip file with the modules
    jars      names of Java archives, in order
    """

    zip_name: str
    jars: tuple[str, ...]


def write_library(folder: Path, modules: Path = MODULES) -> GlueLibrary:
    """Put the zip file of the modules, and the jars, into the folder and return their names."""
    content = zipped(modules)
    name = f'lake-{hashlib.sha256(content).hexdigest()[:16]}.zip'
    (folder / name).write_bytes(content)
    jars = sorted(modules.glob('*.jar'))
    for jar in jars:
        shutil.copy(jar, folder / jar.name)
    return GlueLibrary(name, tuple(jar.name for jar in jars))


def zipped(modules: Path) -> bytes:
    """Return a zip file with all files below the folder but jars, so that modules keep their flat names."""
    buffer = BytesIO()
    # The folder is a package only in this repository; on Glue its content stands at the top.
    left_out = {modules / '__init__.py'}
    with ZipFile(buffer, 'w', ZIP_DEFLATED) as archive:
        for path in sorted(modules.rglob('*')):
            if path.is_file() and path not in left_out and path.suffix != '.jar' and '__pycache__' not in path.parts:
                archive.writestr(ZipInfo(path.relative_to(modules).as_posix(), FIXED_TIME), path.read_bytes(),
                                 ZIP_DEFLATED)
    return buffer.getvalue()


def python_packages(requirements: Path = REQUIREMENTS) -> str:
    """Return the packages of a requirements file as the job argument --additional-python-modules takes them.

    Raises ValueError naming a line that does not pin its version: a job must not change over night.
    """
    lines = [line.strip() for line in requirements.read_text(encoding='utf-8').splitlines()]
    packages = [line for line in lines if line and not line.startswith('#')]
    for package in packages:
        if not re.fullmatch(r'[\w.-]+(\[[\w,-]+\])?==[\w.]+', package):
            raise ValueError(f"{requirements.name}: '{package}', expected a pinned package such as name==1.2.3. Pin "
                             'it; Glue installs it at the start of each run.')
    return ','.join(packages)
