"""Looks each Java class of Spark up once, where py4j searches all of Spark's libraries at every call of a function.

Spark 3.5 asks for `functions`, `PythonUtils` or `org.apache.spark…` whenever Python builds a column. Java looks for
such a short name in every package that Spark has imported, in each library of Spark, which takes longer than the call
itself. Spark 4 asks for full names instead; they are remembered as well.
"""
from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage
from pyspark.sql import SparkSession

# The names under which Spark's Python asks for classes with static methods.
CLASSES = ('functions', 'PythonUtils', 'SparkSession', 'SparkSession$', 'Column', 'SimplePythonFunction',
           'org.apache.spark.sql.functions', 'org.apache.spark.sql.classic.SparkSession',
           'org.apache.spark.sql.classic.SparkSession$',
           'org.apache.spark.sql.catalyst.trees.PySparkCurrentOrigin')
# The first parts of full names.
PACKAGES = ('org', 'py4j')


class RememberedClass(JavaClass):  # type: ignore[misc]  # py4j has no types.
    """A Java class that asks Java for each of its static methods once."""

    def __getattr__(self, name: str) -> Any:
        member = super().__getattr__(name)
        if isinstance(member, JavaMember):
            setattr(self, name, member)
        return member


class RememberedPackage(JavaPackage):  # type: ignore[misc]  # py4j has no types.
    """A Java package that asks Java for each of its packages and classes once."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if isinstance(found, JavaClass):
            found = RememberedClass(found._fqn, found._gateway_client)
        elif name[:1].islower():
            found = RememberedPackage(found._fqn, found._gateway_client, found._jvm_id)
        else:
            # py4j takes a class that Java does not know for a package; a library that is added later may bring it.
            return found
        setattr(self, name, found)
        return found


def remember_java_names(spark: SparkSession) -> None:
    """Keep the classes and packages that Spark's Python asks for most often in the session's view of Java."""
    jvm: Any = spark.sparkContext._jvm
    known = vars(jvm)
    for name in CLASSES:
        # Each version of Spark lacks some of them, which py4j takes for packages.
        if name not in known and isinstance(found := getattr(jvm, name), JavaClass):
            setattr(jvm, name, RememberedClass(found._fqn, found._gateway_client))
    for name in PACKAGES:
        if name not in known:
            found = getattr(jvm, name)
            setattr(jvm, name, RememberedPackage(found._fqn, found._gateway_client, found._jvm_id))
