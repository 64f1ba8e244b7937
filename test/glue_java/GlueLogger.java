package com.amazonaws.services.glue.log;

/** A context has one. */
public final class GlueLogger {
    public GlueLogger() {
    }
}
