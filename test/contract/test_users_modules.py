"""Users' modules and jobs are found, run by the rules they were written for, and disable only themselves."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pandas
import pyarrow.parquet
import pytest
import requests
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.config.transform_steps import TransformStep
from lake_etl.ports import Column, Partition, Publication, Table
from lake_etl.publish.lineage import DataLineageGenerator
from lake_etl.runtime import chosen_catalog
from lake_etl.transform.apply import apply_steps
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import TransformContext, UserTransform
from quick_spark import quick_start

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY / 'lib' / 'glue_scripts' / 'lib'
STAND_IN = REPOSITORY / 'lib' / 'local_lake' / 'awsglue_stand_in'


def transform_company(df, spec, args, lineage, sc, *extra):
    """Cast and divide as functions written for Spark's older rules do, and call a transform of the lake."""
    found = df.withColumn('cast', F.col('text').cast('int')).withColumn('ratio', F.col('a') / F.col('b'))
    found = found.withColumn('day', F.to_date('text', 'yyyy-MM-dd')).withColumn('sql', F.expr('a % b'))
    assert found.where('ratio IS NULL').count() == 1
    return all_transforms()['literal'](found, {'line': 'Auto'}, args, lineage, sc)


def test_a_users_function_runs_by_the_older_rules_and_the_lake_by_its_own(spark):
    registry = {**all_transforms(), 'company': UserTransform('company', transform_company)}
    df = spark.createDataFrame([('7', 4, 2), ('x', 1, 0)], 'text string, a int, b int')
    steps = [TransformStep('company', 'company', [], None, 'transform_spec.company')]
    after = apply_steps(df, steps, registry, TransformContext({'source_key': 'a/b'}))
    assert [tuple(row) for row in after.select('cast', 'ratio', 'day', 'sql', 'line').collect()] == [
        (7, 2.0, None, 0, 'Auto'), (None, None, None, None, 'Auto')]
    assert spark.conf.get('spark.sql.ansi.enabled') == 'true'


def transform_known(df, spec, args, lineage, sc):
    """Keep the rows whose codes are in another table of the lake, which Spark finds by its name."""
    known = df.sparkSession.sql('SELECT code FROM gen.codes')
    assert SparkSession.builder.getOrCreate().table('gen.codes').columns[0] == 'code'
    return df.join(known, 'code', 'left_semi')


def test_a_users_function_reads_other_tables_of_the_lake(lake, spark):
    lake.load('Gen/Codes/a.csv', 'code\nA\n')
    registry = {**all_transforms(), 'known': UserTransform('known', transform_known)}
    df = spark.createDataFrame([('A',), ('B',)], 'code string')
    steps = [TransformStep('known', 'known', [], None, 'transform_spec.known')]
    after = apply_steps(df, steps, registry, TransformContext({'source_key': 'a/b'}))
    assert [row.code for row in after.collect()] == ['A']
    assert type(df.sparkSession) is SparkSession


def test_a_pivot_with_repeated_keys_takes_the_last_value(spark):
    df = spark.sql("SELECT map_from_arrays(collect_list(k), collect_list(v)) AS m FROM VALUES "
                   "(1, 'a', 1), (1, 'a', 2), (1, 'b', 3) t(id, k, v) GROUP BY id")
    assert df.first().m == {'a': 2, 'b': 3}


MODULES = {
    'company_good.py': 'def transform_good(df, spec, args, lineage, sc):\n    return df\n',
    'company_glue.py': 'from awsglue.dynamicframe import DynamicFrame\n\n\n'
                       'def transform_framed(df, spec, args, lineage, sc):\n    return df\n',
    'company_api.py': 'import a_package_nobody_has.client\n\n\ndef transform_priced(df, spec, args, lineage, sc):\n'
                      '    return df\n\n\ndef transform_hash(df, spec, args, lineage, sc):\n    return df\n',
    'company_typo.py': 'def transform_typed(df, spec, args, lineage, sc):\n    return df\n\n\nx = (\n',
    'company_raises.py': 'def transform_raised(df, spec, args, lineage, sc):\n    return df\n\n\n'
                         'raise ValueError("secret 4711")\n',
    'company_exits.py': 'import sys\n\n\ndef transform_exited(df, spec, args, lineage, sc):\n    return df\n\n\n'
                        'sys.exit(3)\n',
}
SPECIFICATIONS = {
    'A-Good': {'good': [], 'literal': {'a': 1}}, 'B-Framed': {'framed': []}, 'C-Priced': {'priced:2': {}},
    'D-Typed': {'typed': []}, 'E-Raised': {'raised': []}, 'F-Exited': {'exited': []}, 'G-Hash': {'hash': ['a']}}
