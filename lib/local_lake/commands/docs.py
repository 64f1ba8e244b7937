"""`./lake docs [--serve]`: writes pages with tables, columns, lineage, rules, runs and matches."""
from __future__ import annotations

import argparse
import logging
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lake_etl.column_lineage.workflow_lineage import LakeConfiguration
from lake_etl.config.configuration_files import folded
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_entity_match, read_workflow
from lake_etl.errors import LakeError
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.commands.validate import matched_databases, workflows_in
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.lake_summary import PublishedLake, column_names, match_figures, read_published, summarize
from lib.local_lake.showing.site import write_site

SITE = 'lake-docs'
HOST = '127.0.0.1'


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Write the pages and print the path of the first; with --serve, serve them and write them again on each visit."""
    logging.getLogger('lake_etl').setLevel(logging.WARNING)
    target, samples = Path(options.out or SITE), bool(getattr(options, 'samples', False))
    page = write_pages(folders, target, samples)
    if not options.serve:
        print(f'The pages of the lake are in {target}. Open {page.resolve()} in a browser.')
        return 0
    with page_server(folders, target, options.port, samples) as server:
        print(f'The pages of the lake are at http://{HOST}:{server.server_port}/. Stop with Ctrl+C.')
        server.serve_forever()
    return 0


def write_pages(folders: LakeFolders, target: Path, samples: bool = False) -> Path:
    """Write the pages of a lake as it is now; return the first.

    samples  whether to show some quarantined rows, of columns and values that do not look personal

    Raises ConfigurationError for wrong configuration files, and LakeError for tables that are made of each other.
    """
    published = read_published(folders)
    matched = match_figures(folders, matched_databases(folders.configuration)) if published.tables else ()
    shown = folders if samples and published.tables else None
    return write_site(target, summarize(read_lake_configuration(folders, published), published, matched, shown))


def read_lake_configuration(folders: LakeFolders, published: PublishedLake) -> LakeConfiguration:
    """Return the configuration of all workflows, with the columns of the published tables."""
    read, transforms = configuration_below(str(folders.configuration)), known_transforms()
    names = [(database, table) for database, _, table in (
        name.partition('/') for name in workflows_in(folders.configuration))]
    workflows = {name: read_workflow(*name, read, transforms, 'Dev') for name in names}
    # Tables that files of another workflow fill come from its source.
    spelled = {(folded(database), folded(table)): (database, table) for database, table in names}
    further = {spelled.get((folded(database), folded(table)), (database, table)): found
               for (database, _), workflow in workflows.items() for table, found in workflow.further_tables.items()}
    return LakeConfiguration(
        workflows=workflows | further,
        matches={name: read_entity_match(name, read) for name in matched_databases(folders.configuration)},
        masking=protection_by_transform(transforms, known_forms()), published=column_names(published))


def page_server(folders: LakeFolders, target: Path, port: int, samples: bool = False) -> ThreadingHTTPServer:
    """Return a server for this machine alone, which writes the pages again whenever the first is asked for.

    Raises LakeError when the port is in use.
    """
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Pages, folders, target, samples))
    except OSError as error:
        raise LakeError(f'Port {port} cannot be used: {error.strerror}. Choose another with --port.') from error


class _Pages(SimpleHTTPRequestHandler):
    """Serves the folder of the pages."""

    def __init__(self, folders: LakeFolders, target: Path, samples: bool, *arguments: object):
        self._samples = samples
        self._lake = folders
        self._target = target
        super().__init__(*arguments, directory=str(target))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with a file; the first page comes with the lake as it is now."""
        if self.path in ('/', '/index.html'):
            try:
                write_pages(self._lake, self._target, self._samples)
            except LakeError as error:
                self.log_error('The pages are those of the last visit: %s', error)
        super().do_GET()

    def end_headers(self) -> None:
        """Ask the browser not to keep pages of an earlier run."""
        self.send_header('Cache-Control', 'no-store')
        super().end_headers()

    def log_request(self, *details: object) -> None:
        """Keep the screen free of requests."""
