"""Puts the tables of the AWS Glue Data Catalog into the Hive metastore of a Spark session.

On AWS Glue a client of Amazon's own stands between Spark's Hive classes and the Data Catalog. It is not published, so
each table is copied, with every part that Hive knows, by the metastore client that Spark itself holds.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.sql import SparkSession

from lake_etl.adapters.aws.clients import open_client

Structure = Mapping[str, Any]
API = 'org.apache.hadoop.hive.metastore.api.'


class HiveTables:
    """The metastore of a session, filled from the Data Catalog of the account and region that boto3 finds."""

    def __init__(self, spark: SparkSession):
        self._jvm: Any = spark._jvm
        jvm_session: Any = spark._jsparkSession
        # The classes of Hive are in a class loader of their own, so they are made by that.
        client = jvm_session.sharedState().externalCatalog().unwrapped().client()
        hive = _called(client, 'client')
        self._loader = hive.getClass().getClassLoader()
        self._metastore = hive.getMSC()
        self._glue = open_client('glue')
        self._put: dict[tuple[str, str], tuple[Structure, list[Structure]]] = {}

    def put_catalog(self) -> None:
        """Make the metastore hold what the Data Catalog holds now; views and Iceberg tables have other ways."""
        for database in self._pages('get_databases', 'DatabaseList'):
            name = database['Name']
            if name not in self._metastore.getAllDatabases():
                self._metastore.createDatabase(self._database(database))
            for table in self._pages('get_tables', 'TableList', DatabaseName=name):
                if table.get('TableType') != 'VIRTUAL_VIEW' and 'table_type' not in table.get('Parameters', {}):
                    self._put_table(table)

    def _put_table(self, table: Structure) -> None:
        """Put a table and its partitions in place of those that are there, unless they are the same."""
        place = {'DatabaseName': table['DatabaseName'], 'TableName': table['Name']}
        partitions = list(self._pages('get_partitions', 'Partitions', **place))
        if self._put.get((table['DatabaseName'], table['Name'])) == (table, partitions):
            return
        self._put[table['DatabaseName'], table['Name']] = (table, partitions)
        self._metastore.dropTable(table['DatabaseName'], table['Name'], False, True)
        made = self._new('Table')
        made.setDbName(table['DatabaseName'])
        made.setTableName(table['Name'])
        made.setTableType(table['TableType'])
        made.setSd(self._storage(table['StorageDescriptor']))
        made.setPartitionKeys(self._columns(table.get('PartitionKeys', ())))
        made.setParameters(self._texts(table.get('Parameters', {})))
        self._metastore.createTable(made)
        for partition in partitions:
            self._metastore.add_partition(self._partition(table, partition))

    def _partition(self, table: Structure, partition: Structure) -> Any:
        made = self._new('Partition')
        made.setDbName(table['DatabaseName'])
        made.setTableName(table['Name'])
        made.setValues(self._list(partition['Values']))
        made.setSd(self._storage(partition['StorageDescriptor']))
        made.setParameters(self._texts(partition.get('Parameters', {})))
        return made

    def _database(self, database: Structure) -> Any:
        made = self._new('Database')
        made.setName(database['Name'])
        made.setLocationUri(database['LocationUri'])
        made.setParameters(self._texts({}))
        return made

    def _storage(self, storage: Structure) -> Any:
        made, serde = self._new('StorageDescriptor'), self._new('SerDeInfo')
        serde.setSerializationLib(storage['SerdeInfo']['SerializationLibrary'])
        serde.setParameters(self._texts(storage['SerdeInfo'].get('Parameters', {})))
        made.setCols(self._columns(storage['Columns']))
        made.setLocation(storage['Location'])
        made.setInputFormat(storage['InputFormat'])
        made.setOutputFormat(storage['OutputFormat'])
        made.setSerdeInfo(serde)
        made.setBucketCols(self._list(()))
        made.setSortCols(self._list(()))
        made.setParameters(self._texts({}))
        return made

    def _columns(self, columns: Any) -> Any:
        made = self._list(())
        for column in columns:
            field = self._new('FieldSchema')
            field.setName(column['Name'])
            field.setType(column['Type'])
            made.add(field)
        return made

    def _texts(self, values: Mapping[str, str]) -> Any:
        made = self._jvm.java.util.HashMap()
        for name, value in values.items():
            made.put(name, value)
        return made

    def _list(self, values: Any) -> Any:
        made = self._jvm.java.util.ArrayList()
        for value in values:
            made.add(value)
        return made

    def _new(self, name: str) -> Any:
        return self._loader.loadClass(API + name).newInstance()

    def _pages(self, method: str, key: str, **arguments: str) -> Iterator[Structure]:
        for page in self._glue.get_paginator(method).paginate(**arguments):
            yield from page[key]


def _called(target: Any, name: str) -> Any:
    """Return what a method without parameters answers that Scala keeps private."""
    kind = target.getClass()
    method = next(item for item in kind.getDeclaredMethods()
                  if item.getName().rpartition('$')[2] == name and item.getParameterCount() == 0)
    method.setAccessible(True)
    return method.invoke(target, None)
