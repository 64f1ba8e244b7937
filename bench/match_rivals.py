"""Runs other tools on the data of the benchmark, each in its own process, so that its memory can be measured.

    python -m bench.match_rivals splink SPECIFICATION PRIMARY INCOMING RESULT

Writes the scored links to RESULT as Parquet and prints one JSON object with seconds and the peak of its memory.
"""
from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.match_data import ROW, TRUTH, MatchData
from bench.match_specifications import load_level
from lake_etl.config.block_rule import BlockRule
from lake_etl.config.match_field import Field
from lake_etl.config.match_specification import Level

LOWEST_PROBABILITY = 0.01
RANDOM_PAIRS, RECALL_OF_RULES = 1_000_000, 0.8
SPLINK, RECORD_LINKAGE = 'splink', 'recordlinkage'


@dataclass(frozen=True)
class RivalRun:
    """One run of a tool: the links it found with their scores, seconds to train and to match, peak memory in MiB."""

    links: pd.DataFrame
    training: float
    matching: float
    peak: float


def run_rival(tool: str, data: MatchData, folder: Path) -> RivalRun:
    """Run a tool on the data in a new process."""
    result = folder / f'{tool}-links'
    command = [sys.executable, '-m', 'bench.match_rivals', tool, data.specification, str(data.primary),
               str(data.incoming), str(result)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told = json.loads(output.splitlines()[-1])
    return RivalRun(pd.read_parquet(result), told['training'], told['matching'], told['peak'])


def splink(level: Level, primary: pd.DataFrame, incoming: pd.DataFrame) -> tuple[pd.DataFrame, float, float]:
    """Return Splink's scored links on DuckDB, and the seconds of training and of prediction.

    It has the same block rules, similarities, levels and frequencies as the level, learns on the data itself, and
    gives all links with a probability of at least 0.01, so that its best threshold can be found. Scores are in bits.
    """
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI
    rules = [block_on(*(_duckdb_part(str(part)) for part in rule.parts)) for rule in level.rules]
    settings = SettingsCreator(link_type='link_only', unique_id_column_name=ROW,
                               blocking_rules_to_generate_predictions=rules,
                               comparisons=[_splink_comparison(field) for field in level.fields],
                               retain_matching_columns=False, retain_intermediate_calculation_columns=False)
    started = time.perf_counter()
    database = DuckDBAPI()
    tables = [database.register(table.drop(columns=TRUTH), dataset_display_name=name)
              for table, name in ((primary, 'a_primary'), (incoming, 'b_incoming'))]
    linker = Linker(tables, settings, log_level=50)
    # Blocking rules that pair whole households would teach it that housemates are one person.
    personal = [made for made, rule in zip(rules, level.rules, strict=True) if not _is_shared_at_home(level, rule)]
    linker.training.estimate_probability_two_random_records_match(personal[:3], recall=RECALL_OF_RULES)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    for rule in personal[:4]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    trained = time.perf_counter()
    found = linker.inference.predict(threshold_match_probability=LOWEST_PROBABILITY).as_pandas_dataframe()
    ended = time.perf_counter()
    is_primary_left = found['source_dataset_l'] == 'a_primary'
    left, right = found[f'{ROW}_l'], found[f'{ROW}_r']
    links = pd.DataFrame({'primary': left.where(is_primary_left, right), 'incoming': right.where(is_primary_left, left),
                          'score': found['match_weight']})
    return links, trained - started, ended - trained


def _is_shared_at_home(level: Level, rule: BlockRule) -> bool:
    shared = {field.fieldname for field in level.fields if field.agreement.shared_at_home}
    return all(part.column in shared for part in rule.parts)


def _duckdb_part(part: str) -> str:
    column, bracket, stop = part.partition('[:')
    return f'substr({column}, 1, {stop.rstrip("]")})' if bracket else column


def _splink_comparison(field: Field) -> Any:
    import splink.comparison_library as comparisons
    levels = sorted(field.agreement.levels, reverse=True)
    if field.type == 'exact' or not levels:
        made = comparisons.ExactMatch(field.fieldname)
    elif field.measure == 'jarowinkler':
        made = comparisons.JaroWinklerAtThresholds(field.fieldname, levels)
    else:
        # Similarities of texts of about ten letters, by number of typing errors.
        made = comparisons.DamerauLevenshteinAtThresholds(field.fieldname, list(range(1, len(levels) + 1)))
    return made.configure(term_frequency_adjustments=True) if field.agreement.frequent_values else made


def record_linkage(level: Level, primary: pd.DataFrame, incoming: pd.DataFrame
                   ) -> tuple[pd.DataFrame, float, float]:
    """Return what `recordlinkage` finds with the weighted level of the sample customers.

    Both tables are in pandas; pairs that share the block are compared, weighted and held against the threshold; the
    last candidate of a row counts, as in jobs that are built around this library. What such jobs do beside it, such as
    collecting tables and merging each match, is not in its time.
    """
    import recordlinkage
    started = time.perf_counter()
    left, right = (table.assign(block=table['first_name'].str[:1] + table['last_name'].str[1:] + table['zip_code']
                                ).set_index(ROW) for table in (primary, incoming))
    index = recordlinkage.Index()
    index.block('block')
    compare = recordlinkage.Compare()
    compare.string('first_name', 'first_name', method='jarowinkler', threshold=0.85)
    compare.string('last_name', 'last_name', method='jarowinkler', threshold=0.85)
    compare.exact('born', 'born')
    scores = compare.compute(index.index(left, right), left, right)
    total = scores[0] * 0.35 + scores[1] * 0.25 + scores[2] * 0.4
    links = pd.DataFrame({'primary': total.index.get_level_values(0), 'incoming': total.index.get_level_values(1),
                          'score': total.to_numpy()})
    links = links[links['score'] >= 0.85]
    matched = right.assign(found=-1)
    for link in links.itertuples():
        matched.loc[link.incoming, 'found'] = link.primary
    last = matched[matched['found'] >= 0]['found']
    return (pd.DataFrame({'primary': last.to_numpy(), 'incoming': last.index, 'score': 1.0}), 0.0,
            time.perf_counter() - started)


def main(tool: str, specification: str, primary: str, incoming: str, result: str) -> None:
    """Run one tool in this process."""
    warnings.simplefilter('ignore')   # Both call pandas in ways that are going out of use.
    tables = pd.read_parquet(primary), pd.read_parquet(incoming)
    run = splink if tool == SPLINK else record_linkage
    links, training, matching = run(load_level(specification), *tables)
    links.to_parquet(result)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({'training': training, 'matching': matching, 'peak': peak}))


if __name__ == '__main__':
    main(*sys.argv[1:])
