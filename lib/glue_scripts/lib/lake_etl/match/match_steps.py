"""Offers the steps of a match as functions of frames, for users' own jobs."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lake_etl.config.match_specification import EntityMatchSpec, parse_entity_match
from lake_etl.errors import ConfigurationError
from lake_etl.match.entity_keys import ENTITY, new_global_id, with_entity_key
from lake_etl.match.match_plan import build_plan
from lake_etl.match.resolve import best_matches
from lake_etl.match.survivorship import conform_types
from lake_etl.match.training import trained_scorers
from lake_etl.publish.lineage import DataLineageGenerator
from lake_etl.spark.columns import column
from lake_etl.spark.materialize import checkpointed
from lake_etl.syntax.records import Findings

Split = tuple[DataFrame, DataFrame]


def fill_global_id(df: DataFrame, global_id: str, args: Mapping[str, Any], lineage: DataLineageGenerator) -> DataFrame:
    """Assign a new global id to rows without one, and make it the first column; equal rows get equal ids."""
    spec = EntityMatchSpec(primary_entity_table='rows', global_id_field=global_id)
    lineage.update_lineage(df, args['source_key'], 'fill_global_id', transform=[{'field': global_id}])
    others = [column(name) for name in df.columns if name.lower() != global_id.lower()]
    filled = F.coalesce(column(global_id).cast('string'), new_global_id(F.col(ENTITY)))
    return with_entity_key(df, spec).select(filled.alias(global_id), *others)


def split_dataframe(df: DataFrame, global_id: str) -> Split:
    """Return the rows with a global id, and the rows without."""
    return df.where(column(global_id).isNotNull()), df.where(column(global_id).isNull())


def entitymatch_exact(primary: DataFrame, incoming: DataFrame, spec: Mapping[str, Any], spark: SparkSession) -> Split:
    """Assign the global ids of primary rows to incoming rows with the same source keys; nulls match nothing.

    spec  entity match specification, as parsed from JSON; it is not changed

    Returns the rows with a global id afterwards, and the rows without. Raises ConfigurationError.
    """
    parsed = _parsed(spec)
    return _matched(primary, incoming, replace(parsed, levels=()), exact=True)


def entitymatch_recordlinkage(primary: DataFrame, incoming: DataFrame, spec: Mapping[str, Any],
                              spark: SparkSession) -> Split:
    """Assign the global ids of the best matches among the primary rows to incoming rows, level by level.

    spec  entity match specification, as parsed from JSON; it is not changed

    Returns the rows with a global id afterwards, and the rows without. Raises ConfigurationError.
    """
    parsed = _parsed(spec)
    return _matched(primary, incoming, parsed)


def _parsed(spec: Mapping[str, Any]) -> EntityMatchSpec:
    findings = Findings('entity match specification')
    parsed = parse_entity_match(dict(spec), findings)
    if parsed is None:
        raise ConfigurationError(findings.problems)
    return parsed


def _matched(primary: DataFrame, incoming: DataFrame, spec: EntityMatchSpec, exact: bool = False) -> Split:
    """Find the ids of rows without one; `exact` compares their source keys too."""
    global_id = spec.global_id_field
    rows = checkpointed(with_entity_key(conform_types(incoming, primary.schema), spec))
    open_rows = rows.where(column(global_id).isNull())
    plan = build_plan(spec, trained_scorers(spec, open_rows, ENTITY, primary), exact)
    if not plan.rules:
        return split_dataframe(incoming, global_id)
    found = best_matches(open_rows, primary, global_id, plan, open_rows.count())
    if found is None:
        return split_dataframe(rows.drop(ENTITY), global_id)
    ids = found.select(F.col('entity').alias(ENTITY), F.col('global_id').alias('found'))
    filled = [F.coalesce(column(name), F.col('found')).alias(name) if name.lower() == global_id.lower()
              else column(name) for name in incoming.columns]
    return split_dataframe(checkpointed(rows.join(ids, ENTITY, 'left').select(*filled)), global_id)
