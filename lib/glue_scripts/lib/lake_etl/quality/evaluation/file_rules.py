"""Rules on files: their age, size and content, by default those of the file that the rows were read from."""
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial

from lake_etl.dqdl.syntax_tree import Day, Rule, Size, Text
from lake_etl.errors import DataError
from lake_etl.ports import FileEntry, Files
from lake_etl.quality.evaluation.data_set_rules import parameter_values
from lake_etl.quality.evaluation.evaluation_plan import Metric, MetricBuilder, RuleInput, RulePlan, Verdict, decided
from lake_etl.quality.evaluation.judging import judge_number
from lake_etl.quality.evaluation.metrics import share
from lake_etl.quality.evaluation.operand_values import to_moment, zone
from lake_etl.quality.evaluation.row_rules import required_condition
from lake_etl.quality.evaluation.sql_expressions import satisfies

ALGORITHMS = {'MD5': 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256'}
BYTES = {'B': 0, 'KB': 1, 'MB': 2, 'GB': 3, 'TB': 4}
PART = 8 * 1024 * 1024
COUNT = 'Dataset.*.FileCount'


def file_freshness(rule: Rule, data: RuleInput) -> RulePlan:
    """Check when files were written last; if only days are compared, on which day."""
    condition, place = required_condition(rule), zone(rule.tags.get('timeZone', 'Z'))
    days = [operand.value for operand in condition.operands if isinstance(operand, Day)]
    moments = [to_moment(operand, data.context.now, place) for operand in condition.operands]

    def passes(entry: FileEntry) -> bool:
        if len(days) == len(moments):
            return satisfies(condition.operator, entry.modified.astimezone(place).date(), days)
        return satisfies(condition.operator, entry.modified.astimezone(UTC), moments)
    return _plan_share(rule, data, passes)


def file_size(rule: Rule, data: RuleInput) -> RulePlan:
    """Check how many bytes files have."""
    condition = required_condition(rule)
    sizes = [operand.amount * 1024 ** BYTES[operand.unit] for operand in condition.operands
             if isinstance(operand, Size)]
    return _plan_share(rule, data, lambda entry: satisfies(condition.operator, entry.size, sizes))


def file_match(rule: Rule, data: RuleInput) -> RulePlan:
    """Check the checksums of files, or with two paths that both hold the same contents."""
    paths = parameter_values(rule)
    files = _store(data)
    if len(paths) == 2:
        first, second = (find_files(path, data) for path in paths)
        same = _contents(files, first, 'SHA-256') == _contents(files, second, 'SHA-256')
        verdict = Verdict(same, '' if same else f'The contents of {paths[0]} and {paths[1]} differ.',
                          {COUNT: float(len(first))})
        return decided(verdict)
    condition, algorithm = required_condition(rule), rule.tags.get('hashAlgorithm', 'SHA-256')
    if algorithm not in ALGORITHMS:
        raise DataError(f"The hash algorithm '{algorithm}' is unknown, expected one of {', '.join(ALGORITHMS)}.")
    known = {operand.value.lower() for operand in condition.operands if isinstance(operand, Text)}
    wanted = condition.operator in ('=', 'in')
    entries = find_files(_path(paths, data), data)
    others = [entry.uri for entry in entries if (checksum(files, entry.uri, algorithm) in known) != wanted]
    reason = f'The checksum of {_listed(others)} is not {condition.operator} the given ones.' if others else ''
    found = Verdict(not others, reason, {COUNT: float(len(entries))})
    return decided(found)


def file_uniqueness(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the share of files whose content no other file has."""
    entries = find_files(_path(parameters, data), data)
    sizes = Counter(entry.size for entry in entries)
    alike = [entry for entry in entries if sizes[entry.size] > 1]
    contents = _contents(_store(data), alike, 'SHA-256')
    unique = len(entries) - len(alike) + sum(count == 1 for count in contents.values())
    return Metric('Dataset.*.FileUniquenessRatio', lambda values: share(unique, len(entries)))


def file_count(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure how many files there are."""
    count = len(find_files(_path(parameters, data), data))
    return Metric(COUNT, lambda values: count)


def extreme_size(kind: str, parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the size of the smallest or the largest file in bytes."""
    sizes = [entry.size for entry in find_files(_path(parameters, data), data)]
    extreme = min(sizes) if kind == 'MinimumFileSize' else max(sizes)
    return Metric(f'Dataset.*.{kind}', lambda values: extreme)


METRIC_BUILDERS: dict[str, MetricBuilder] = {
    'FileUniqueness': file_uniqueness, 'FileCount': file_count,
    **{kind: partial(extreme_size, kind) for kind in ('MinimumFileSize', 'MaximumFileSize')},
}


def find_files(path: str, data: RuleInput) -> list[FileEntry]:
    """Return the file at a path, or all files below it; raises DataError when there is none."""
    files = _store(data)
    if files.size(path) is None:
        entries = list(files.list(path))
    else:
        folder, name = path.rpartition('/')[0], path.rpartition('/')[2]
        entries = [entry for entry in files.list(folder) if entry.uri == f'{folder}/{name}']
    if not entries:
        raise DataError(f'There is no file at {path}.')
    return entries


def checksum(files: Files, uri: str, algorithm: str) -> str:
    """Return the checksum of a file in hexadecimal digits, read in parts."""
    digest = hashlib.new(ALGORITHMS[algorithm], usedforsecurity=False)
    start = 0
    while part := files.read(uri, start, PART):
        digest.update(part)
        start += len(part)
    return digest.hexdigest()


def _plan_share(rule: Rule, data: RuleInput, passes: Callable[[FileEntry], bool]) -> RulePlan:
    """Return the check of a rule that files pass or fail one by one."""
    entries = find_files(_path(parameter_values(rule), data), data)
    others = [entry.uri for entry in entries if not passes(entry)]
    name, ratio = f'Dataset.*.{rule.type}.Compliance', 1 - len(others) / len(entries)
    if rule.threshold is not None:
        found = judge_number(name, ratio, rule.threshold, data)
    else:
        reason = f'{_listed(others)}: expected {rule.type} {rule.condition}.' if others else ''
        found = Verdict(not others, reason, {name: ratio})
    verdict = Verdict(found.passed, found.reason, {**found.metrics, COUNT: float(len(entries))}, found.note)
    return decided(verdict)


def _contents(files: Files, entries: list[FileEntry], algorithm: str) -> Mapping[tuple[int, str], int]:
    """Return how often each content occurs."""
    return Counter((entry.size, checksum(files, entry.uri, algorithm)) for entry in entries)


def _path(parameters: tuple[str, ...], data: RuleInput) -> str:
    path = parameters[0] if parameters else data.context.landed_file
    if path is None:
        raise DataError('The rows under check were not read from a landed file; name a path in the rule.')
    return path


def _store(data: RuleInput) -> Files:
    if data.context.files is None:
        raise DataError('Files cannot be looked up in this check.')
    return data.context.files


def _listed(uris: list[str]) -> str:
    """Return the first addresses, and how many more there are."""
    more = f' and {len(uris) - 3} more' if len(uris) > 3 else ''
    return f'{", ".join(uris[:3])}{more}'
