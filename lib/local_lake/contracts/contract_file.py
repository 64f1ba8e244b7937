"""Reads and writes files of contracts, in YAML or JSON."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.syntax.records import Findings, describe
from lake_etl.syntax.text import decode_text

VERSIONS = ('v3.0.0', 'v3.0.1', 'v3.0.2', 'v3.1.0', 'v3.2.0')
KIND = 'DataContract'
LARGEST_BYTES = 10_000_000
WIDTH = 120
# The safe loader, which makes plain values only; here dates stay text, as they are in JSON.
LOADER: Any = type('ContractLoader', (yaml.SafeLoader,), {'yaml_implicit_resolvers': {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != 'tag:yaml.org,2002:timestamp']
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}})


def read_contract(file: Path) -> dict[str, Any]:
    """Return the document in a file; raises LakeError unless it is a contract of a known version of the standard."""
    if not file.is_file():
        raise LakeError(f'{file}: there is no such file.')
    if file.stat().st_size > LARGEST_BYTES:
        raise LakeError(f'{file.name}: the file has more than {LARGEST_BYTES:,} bytes, so it is probably no contract.')
    findings = Findings(file.name)
    text = decode_text(file.read_bytes(), findings)
    document = None if text is None else _parsed(text, findings)
    if document is not None:
        _check_kind(document, findings)
    if findings.problems or document is None:
        raise ConfigurationError(findings.problems)
    return document


def _parsed(text: str, findings: Findings) -> dict[str, Any] | None:
    try:
        document = yaml.load(text, LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f'line {mark.line + 1}, column {mark.column + 1}' if mark else ''
        findings.problem(place, 'the file is neither YAML nor JSON from here on', 'correct the indentation or quotes')
        return None
    except (yaml.YAMLError, ValueError, RecursionError):
        findings.problem('', 'the file is neither YAML nor JSON')
        return None
    if isinstance(document, dict):
        return document
    findings.problem('', f'expected the object of a data contract, got {describe(document)}')
    return None


def _check_kind(document: dict[str, Any], findings: Findings) -> None:
    known = f'the lake reads the Open Data Contract Standard {VERSIONS[0]} to {VERSIONS[-1]}'
    if 'dataContractSpecification' in document:
        findings.problem('dataContractSpecification', f'the contract follows another standard; {known}',
                         'convert it, for example with the program datacontract')
        return
    version = document.get('apiVersion')
    if version not in VERSIONS:
        found = f'version {describe(version)}' if version is not None else 'no version'
        findings.problem('apiVersion', f'{found} of the standard is given, and {known}', 'convert the contract')
    if document.get('kind', KIND) != KIND:
        findings.problem('kind', f"expected '{KIND}', got {describe(document['kind'])}")


def contract_text(document: dict[str, Any], plain: bool = False) -> str:
    """Return a document as YAML.

    plain  whether to write ASCII characters only
    """
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=not plain, width=WIDTH)
    return text
