"""The configuration of a workflow as typed values, checked as a whole before data is read. Needs no Spark."""
