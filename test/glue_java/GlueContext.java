package com.amazonaws.services.glue;

import org.apache.spark.SparkContext;

/** What a job makes a context from. */
public final class GlueContext {
    public GlueContext(SparkContext sparkContext) {
    }
}
