"""The Glue jobs: names, versions, sizes, shipped modules, and arguments with which the real jobs start."""
from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from zipfile import ZipFile

import pytest
from stack_templates import LINEAGE_QUEUE, text_of

from glue_arguments import arguments_class, command_line, started_by_glue
from lake_etl.arguments import load_arguments, optional_names, required_names
from lake_etl.jobs.job_run import resolve_arguments
from lake_etl.jobs.logs import JsonFormatter, formatter
from lib.job_table import JOBS
from lib.local_lake.running.glue_job import ensure_glue_library
from lib.packaging.glue_library import MODULES, REQUIREMENTS, SCRIPTS, python_packages, write_library, zipped

STACK = '{}-InsuranceLakeEtlGlue'
# The least that a start by hand says.
BY_HAND = {
    'JOB_NAME': 'job', 'execution_id': 'by-hand', 'source_key': 'Gen/Policy', 'table_name': 'Policy',
    'database_name_prefix': 'Gen', 'base_file_name': 'policies.csv', 'p_year': '2026', 'p_month': '3', 'p_day': '4',
    'state_machine_name': 'dev-insurancelake-etl-state-machine',
    'data_lineage_table': 'dev-insurancelake-etl-data-lineage'}
ARGUMENTS = {job.name: arguments_class(job) for job in JOBS}
DATABASES = {'collect-to-cleanse': 'Gen', 'cleanse-to-consume': 'Gen_consume', 'consume-entity-match': 'Gen_consume'}


def jobs_of(lake_on_aws, environment):
    """Return the properties of an environment's jobs by the middle of their names."""
    beginning = f'{environment.lower()}-insurancelake-'
    return {job['Properties']['Name'].removeprefix(beginning).removesuffix('-job'): job['Properties']
            for job in lake_on_aws.resources(STACK.format(environment), 'AWS::Glue::Job').values()}


def default_arguments(job) -> dict[str, str]:
    """Return a job's default arguments without dashes; a reference of the template is named after its target."""
    return {name.removeprefix('--'): text_of(value) for name, value in job['DefaultArguments'].items()}


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_there_are_the_three_jobs_of_the_contract_with_their_scripts(lake_on_aws, environment):
    jobs = jobs_of(lake_on_aws, environment)
    assert set(jobs) >= {'collect-to-cleanse', 'cleanse-to-consume', 'consume-entity-match'}
    for name, job in jobs.items():
        assert (SCRIPTS / f"etl_{name.replace('-', '_')}.py").exists()
        assert text_of(job['Command']['ScriptLocation']).endswith(f">/etl/etl_{name.replace('-', '_')}.py")
        assert job['Command']['Name'] == 'glueetl'
        assert job['ExecutionProperty']['MaxConcurrentRuns'] >= 10


@pytest.mark.parametrize(('environment', 'version', 'execution'), [
    ('Dev', '5.1', 'STANDARD'), ('Test', '5.1', 'STANDARD'), ('Prod', '6.0', 'FLEX')])
def test_version_and_way_of_execution_are_set_by_environment(lake_on_aws, environment, version, execution):
    for job in jobs_of(lake_on_aws, environment).values():
        assert (job['GlueVersion'], job.get('ExecutionClass', 'STANDARD')) == (version, execution)
        assert job['WorkerType'] == 'G.1X' and job['NumberOfWorkers'] >= 2 and job['Timeout'] == 480
        assert job.get('JobRunQueuingEnabled', False) is (execution == 'STANDARD')


def test_jobs_run_in_the_networks_of_the_configuration(lake_on_aws):
    assert all('Connections' not in job for job in jobs_of(lake_on_aws, 'Dev').values())
    for environment, count in (('Test', 3), ('Prod', 4)):
        assert {len(job['Connections']['Connections']) for job in jobs_of(lake_on_aws, environment).values()} == {count}


