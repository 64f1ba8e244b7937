"""Runs the lake's entity match on the data of the benchmark, and the floor for comparison."""
from __future__ import annotations

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.match_data import ROW, TRUTH, MatchData
from bench.match_truth import Quality, of_groups, of_links
from lake_etl.config.match_specification import EntityMatchSpec, Level
from lake_etl.match.blocking import block_key_rows
from lake_etl.match.entity_keys import ENTITY
from lake_etl.match.match_plan import MatchPlan, build_plan
from lake_etl.match.resolve import assign_global_ids
from lake_etl.match.training import trained_scorers

GLOBAL_ID = 'global_id_of_row'


class LakeMatch:
    """Matches the data in Spark with the steps of the job, from the read tables to the global ids."""

    def __init__(self, spark: SparkSession, level: Level, data: MatchData):
        self.data = data
        self.spec = EntityMatchSpec(primary_entity_table='bench', global_id_field=GLOBAL_ID, levels=(level,))
        identity = F.col(ROW).cast('string')
        incoming = spark.read.parquet(str(data.incoming)).drop(TRUTH)
        self.incoming = incoming.withColumns({ENTITY: identity, GLOBAL_ID: F.lit(None).cast('string')})
        self.primary = spark.read.parquet(str(data.primary)).drop(TRUTH).withColumn(
            GLOBAL_ID, identity) if data.primary else None

    def plan(self) -> MatchPlan:
        """Return the plan, after learning what weights the level does not give."""
        return build_plan(self.spec, trained_scorers(self.spec, self.incoming, ENTITY, self.primary), exact=False)

    def match(self) -> pd.DataFrame:
        """Return entity, global id, level and score of every incoming row."""
        return self._assigned().toPandas()

    def run(self) -> None:
        """Match, and leave the result on the workers."""
        self._assigned().write.format('noop').mode('overwrite').save()

    def blocking_join(self) -> None:
        """Join both tables on the block keys, with the columns that would be compared, and do nothing with the pairs.

        This is the least that any matcher with these rules has to do.
        """
        plan = self.plan()
        rows = block_key_rows(self.incoming, ENTITY, plan)
        known = rows if self.primary is None else block_key_rows(self.primary, GLOBAL_ID, plan)
        others = rows.drop('rule').withColumnsRenamed({name: f'r_{name}' for name in rows.columns if name != 'key'})
        known.join(F.broadcast(others), 'key').write.format('noop').mode('overwrite').save()

    def _assigned(self) -> DataFrame:
        return assign_global_ids(self.incoming, self.primary, None, GLOBAL_ID, self.plan())


def judged(found: pd.DataFrame, data: MatchData) -> tuple[Quality, Quality]:
    """Return the quality of links to the primary table, and of the groups among the rows that are new.

    Without a primary table all rows are new, and the first one is empty.
    """
    incoming = pd.read_parquet(data.incoming, columns=[ROW, TRUTH])
    rows = found.assign(row=found['entity'].astype(int)).merge(incoming, on=ROW)
    if data.primary is None:
        return Quality(0, 0, 0), of_groups(rows['global_id'], rows[TRUTH])
    primary = pd.read_parquet(data.primary, columns=[ROW, TRUTH])
    linked = rows[~rows['level'].eq('new') & rows['global_id'].str.fullmatch(r'\d+')]
    links = pd.DataFrame({'incoming': linked[ROW], 'primary': linked['global_id'].astype(int)})
    new = rows[~rows[TRUTH].isin(set(primary[TRUTH]))]
    return of_links(links, primary, incoming), of_groups(new['global_id'], new[TRUTH])
