"""Writes the pages of a lake on AWS into a folder or their bucket (with `--apply`), and gives an address for them."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if __name__ == '__main__':
    # It starts without an activated environment too.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from lib.packaging.script_environment import FOR_LAKE_ON_AWS, use_environment
    use_environment(('boto3', 'sqlglot'), FOR_LAKE_ON_AWS)

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from resources.shared.lake_on_aws import add_environment, exit_with, find_environment, find_lake, run_script

if TYPE_CHECKING:
    from lib.local_lake.showing.job_usage import LakeUsage
    from lib.settings.deployment_settings import EnvironmentConfiguration

PAGE = 'index.html'
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html
MOST_HOURS = 168
# https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobRuns.html
MOST_RUNS = 200
# Only addresses of this kind open objects that a key of AWS KMS encrypts, in the region of the bucket.
SIGNED = Config(signature_version='s3v4', s3={'addressing_style': 'virtual'})


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages or print their address; return the exit status."""
    return run_script(_run, _parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description='Write the pages of a lake on AWS, which show no values from rows.')
    add_environment(parser)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument('--out', metavar='FOLDER', help='write them into this folder')
    target.add_argument('--bucket', action='store_true', help='write them as one page into the bucket of the stack '
                        'DocsSite; needs --apply')
    target.add_argument('--address', action='store_true', help='print an address that opens the page in the bucket, '
                        'for everyone who has the address')
    parser.add_argument('--hours', type=int, default=1, help=f'how long the address is valid, 1 to {MOST_HOURS} '
                        '(default: 1); it ends earlier if your credentials do')
    parser.add_argument('--apply', action='store_true', help='with --bucket: write; without it, only say where')
    return parser


def _run(options: argparse.Namespace) -> int:
    from lake_etl import runtime
    from lake_etl.errors import LakeError
    from lib.local_lake.showing.site import single_page, write_site
    environment = find_environment(options.environment)
    lake = find_lake(environment)
    bucket = lake.bucket('docs')
    if not options.out and not environment.docs_schedule:
        raise LakeError(f'The environment {environment.name} has no bucket for the pages. Set its docs_schedule in '
                        'lib/configuration.py and deploy, or write the pages into a folder with --out.')
    if options.address:
        print(_address(bucket, options.hours))
        return 0
    summary = read_summary(environment, lake.bucket('etl-scripts'))
    if options.out:
        print(f'The pages of the lake are in {options.out}. Open {write_site(Path(options.out), summary).resolve()} '
              'in a browser.')
        return 0
    content, place = single_page(summary).encode('utf-8'), f's3://{bucket}/{PAGE}'
    if options.apply:
        runtime.files(place).write(place, content)
        print(f'Wrote the pages of the lake to {place}: {len(content):,} bytes.')
    else:
        print(f'Would write the pages of the lake to {place}: {len(content):,} bytes. Nothing was written. Run again '
              'with --apply to write them.')
    return 0


def read_usage(environment: EnvironmentConfiguration, client: Any) -> LakeUsage:
    """Return what the jobs took for each load, or why AWS Glue, whose client is given, does not tell it."""
    from lib.glue_job_arguments import job_name
    from lib.job_table import JOBS
    from lib.local_lake.showing.job_usage import DpuPrice, LakeUsage, missing_usage, price_kind, usage_by_load
    glue = environment.glue
    price = DpuPrice(environment.docs_dpu_hour_price, price_kind(glue.version, glue.worker_type, glue.flex)) if (
        environment.docs_dpu_hour_price) else None
    pages, runs = client.get_paginator('get_job_runs'), {}
    for job in JOBS:
        name = job_name(job, environment)
        try:
            found = pages.paginate(JobName=name, PaginationConfig={'PageSize': MOST_RUNS})
            runs[job.name] = [run for page in found for run in page['JobRuns']]
        except ClientError as error:
            return LakeUsage(missing=missing_usage(error.response['Error']['Code'], name))
    return LakeUsage(usage_by_load(runs, price), price)


def read_summary(environment: EnvironmentConfiguration, scripts: str) -> dict[str, object]:
    """Return what the pages show; raises LakeError for wrong configuration files and for what AWS refuses."""
    from lake_etl.adapters.aws.clients import open_client
    from lib.local_lake.lake_configuration import read_lake_configuration
    from lib.local_lake.showing.lake_summary import AUDIT, LINEAGE, RESULTS, column_names, summarize, with_records
    from lib.local_lake.showing.published_catalog import read_catalog
    with TemporaryDirectory(prefix='lake-docs-') as folder:
        _copy_configuration(scripts, Path(folder))
        lake = read_lake_configuration(Path(folder), environment.name)
    audit, results = environment.table_name(AUDIT), environment.table_name(RESULTS)
    lineage = environment.table_name(LINEAGE) if environment.lineage else ''
    usage = read_usage(environment, open_client('glue'))
    if usage.missing:
        print(f'{usage.missing} The pages are written without them.', file=sys.stderr)
    published = replace(with_records(read_catalog(lake), audit, lineage, results), usage=usage)
    return summarize(replace(lake, published=column_names(published)), published, matches=None)


def _copy_configuration(scripts: str, folder: Path) -> None:
    """Copy the configuration files of the scripts bucket; raises LakeError if there are none."""
    from lake_etl import runtime
    from lake_etl.config.configuration_files import RULES, SPEC, SQL
    from lake_etl.errors import LakeError
    from lib.state_machine_trigger.scripts_bucket import FOLDER
    root = f's3://{scripts}/{FOLDER}'
    for kind in (SPEC, SQL, RULES):
        (folder / kind).mkdir()
        for entry in runtime.files(root).list(f'{root}/{kind}'):
            name = entry.uri.removeprefix(f'{root}/{kind}/')
            if '/' not in name and not name.startswith('.'):
                (folder / kind / name).write_bytes(runtime.files(root).read(entry.uri) or b'')
    if not any(folder.glob('*/*')):
        raise LakeError(f'There are no configuration files in {root}. Deploy the lake, or name another environment '
                        'with --environment.')


def _address(bucket: str, hours: int) -> str:
    """Return an address that opens the page without credentials; raises LakeError if there is no page yet."""
    from lake_etl import runtime
    from lake_etl.errors import LakeError
    if not 1 <= hours <= MOST_HOURS:
        raise LakeError(f'--hours {hours}: expected 1 to {MOST_HOURS}.')
    place = f's3://{bucket}/{PAGE}'
    if runtime.files(place).size(place) is None:
        raise LakeError(f'There is no {place} yet. Start a build of the project in AWS CodeBuild, or write it with '
                        '--bucket --apply.')
    answer = {'ResponseContentType': 'text/html; charset=utf-8', 'ResponseCacheControl': 'no-store'}
    return str(boto3.client('s3', config=SIGNED).generate_presigned_url(
        'get_object', Params={'Bucket': bucket, 'Key': PAGE, **answer}, ExpiresIn=hours * 3600))


if __name__ == '__main__':
    exit_with(main)
