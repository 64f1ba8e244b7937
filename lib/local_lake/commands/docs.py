"""`./lake docs [--serve]`: writes pages with tables, columns, lineage, rules, runs and matches."""
from __future__ import annotations

import argparse
import logging
from dataclasses import asdict, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.errors import LakeError
from lib.local_lake.folders import LakeFolders
from lib.local_lake.lake_configuration import read_lake_configuration
from lib.local_lake.progress import doing
from lib.local_lake.showing.lake_summary import PublishedLake, column_names, summarize
from lib.local_lake.showing.published_lake import match_figures, read_published
from lib.local_lake.showing.quarantine_samples import quarantine_samples
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
    lake = replace(read_lake_configuration(folders.configuration), published=column_names(published))
    with doing(f'Reading {len(lake.matches):,} entity matches'):
        matched = match_figures(folders, lake.matches) if published.tables else ()
    with doing('Choosing samples of quarantined rows'):
        shown = _samples(folders, lake, published) if samples else None
    with doing(f'Tracing the columns of {len(lake.workflows):,} workflows'):
        return write_site(target, summarize(lake, published, matched, shown))


def _samples(folders: LakeFolders, lake: LakeConfiguration, published: PublishedLake
             ) -> dict[str, list[dict[str, object]]]:
    """Return samples of quarantined rows by table, if there are tables."""
    if not published.tables:
        return {}
    found = quarantine_samples(folders, published.tables, trace_lake(lake), lake.workflows, lake.masking)
    return {name: [asdict(sample) for sample in samples] for name, samples in found.items()}


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