VALIDATE = '''
import sys
from lib.local_lake.cli import main
sys.exit(main(['--config', sys.argv[1], 'validate']))
'''


@pytest.fixture
def clone(tmp_path):
    """A folder of shared modules with those of a user beside the lake's own."""
    shared = tmp_path / 'shared'
    shared.mkdir()
    for path in SHARED.iterdir():
        (shared / path.name).symlink_to(path)
    (shared / 'lake_etl').unlink()
    (shared / 'lake_etl').mkdir()
    for path in (SHARED / 'lake_etl').iterdir():
        (shared / 'lake_etl' / path.name).symlink_to(path)
    for name, content in MODULES.items():
        (shared / name).write_text(content)
    folder = tmp_path / 'configuration' / 'transformation-spec'
    folder.mkdir(parents=True)
    for name, spec in SPECIFICATIONS.items():
        (folder / f'{name}.json').write_text(json.dumps({'transform_spec': spec}))
    return shared


def test_a_module_that_cannot_be_imported_is_named_and_disables_only_its_own_transforms(clone, tmp_path):
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, (clone, REPOSITORY, STAND_IN)))}
    done = subprocess.run([sys.executable, '-c', VALIDATE, str(tmp_path / 'configuration')], capture_output=True,
                          text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 1, done.stderr
    assert 'A/Good: 1 files are valid.' in done.stdout
    for file, place, reason in (
            ('B-Framed', 'framed', "company_glue.py was not imported. It imports 'awsglue.dynamicframe'"),
            ('C-Priced', 'priced:2', "company_api.py was not imported. It imports 'a_package_nobody_has"),
            ('D-Typed', 'typed', 'company_typo.py was not imported. SyntaxError'),
            ('E-Raised', 'raised', 'company_raises.py was not imported. ValueError in company_raises.py, line 5'),
            ('F-Exited', 'exited', 'company_exits.py was not imported. SystemExit'),
            ('G-Hash', 'hash', 'company_api.py was not imported')):
        [line] = [line for line in done.stderr.splitlines() if f'{file}.json: transform_spec.{place}: ' in line]
        assert reason in line
    assert '4711' not in done.stderr


@pytest.mark.parametrize('name', ['etl_collect_to_cleanse', 'etl_cleanse_to_consume', 'etl_consume_entity_match'])
def test_a_job_starts_as_a_program_without_an_import_path(tmp_path, name):
    environment = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    done = subprocess.run([sys.executable, str(REPOSITORY / 'lib' / 'glue_scripts' / f'{name}.py'), '--JOB_NAME=x'],
                          capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert 'the following arguments are required' in done.stderr
    assert 'ModuleNotFoundError' not in done.stderr


@pytest.mark.parametrize(('options', 'arguments', 'variable', 'library'), [
    ([], ['--catalog=sqlite:///a.db'], '', STAND_IN), ([], ['--catalog', 'sqlite:///a.db'], '', STAND_IN),
    ([], [], 'sqlite:///a.db', STAND_IN), ([], [], 'glue', 'real'), ([], ['--catalog=glue'], '', 'real'),
    (['-S'], [], '', STAND_IN)])
def test_a_program_gets_the_library_of_glue_or_its_stand_in(tmp_path, options, arguments, variable, library):
    (tmp_path / 'lib' / 'glue_scripts').mkdir(parents=True)
    (tmp_path / 'lib' / 'glue_scripts' / 'awsglue').symlink_to(SHARED.parent / 'awsglue')
    (tmp_path / 'real' / 'awsglue').mkdir(parents=True)
    (tmp_path / 'real' / 'awsglue' / '__init__.py').write_text('from awsglue.utils import PLACE\n')
    (tmp_path / 'real' / 'awsglue' / 'utils.py').write_text('PLACE = "real"\n')
    program = tmp_path / 'lib' / 'glue_scripts' / 'etl_codes.py'
    program.write_text('import awsglue\nimport awsglue.utils\nprint(awsglue.__file__, awsglue.utils.__file__)\n')
    environment = {'LAKE_CATALOG': variable} | ({} if options else {'PYTHONPATH': str(tmp_path / 'real')})
    done = subprocess.run([sys.executable, *options, str(program), *arguments], capture_output=True, text=True,
                          env=environment, cwd=tmp_path, check=False)
    folder = Path(library if library == STAND_IN else tmp_path / 'real') / 'awsglue'
    assert done.stdout.split() == [str(folder / '__init__.py'), str(folder / 'utils.py')], done.stderr


@F.pandas_udf(StringType())
def ask_api(batches: Iterator[pandas.Series]) -> Iterator[pandas.Series]:
    """Ask a service of another company about each value, with one connection per task."""
    with requests.Session() as session:
        for batch in batches:
            yield batch.map(lambda url: session.get(url, timeout=10).json()['rate'])


def transform_rates(df, spec, args, lineage, sc):
    """Spread the rows over all cores, then look rates up and scale a column, both in batches of pandas."""
    cores = int(sc.getConf().get('spark.default.parallelism'))
    assert int(df.sparkSession.conf.get('spark.default.parallelism')) == sc.defaultParallelism == cores
    double = F.pandas_udf(lambda values: values * 2.0, 'double')
    asked = df.repartition(cores).withColumn(
        'rate', ask_api(F.concat(F.lit(spec['service']), F.lit('/'), 'code'))).withColumn('twice', double('amount'))
    lineage.update_lineage(asked, args['source_key'], 'rates', transform=[spec])
    return asked


def test_pandas_functions_and_calls_of_a_service_run_in_a_users_transform(spark, tmp_path):
    registry = {**all_transforms(), 'rates': UserTransform('rates', transform_rates)}
    df = spark.createDataFrame([(f'c{number}', float(number)) for number in range(20)], 'code string, amount double')
    table = f'sqlite://{tmp_path}/lake.db#data-lineage'
    args = {'source_key': 'a/b', 'execution_id': 'e', 'data_lineage_table': table}
    for number in range(20):
        (tmp_path / f'c{number}').write_text(json.dumps({'rate': f'rate of c{number}'}))
    with ThreadingHTTPServer(('127.0.0.1', 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        spec = {'service': f'http://127.0.0.1:{server.server_port}'}
        steps = [TransformStep('rates', 'rates', spec, None, 'transform_spec.rates')]
        context = TransformContext(args, DataLineageGenerator(args), spark.sparkContext)
        rows = apply_steps(df, steps, registry, context).collect()
        server.shutdown()
    assert sorted((row.code, row.rate, row.twice) for row in rows) == sorted(
        (f'c{number}', f'rate of c{number}', number * 2.0) for number in range(20))
    assert [item['dataset_operation'] for item in SqliteItems().query(table, 'e')] == ['rates', 'rates']


SKELETON = '''
import sys
import os
from pyspark.context import SparkContext
from awsglue.utils import getResolvedOptions
from awsglue.context import GlueContext
from awsglue.job import Job

sys.path.append(os.path.dirname(__file__) + '/lib')

from glue_catalog_helpers import upsert_catalog_table, clean_column_names, generate_spec, put_s3_object, table_exists
from datalineage import DataLineageGenerator
from datatransform_stringmanipulation import format_column

expected_arguments = ['JOB_NAME', 'environment', 'TempDir', 'state_machine_name', 'execution_id', 'source_key']
for arg in sys.argv:
    if '--data_lineage_table' in arg:
        expected_arguments.append('data_lineage_table')


def main():
    args = getResolvedOptions(sys.argv, expected_arguments)
    sc = SparkContext()
    glueContext = GlueContext(sc)
    spark = glueContext.spark_session
    job = Job(glueContext)
    job.init(args['JOB_NAME'], args)
    lineage = DataLineageGenerator(args)
    spark.sql('USE own')
    found = [row.tableName for row in spark.sql('SHOW TABLES').collect()]
    df = spark.sql('SELECT policy AS Code, year, month FROM policies WHERE month = 3')
    found += [spark.table('own.policies').columns, spark.read.table('policies').columns]
    df, mapping = clean_column_names(df)
    from pyspark.sql.functions import lit
    df = df.withColumn('text', format_column(lit('<{}>'), 'code'))
    upsert_catalog_table(df, 'Own', 'Codes', ['year', 'month'], args['TempDir'] + '/own/codes')
    lineage.update_lineage(df, args['source_key'], 'own', transform=mapping)
    put_s3_object(args['TempDir'] + '/mapping.csv', mapping)
    found += [list(df.first()), table_exists('own', 'codes')['Table']['Name']]
    found += [spark.catalog.tableExists('own.codes'), spark.sql('SELECT * FROM own.codes').columns]
    try:
        spark.sql("ALTER TABLE own.codes ADD PARTITION (year = 2026, month = '03')")
    except Exception as error:
        found.append(str(error).partition(':')[0])
    put_s3_object(args['TempDir'] + '/found.txt', found)
    job.commit()


if __name__ == '__main__':
    main()
'''


@pytest.mark.parametrize(('arguments', 'variable', 'chosen'), [
    ([], None, 'glue'), ([], 'sqlite:///a.db', 'sqlite:///a.db'),
    (['--catalog=sqlite:///b.db'], 'sqlite:///a.db', 'sqlite:///b.db'),
    (['--x', 'y', '--catalog', 'sqlite:///b.db'], None, 'sqlite:///b.db'), (['--catalog'], None, '')])
def test_an_argument_or_a_variable_chooses_the_catalog(monkeypatch, arguments, variable, chosen):
    monkeypatch.setattr('sys.argv', ['job', *arguments])
    monkeypatch.delenv('LAKE_CATALOG', raising=False)
    if variable:
        monkeypatch.setenv('LAKE_CATALOG', variable)
    assert chosen_catalog() == chosen


def test_a_job_from_the_skeleton_reads_and_extends_the_lake_of_a_laptop(spark_environment, tmp_path):
    """It is started by a launch configuration that has only a program and arguments."""
    folder = tmp_path / 'lib' / 'glue_scripts'
    folder.mkdir(parents=True)
    for name in ('lib', 'awsglue'):
        (folder / name).symlink_to(SHARED.parent / name)
    (folder / 'etl_codes.py').write_text(SKELETON)
    catalog = SqliteCatalog(f'sqlite://{tmp_path}/lake.db')
    catalog.create_database('own', str(tmp_path))
    keys = (Column('year', 'int'), Column('month', 'string'))
    table = Table('own', 'policies', (Column('policy', 'string'),), keys, f'{tmp_path}/policies')
    (tmp_path / 'policies' / 'x').mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table({'policy': ['a']}), tmp_path / 'policies' / 'x' / 'a.parquet')
    catalog.publish(Publication(table, (Partition(('2026', '03'), f'{tmp_path}/policies/x', table.columns),)))
    arguments = [f'--{name}={value}' for name, value in {
        'JOB_NAME': 'codes', 'environment': 'Dev', 'TempDir': tmp_path, 'state_machine_name': 'none',
        'execution_id': 'e', 'source_key': 'Own/Codes', 'catalog': f'sqlite://{tmp_path}/lake.db',
        'data_lineage_table': f'sqlite://{tmp_path}/lake.db#data-lineage'}.items()]
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'} | quick_start()
    done = subprocess.run([sys.executable, str(folder / 'etl_codes.py'), *arguments], capture_output=True, text=True,
                          env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / 'found.txt').read_text() == str([
        'policies', ['policy', 'year', 'month'], ['policy', 'year', 'month'], ['a', 2026, '03', '<a>'], 'codes', True,
        ['code', 'text', 'year', 'month'], 'Spark SQL cannot change own.codes'])
    assert (tmp_path / 'mapping.csv').read_text().splitlines()[0] == 'sourcename,destname'
    assert len(list(SqliteItems().query(f'sqlite://{tmp_path}/lake.db#data-lineage', 'e'))) == 3
    assert not list(tmp_path.glob('spark-warehouse'))
