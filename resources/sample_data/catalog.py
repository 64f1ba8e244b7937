"""The sample data sets by name: their file, how many rows of which seed are kept with the project, and their rows."""
from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from . import customer_file, general_claim, general_nested, general_policy, general_written, life_claim, life_policy


@dataclass(frozen=True)
class DataSet:
    """One sample file.

    file       name of the file
    rows       rows of the file that is kept with the project
    seed       seed of that file
    columns    header of the file, or the members of each JSON document
    generate   endless rows of a seed: cells of delimited text, or one JSON document as text
    """

    file: str
    rows: int
    seed: int
    columns: tuple[str, ...]
    generate: Callable[[int], Iterator[Sequence[str]]]

    @property
    def is_json(self) -> bool:
        """Tell whether the file holds one JSON document a line instead of delimited text."""
        return self.file.endswith('.json')


DATA_SETS = {
    'SyntheticGeneralData-PolicyData': DataSet(
        'syntheticgeneral-policy-data.csv', 1000, 1, general_policy.COLUMNS, general_policy.rows),
    'SyntheticGeneralData-PolicyData-bad': DataSet(
        'syntheticgeneral-policy-data-bad.csv', 100, 1, general_policy.COLUMNS, general_policy.bad_rows),
    'SyntheticGeneralData-ClaimData': DataSet(
        'syntheticgeneral-claim-data.csv', 1000, 1, general_claim.COLUMNS, general_claim.rows),
    'SyntheticGeneralData-WrittenPolicyData': DataSet(
        'syntheticgeneral-writtenpolicies.csv', 300, 1, general_written.COLUMNS, general_written.rows),
    'SyntheticGeneralData-NestedPolicyData': DataSet(
        'syntheticgeneral-nested-policies.json', 100, 1, general_nested.COLUMNS, general_nested.lines),
    'SyntheticLifeData-PolicyData': DataSet(
        'syntheticlife-policy-data.csv', 300, 1, life_policy.COLUMNS, life_policy.rows),
    'SyntheticLifeData-ClaimData': DataSet(
        'syntheticlife-claim-data.csv', 300, 1, life_claim.COLUMNS, life_claim.rows),
    **{f'Customer-{system}-day{day}': DataSet(
        f'customer_{system}_entitymatch_day{day}.csv', rows, 1, customer_file.COLUMNS, customer_file.rows(system, day))
       for day, rows in ((1, 100), (2, 60)) for system in customer_file.SYSTEMS},
}


def write_sample(data_set: str, rows: int, seed: int, target_path: str | Path) -> None:
    """Write that many rows of a data set to a file, in constant memory; the same arguments give the same bytes.

    Raises ValueError naming the known data sets when there is none of that name.
    """
    definition = DATA_SETS.get(data_set)
    if definition is None:
        raise ValueError(f"There is no sample data set '{data_set}'; choose one of {', '.join(DATA_SETS)}.")
    generated = islice(definition.generate(seed), rows)
    with open(target_path, 'w', encoding='utf-8', newline='') as target:
        if definition.is_json:
            target.writelines(f'{document}\n' for document in generated)
        else:
            writer = csv.writer(target, lineterminator='\n')
            writer.writerow(definition.columns)
            writer.writerows(generated)


def write_all(folder: str | Path) -> None:
    """Write every data set to the folder, with the rows and the seed that are kept with the project."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, definition in DATA_SETS.items():
        write_sample(name, definition.rows, definition.seed, Path(folder) / definition.file)
