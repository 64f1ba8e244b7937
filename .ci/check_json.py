"""Checks that configuration files are JSON as the lake reads it, by the lake's own reader and the standard library."""
from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

SHARED_MODULES = Path(__file__).resolve().parents[1] / 'lib' / 'glue_scripts' / 'lib'


def main(files: Sequence[str]) -> int:
    """Write every problem and warning of the files to the error stream; return 1 when there is any."""
    sys.path.append(str(SHARED_MODULES))
    from lake_etl.syntax.json_with_comments import parse_json_object
    from lake_etl.syntax.records import Findings
    found = []
    for file in files:
        findings = Findings(file)
        parse_json_object(Path(file).read_bytes(), findings)
        found += [*findings.problems, *findings.warnings]
    sys.stderr.writelines(f'{item}\n' for item in found)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
