"""The recorded cases of the sample workflows pass, and notice changes of specifications, mappings, rules and SQL."""
from __future__ import annotations

import json

import pytest
from configuration_mutants import mutants_of
from mutant_campaign import MutantResult, cases_of, copied_configuration, run_mutants

from lib.local_lake.checks.case_files import TESTS
from lib.local_lake.checks.case_run import opened_runner
from lib.local_lake.commands.check import run_case
from lib.local_lake.commands.validate import workflows_in
from lib.local_lake.folders import OWN_CONFIGURATION, LakeFolders

SPECIFICATION = 'SyntheticLifeData-ClaimData.json'
# Every n-th mutant of a workflow whose cases take little time.
EVERY, WANTED = 3, 0.95


@pytest.fixture(scope='module')
def mutants():
    return mutants_of(OWN_CONFIGURATION)


def test_most_changes_of_a_specification_are_noticed(spark, small_data, tmp_path, mutants):
    folder = copied_configuration(tmp_path / 'configuration')
    chosen = [mutant for mutant in mutants if mutant.file.endswith(SPECIFICATION) and not mutant.unread][::EVERY]
    with opened_runner(LakeFolders.of(str(tmp_path / 'lake'), str(folder))) as runner:
        workflow, case = cases_of(chosen[0], folder)[0]
        assert run_case(runner, folder, workflow, case, recording=False).differences == ()
        results = list(run_mutants(chosen, runner, folder))
    noticed = [result for result in results if result.outcome == 'noticed']
    assert len(chosen) >= 5 and len(noticed) >= WANTED * len(chosen), [
        result.mutant.place for result in results if result not in noticed]
    assert [mutant.content for mutant in mutants] == [mutant.content for mutant in mutants_of(OWN_CONFIGURATION)]


def test_each_key_row_rule_and_line_of_the_sample_files_has_a_mutant(mutants):
    files = {mutant.file for mutant in mutants}
    assert files == {f'{kind}/{path.name}' for kind in ('dq-rules', 'transformation-spec', 'transformation-sql')
                     for path in (OWN_CONFIGURATION / kind).iterdir()}
    for mutant in mutants:
        before = (OWN_CONFIGURATION / mutant.file).read_text(encoding='utf-8')
        parse = json.loads if mutant.file.endswith('.json') else str.splitlines
        assert mutant.unread or parse(mutant.content) != parse(before), f'{mutant.file} {mutant.place} changes nothing'
    places = {mutant.place for mutant in mutants if mutant.file.endswith('dq-SyntheticGeneralData-PolicyData.json')}
    assert {'before_transform.halt_rules[0]', 'before_transform.halt_rules removed'} <= places


def test_a_mutant_that_no_run_reads_says_why_and_is_not_run(mutants):
    unread = [mutant for mutant in mutants if mutant.unread]
    assert 0 < len(unread) < len(mutants) / 10
    assert all(MutantResult(mutant).outcome == 'unread' for mutant in unread)


def test_every_sample_workflow_has_a_case():
    with_cases = {folder.name for folder in (OWN_CONFIGURATION / TESTS).iterdir()}
    assert with_cases == {name.replace('/', '-', 1) for name in workflows_in(OWN_CONFIGURATION)
                          if name not in ('SyntheticGeneralData/CombinedData', 'all/transforms-example')}