def test_auto_scaling_catalog_metrics_and_logs_are_on_and_bookmarks_off(lake_on_aws):
    for job in jobs_of(lake_on_aws, 'Dev').values():
        arguments = default_arguments(job)
        assert arguments['enable-auto-scaling'] == 'true' and arguments['enable-glue-datacatalog'] == 'true'
        assert arguments['job-bookmark-option'] == 'job-bookmark-disable'
        assert {'enable-metrics', 'enable-observability-metrics', 'enable-spark-ui'} <= set(arguments)
        assert 'TemporaryBucket' in arguments['spark-event-logs-path']
        assert arguments['custom-logGroup-prefix'] == '/aws-glue/dev-insurancelake-etl'
        assert arguments['log_format'] == 'json'


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
@pytest.mark.parametrize('name', ARGUMENTS)
def test_a_start_by_hand_with_the_least_arguments_is_understood_by_the_job(monkeypatch, lake_on_aws, environment, name):
    ensure_glue_library()
    kind = ARGUMENTS[name]
    defaults = default_arguments(jobs_of(lake_on_aws, environment)[name])
    given = started_by_glue(defaults | BY_HAND)
    monkeypatch.setattr(sys, 'argv', command_line('script', given))
    arguments = resolve_arguments(required_names(kind), optional_names(kind))
    load = load_arguments(arguments)
    assert isinstance(formatter(arguments), JsonFormatter)
    assert (load.environment, load.retention_hours) == (environment, 72.0)
    assert load.database == DATABASES.get(name, load.database)
    assert load.target_folder.startswith('s3://') and load.scripts_folder.startswith('s3://')


@pytest.mark.parametrize('name', ARGUMENTS)
def test_every_default_argument_of_ours_is_one_that_the_job_reads(lake_on_aws, name):
    known = {*required_names(ARGUMENTS[name]), *optional_names(ARGUMENTS[name])}
    ours = {argument for argument in default_arguments(jobs_of(lake_on_aws, 'Prod')[name]) if '_' in argument}
    assert ours - known == set()


def test_what_an_environment_switches_on_reaches_the_jobs(lake_on_aws):
    of_test, of_prod = (default_arguments(jobs_of(lake_on_aws, environment)['cleanse-to-consume'])
                        for environment in ('Test', 'Prod'))
    assert 'data_lineage_table' not in of_test and of_test['redshift_workgroup_name'] == 'lake'
    assert (of_prod['hash_key_secret'], of_prod['data_quality_engine']) == ('lake/hash-key', 'glue')
    assert of_prod['openlineage_transport'] == LINEAGE_QUEUE and 'openlineage_transport' not in of_test
    assert (of_prod['redshift_cluster_id'], of_prod['redshift_database']) == ('lake', 'lake')


def test_entity_match_knows_its_iceberg_catalog(lake_on_aws):
    arguments = default_arguments(jobs_of(lake_on_aws, 'Dev')['consume-entity-match'])
    assert (arguments['iceberg_catalog'], arguments['datalake-formats']) == ('glue_catalog', 'iceberg')
    assert arguments['txn_spec_prefix_path'] == '/etl/transformation-spec/'
    assert 'spark.sql.catalog.glue_catalog.warehouse=s3://' in arguments['conf']


@pytest.mark.parametrize('name', ARGUMENTS)
def test_every_job_tells_s3a_iceberg_and_python_workers_the_region(lake_on_aws, name):
    for environment in ('Dev', 'Test', 'Prod'):
        conf = default_arguments(jobs_of(lake_on_aws, environment)[name])['conf']
        settings = dict(part.split('=', 1) for part in conf.split(' --conf '))
        region = settings['spark.hadoop.fs.s3a.endpoint.region']
        assert re.fullmatch(r'[a-z]{2}-[a-z]+-\d', region)
        assert settings['spark.hadoop.fs.s3a.endpoint'].startswith(f's3.{region}.')
        assert settings['spark.executorEnv.AWS_DEFAULT_REGION'] == region
        if name == 'consume-entity-match':
            assert settings['spark.sql.catalog.glue_catalog.client.region'] == region


def test_the_library_is_one_zip_whose_modules_have_their_flat_names(tmp_path):
    names = ZipFile(BytesIO(zipped(MODULES))).namelist()
    assert {'datalineage.py', 'custom_mapping.py', 'lake_etl/__init__.py', 'lake_etl/jobs/job_run.py'} <= set(names)
    assert [name for name in names if '__pycache__' in name or name == '__init__.py'] == []
    assert {path.name for path in MODULES.glob('*.py')} - {'__init__.py'} <= set(names)


