"""Learns the weights of the benchmark's match specifications again, from data that the benchmark does not measure.

    python3 -m bench.match_training people|febrl

`people` learns from invented customers of a seed of their own, `febrl` from FEBRL set 2. Both learn as a level without
weights learns from a batch: nobody tells it who is who. The same data teaches the same weights. `strangers` stays as it
is, for it says how large the table is that rows are matched with later, which is not learnt.
"""
from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bench.match_data import MatchData, febrl_2, invented
from bench.match_lake import LakeMatch
from bench.match_specifications import load_level, path_of
from lake_etl.config.match_weights import FieldShares, MatchWeights
from lake_etl.match.scoring import ProbabilisticScorer
from lake_etl.spark.session import configure
from lib.local_lake.running.laptop_session import start_session

SEED, PRIMARY_ROWS, ROWS = 2, 50_000, 5_000
TRAINING_DATA: Mapping[str, Callable[[Path], MatchData]] = {
    'people': lambda folder: invented(folder, SEED, PRIMARY_ROWS, ROWS),
    'febrl': febrl_2,
}
SHARE_DIGITS, FREQUENCY_DIGITS = 4, 3
WEIGHTS = '  "weights": '


def main() -> None:
    """Learn the weights of one specification and put them into its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('specification', choices=TRAINING_DATA)
    name = parser.parse_args().specification
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        weights = _learnt(name, Path(scratch))
    path = path_of(name)
    path.write_text(with_weights(path.read_text(encoding='utf-8'), weights), encoding='utf-8')
    print(f'{path.name} has new weights; housemates {weights.housemates:.4g}')


def with_weights(text: str, weights: MatchWeights) -> str:
    """Return the text of a specification with these weights, except for `strangers`; the rest stays.

    The weights have to be the last thing in the text. Shares are rounded to 4 significant digits, frequencies to 3.
    """
    before, _, _ = text.partition(WEIGHTS)
    strangers = json.loads(text)['weights']['strangers']
    fields = ',\n'.join(f'      {json.dumps(_plain(item), ensure_ascii=False)}' for item in weights.fields)
    housemates = _rounded(weights.housemates, SHARE_DIGITS)
    return (f'{before}{WEIGHTS}{{\n    "strangers": {strangers},\n    "housemates": {housemates},\n'
            f'    "fields": [\n{fields}\n    ]\n  }}\n}}\n')


def _learnt(name: str, folder: Path) -> MatchWeights:
    spark = configure(start_session(folder, memory='4g'))
    level = replace(load_level(name), weights=None)
    scorer = LakeMatch(spark, level, TRAINING_DATA[name](folder)).plan().levels[0].scorer
    if not isinstance(scorer, ProbabilisticScorer):
        raise TypeError(f"Level '{name}' is of type {level.type}, which learns nothing; expected probabilistic")
    return scorer.weights


def _plain(shares: FieldShares) -> dict[str, object]:
    """Return the shares as JSON values, without empty parts."""
    lists = {name: [_rounded(share, SHARE_DIGITS) for share in getattr(shares, name)]
             for name in ('same_person', 'stranger', 'housemate')}
    result: dict[str, object] = {'name': shares.name, **{name: values for name, values in lists.items() if values}}
    if shares.rare is not None:
        result['frequent'] = {value: _rounded(share, FREQUENCY_DIGITS) for value, share in shares.frequent.items()}
        result['rare'] = _rounded(shares.rare, FREQUENCY_DIGITS)
    return result


def _rounded(number: float, digits: int) -> float:
    return float(f'{number:.{digits}g}')


if __name__ == '__main__':
    main()
