def test_x(spark):
    from glue_half import is_real, begun_run
    assert is_real()
    from awsglue.context import GlueContext
    from awsglue.job import Job
    c = GlueContext(spark.sparkContext)
    j = Job(c)
    j.init('a', {'x': None, 'y': 'z'})
    print(begun_run(spark).name(), begun_run(spark).arguments(), j.isInitialized())
    j.commit()
    assert begun_run(spark).committed()
