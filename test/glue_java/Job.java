package com.amazonaws.services.glue.util;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** The run of a job: remembers how it was begun, and whether it was committed. */
public final class Job {
    private static String name;
    private static Map arguments = new HashMap();
    private static boolean committed;

    public static void init(String jobName, SparkSession session, Map args) {
        for (Object value : args.values()) {
            if (value != null && !(value instanceof String)) {
                throw new IllegalArgumentException("An argument is not a text.");
            }
        }
        name = jobName;
        arguments = new HashMap(args);
        committed = false;
    }

    public static boolean isInitialized() {
        return name != null;
    }

    public static void commit() {
        if (name == null) {
            throw new IllegalStateException("Job.commit() without Job.init().");
        }
        committed = true;
    }

    public static String name() {
        return name;
    }

    public static Map arguments() {
        return arguments;
    }

    public static boolean committed() {
        return committed;
    }
}
