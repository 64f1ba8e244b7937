"""Python workers of the laptop's session find their modules without archives on the path."""
from __future__ import annotations

import os
import sys


def test_workers_have_the_modules_of_spark_and_of_the_lake_but_no_archive_on_their_path(spark):
    def look(_):
        import pyspark

        import lake_etl
        archives = [place for place in (*sys.path, *sys.path_importer_cache) if os.path.isfile(place)]
        return archives, pyspark.__file__, lake_etl.__file__
    ((archives, of_spark, of_lake),) = spark.sparkContext.parallelize([0], 1).map(look).collect()
    import pyspark

    import lake_etl
    assert (archives, of_spark, of_lake) == ([], pyspark.__file__, lake_etl.__file__)
