"""One error reports everything that is wrong with configuration files; no other error occurs."""
from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed import damaged_texts, damaged_values, entries_of

from lake_etl.config.configuration_files import FileNames, file_names
from lake_etl.config.entries.known import known_forms
from lake_etl.config.workflow import read_workflow
from lake_etl.errors import ConfigurationError
from lake_etl.syntax.json_with_comments import parse_json
from lake_etl.syntax.records import Findings

CONFIGURATION = Path(__file__).resolve().parents[2] / 'lib' / 'glue_scripts'
NAMES = file_names('Gen', 'Policy')
CELLS = st.text('aB`"\',.\n\r \x00é', max_size=6) | st.sampled_from(['Null', '90', '1e999', 'ratio', '-1'])
SQL_FILES = ((NAMES.spark_sql, 'spark'), (NAMES.athena_sql, 'athena'), (NAMES.redshift_sql, 'redshift'))
ENVIRONMENTS = st.sampled_from(['Dev', 'Prod'])
MANY = settings(max_examples=260, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=100)


@cache
def samples(pattern: str) -> dict[str, str]:
    """Return the text of each file of the sample workflows that fits the pattern."""
    return {path.name: path.read_text(encoding='utf-8') for path in sorted(CONFIGURATION.glob(pattern))}


def sample_values() -> list[dict]:
    """Return the values of the transformation specifications and dependencies of the samples."""
    return [parse_json(text.encode(), Findings(name)) for name, text in samples('transformation-spec/*.json').items()]


def read(files: dict[str, bytes], environment: str = 'Prod') -> None:
    """Read a workflow of these files; nothing but the one error may come, and it can be printed in one piece."""
    try:
        read_workflow('Gen', 'Policy', files.get, known_forms(), environment, ('p_year',))
    except ConfigurationError as error:
        assert error.problems
        names = {getattr(NAMES, item).rpartition('/')[2] for item in FileNames.__dataclass_fields__}
        assert {problem.file for problem in error.problems} <= names
        str(error).encode()


@MANY
@given(st.sampled_from(sample_values()).flatmap(damaged_values), ENVIRONMENTS, st.booleans())
def test_a_specification_with_wrong_values_anywhere(value, environment, mapped):
    name = NAMES.dependencies if 'depends_on' in value else NAMES.spec
    mapping = samples('transformation-spec/all-*.csv')['all-transforms-example.csv'].encode()
    read({name: json.dumps(value).encode(), **({NAMES.mapping: mapping} if mapped else {})}, environment)


@MANY
@given(st.dictionaries(st.sampled_from(sorted(known_forms())), st.none(), min_size=1, max_size=3).flatmap(
    lambda steps: st.fixed_dictionaries({name: entries_of(known_forms()[name]) for name in steps})), ENVIRONMENTS)
def test_a_specification_with_values_of_any_kind_for_the_right_keys(steps, environment):
    mapping = b'SourceName,DestName\nA,a\nB,Null\n'
    read({NAMES.spec: json.dumps({'transform_spec': steps}).encode(), NAMES.mapping: mapping}, environment)


@MANY
@given(st.sampled_from(sorted(samples('transformation-spec/*.json').values())).flatmap(damaged_texts))
def test_a_specification_that_was_cut_mixed_up_or_saved_in_another_encoding(content):
    read({NAMES.spec: content})
    read({NAMES.dependencies: content})


@MANY
@given(st.sampled_from(sorted(samples('transformation-spec/*.csv').values())).flatmap(damaged_texts)
       | st.lists(st.lists(CELLS, max_size=6).map(','.join), max_size=5).map(
           lambda lines: '\n'.join(['SourceName,DestName,Threshold,Scorer,Width', *lines]).encode()))
def test_a_mapping_that_was_cut_mixed_up_or_saved_in_another_encoding(content):
    read({NAMES.mapping: content, NAMES.spec: b'{"input_spec": {"fixed": {}}, "transform_spec": {"hash": ["a"]}}'})


@FEWER
@given(st.sampled_from([(name, text) for name, engine in SQL_FILES
                        for text in samples(f'transformation-sql/{engine}-*.sql').values()]).flatmap(
    lambda file: st.fixed_dictionaries({file[0]: damaged_texts(file[1])})))
def test_sql_that_was_cut_mixed_up_or_saved_in_another_encoding(files):
    read(files)