def test_the_library_is_found_on_the_import_path_of_another_python(tmp_path):
    archive = tmp_path / 'library.zip'
    archive.write_bytes(zipped(MODULES))
    code = ('import lake_etl.arguments, lake_etl.transform.discovery as d; '
            'print(lake_etl.arguments.__file__, "hash" in d.all_transforms())')
    answer = subprocess.run([sys.executable, '-c', code], env={'PYTHONPATH': str(archive)}, cwd=tmp_path, text=True,
                            capture_output=True, check=True)
    assert answer.stdout.split() == [f'{archive}/lake_etl/arguments.py', 'True']


def test_the_name_of_the_library_follows_its_content_alone(tmp_path):
    modules = tmp_path / 'modules'
    modules.mkdir()
    (modules / 'own.py').write_text('VALUE = 1\n')
    (modules / 'driver.jar').write_bytes(b'jar')
    first = write_library(tmp_path, modules)
    assert write_library(tmp_path, modules) == first and first.jars == ('driver.jar',)
    assert (tmp_path / first.zip_name).exists() and (tmp_path / 'driver.jar').read_bytes() == b'jar'
    (modules / 'own.py').write_text('VALUE = 2\n')
    assert write_library(tmp_path, modules).zip_name != first.zip_name


def test_jobs_install_exactly_the_packages_that_the_project_names(lake_on_aws, tmp_path):
    packages = default_arguments(jobs_of(lake_on_aws, 'Dev')['collect-to-cleanse'])['additional-python-modules']
    assert set(packages.split(',')) == {line for line in REQUIREMENTS.read_text().splitlines() if '==' in line}
    loose = tmp_path / 'requirements.txt'
    loose.write_text('sqlglot>=1\n')
    with pytest.raises(ValueError, match="requirements.txt: 'sqlglot>=1', expected a pinned package"):
        python_packages(loose)


def test_scripts_and_configuration_files_are_deployed_below_etl(lake_on_aws):
    deployments = lake_on_aws.resources(STACK.format('Dev'), 'Custom::CDKBucketDeployment').values()
    prefixes = {item['Properties']['DestinationBucketKeyPrefix']: item['Properties']['Prune'] for item in deployments}
    assert prefixes == {'etl': True, 'library': False}
    asset = next(path for path in lake_on_aws.directory.glob('asset.*') if (path / 'transformation-spec').is_dir())
    expected = {path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob('*') if path.is_file()
                and path.relative_to(SCRIPTS).parts[0] not in ('lib', 'awsglue', 'tests', '__pycache__', '__init__.py')}
    assert {path.relative_to(asset).as_posix() for path in asset.rglob('*') if path.is_file()} == expected


def test_logs_are_encrypted_kept_and_written_where_the_groups_are(lake_on_aws):
    found = lake_on_aws.resources(STACK.format('Dev'), 'AWS::Logs::LogGroup').values()
    groups = [group['Properties'] for group in found]
    assert {group['LogGroupName'] for group in groups} == {
        '/aws/lambda/dev-insurancelake-deploy-scripts', *(
            '/aws-glue/dev-insurancelake-etl/dev-insurancelake-glue-security-1-role/'
            f'dev-insurancelake-us-east-2-glue-role/{kind}' for kind in ('error', 'output'))}
    assert all(group['RetentionInDays'] == 365 and group['KmsKeyId'] for group in groups)


@pytest.mark.parametrize('environment', ['Dev', 'Prod'])
def test_buckets_role_and_policy_are_exported_by_the_names_that_other_stacks_import(lake_on_aws, environment):
    exports = {output['Export']['Name'] for template in lake_on_aws.of_environment(environment).values()
               for output in template.get('Outputs', {}).values() if 'Export' in output}
    names = ('GlueScriptsBucket', 'GlueScriptsTempBucket', 'GlueRole', 'ConsumerPolicy')
    assert exports >= {f'{environment}InsuranceLake{name}{arn}' for name in names for arn in ('', 'Arn')}
