"""Reads the configuration of a whole lake, from which its pages and their lineage are made."""
from __future__ import annotations

from pathlib import Path

from lake_etl.column_lineage.workflow_lineage import LakeConfiguration
from lake_etl.config.configuration_files import folded
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_entity_match, read_workflow
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.commands.validate import matched_databases, workflows_in
from lib.local_lake.progress import doing


def read_lake_configuration(configuration: Path, environment: str = 'Dev') -> LakeConfiguration:
    """Return the configuration of all workflows in a folder, without the columns of published tables.

    Raises ConfigurationError with the problems of the first wrong workflow.
    """
    read, transforms = configuration_below(str(configuration)), known_transforms()
    names = [(database, table) for database, _, table in (
        name.partition('/') for name in workflows_in(configuration))]
    with doing('Reading the configuration', len(names), 'workflows') as found:
        workflows = {name: read_workflow(*name, read, transforms, environment) for name in found.each(names)}
    # Tables that files of another workflow fill come from its source.
    spelled = {(folded(database), folded(table)): (database, table) for database, table in names}
    further = {spelled.get((folded(database), folded(table)), (database, table)): found
               for (database, _), workflow in workflows.items() for table, found in workflow.further_tables.items()}
    return LakeConfiguration(
        workflows=workflows | further,
        matches={name: read_entity_match(name, read) for name in matched_databases(configuration)},
        masking=protection_by_transform(transforms, known_forms()), published={})
