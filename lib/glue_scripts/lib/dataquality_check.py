"""Checks a frame against the quality rules of a workflow, under the name that custom jobs import."""
from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame

from lake_etl.arguments import DEFAULT_RETENTION_HOURS, PARTITION_KEYS
from lake_etl.config.quality_rules import STAGES, QualityRules, parse_quality
from lake_etl.config.reader import configuration_reader
from lake_etl.config.transform_steps import TransformStep
from lake_etl.config.workflow import read_workflow
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.ports import Column
from lake_etl.publish.layout import load_name
from lake_etl.publish.target import Target
from lake_etl.quality.gate import BEFORE_TRANSFORM, QualityGate
from lake_etl.quality.gated_load import GatedLoad
from lake_etl.runtime import bucket_address
from lake_etl.syntax.records import Findings
from lake_etl.transform.discovery import all_transforms

NEEDED = ('execution_id', 'source_key', 'target_database_name', 'table_name', 'target_bucket')


class DataQualityCheck:
    """Checks frames against the rules of a workflow; the jobs do the same while they write.

    partition  that the rows belong to: `{'year': '2024', 'month': '01', 'day': '02'}`, or these values in order
    """

    def __init__(self, dq_rules: QualityRules | Mapping[str, Any] | None, partition: Mapping[str, Any] | Sequence[Any],
                 args: Mapping[str, Any], lineage: Any, sc: Any = None):
        self.dq_rules = dq_rules
        self.partition = partition
        self.args = args
        self.lineage = lineage
        self.spark_context = sc

    def run_data_quality(self, df: DataFrame, dq_rules: QualityRules | Mapping[str, Any] | None,
                         ruleset_name: str) -> DataFrame:
        """Return the rows that may continue after `before_transform`, `after_transform` or `after_sparksql`.

        Evaluates the rules now, records their results and quarantines the rows that fail. `dq_rules` may be the
        content of a rules file. Raises QualityError when the rows must not be published.
        """
        parsed = dq_rules if dq_rules is None or isinstance(dq_rules, QualityRules) else self._parsed(dq_rules)
        return _check_now(df, parsed, ruleset_name, _named_values(self.partition), self.args, self.lineage)

    def _parsed(self, rules: Mapping[str, Any]) -> QualityRules | None:
        findings = Findings(f'rules of {self.args.get("source_key", "a workflow")}')
        parsed = parse_quality(rules, findings)
        if findings.problems:
            raise ConfigurationError(findings.problems)
        return parsed


def _named_values(partition: Mapping[str, Any] | Sequence[Any]) -> dict[str, str]:
    """Return the values of a partition by their keys; without keys they are year, month and day."""
    if isinstance(partition, Mapping):
        return {str(key).lower(): str(value) for key, value in partition.items()}
    if isinstance(partition, str) or len(partition) != len(PARTITION_KEYS):
        raise LakeError(f'The partition of a quality check has {len(partition)} values; expected year, month and day, '
                        "or an object such as {'year': '2024', 'month': '01', 'day': '02'}.")
    return {key.name: str(value) for key, value in zip(PARTITION_KEYS, partition, strict=True)}


def _check_now(df: DataFrame, rules: QualityRules | None, stage: str, partition: Mapping[str, str],
               args: Mapping[str, Any], lineage: Any) -> DataFrame:
    """Return the rows that may continue; results are recorded and failing rows quarantined before this returns."""
    if stage not in STAGES:
        raise LakeError(f"There is no stage '{stage}'; expected one of {', '.join(STAGES)}.")
    missing = [name for name in NEEDED if not args.get(name)]
    if missing:
        raise LakeError(f'Quality rules cannot be checked without the job arguments {", ".join(missing)}.')
    steps = _steps(args) if stage == BEFORE_TRANSFORM else ()
    gate = QualityGate(_load(df, stage, partition, args, lineage), rules, steps, all_transforms(), at_once=True)
    passing = gate.check(df, stage)
    gate.settle()
    gate.remember()
    return passing


def _load(df: DataFrame, stage: str, partition: Mapping[str, str], args: Mapping[str, Any], lineage: Any) -> GatedLoad:
    now, execution = datetime.now(UTC), str(args['execution_id'])
    target = Target(
        database=str(args['target_database_name']).lower(), table=str(args['table_name']).lower(),
        folder=bucket_address(str(args['target_bucket'])),
        keys=tuple(Column(name, 'string') for name in partition),
        load=load_name(execution, now, secrets.token_hex(3)), source_file=str(args['source_key']),
        allow_schema_change='permissive',
        retention=timedelta(hours=float(args.get('retention_hours', DEFAULT_RETENTION_HOURS))))
    by_rows = stage == 'after_sparksql'
    return GatedLoad(df.sparkSession, args, lineage, str(args['source_key']), execution, target, now,
                     partition=None if by_rows else tuple(partition.values()), whole=by_rows)


def _steps(args: Mapping[str, Any]) -> tuple[TransformStep, ...] | None:
    """Return the steps of the workflow, which determine what is protected; None if the arguments do not name one."""
    if not (args.get('txn_bucket') and args.get('txn_spec_prefix_path')):
        return None
    read = configuration_reader(bucket_address(str(args['txn_bucket'])), str(args['txn_spec_prefix_path']))
    workflow = read_workflow(str(args['target_database_name']), str(args['table_name']), read, all_transforms(),
                             str(args.get('environment', '')))
    return workflow.steps
