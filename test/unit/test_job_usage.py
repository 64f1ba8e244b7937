"""Seconds, DPU-hours and costs of loads, from runs of jobs in the form that AWS Glue's own service model describes."""
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from lib.local_lake.showing.job_usage import (
    DPUS, DpuPrice, JobUsage, added, missing_usage, monthly_usage, price_kind, usage_by_load)
from lib.settings.parts import FLEX_WORKER_TYPES, WORKER_TYPES

GLUE = Session().get_service_model('glue')
BASE = {'Id': 'jr_1', 'Attempt': 0, 'JobName': 'dev-lake-collect-to-cleanse-job', 'JobRunState': 'SUCCEEDED',
        'StartedOn': datetime(2026, 2, 3, tzinfo=UTC), 'Arguments': {'--execution_id': 'e1', '--p_day': '3'},
        'GlueVersion': '5.1', 'ExecutionClass': 'STANDARD'}


def job_run(**values):
    """Return a run of a job that AWS Glue could answer; None leaves out a member."""
    run = {name: value for name, value in (BASE | values).items() if value is not None}
    report = ParamValidator().validate(run, GLUE.shape_for('JobRun'))
    assert not report.has_errors(), report.generate_report()
    assert run.get('WorkerType', 'G.1X') in GLUE.shape_for('WorkerType').enum
    assert run['JobRunState'] in GLUE.shape_for('JobRunState').enum
    return run


def used(*runs, price=None):
    """Return what the load e1 used in one job; None for nothing."""
    return usage_by_load({'a': runs}, price).get('e1', {}).get('a')


@pytest.mark.parametrize(('values', 'dpu_seconds'), [
    # Measured by AWS Glue, which is less than its maximum.
    ({'ExecutionTime': 90, 'DPUSeconds': 135.5, 'MaxCapacity': 4.0, 'WorkerType': 'G.1X', 'NumberOfWorkers': 4}, 135.5),
    ({'ExecutionTime': 90, 'MaxCapacity': 4.0, 'WorkerType': 'G.1X', 'NumberOfWorkers': 4}, 360),
    ({'ExecutionTime': 20, 'MaxCapacity': 4.0}, 240),  # AWS bills a minute at least.
    ({'ExecutionTime': 100, 'WorkerType': 'G.2X', 'NumberOfWorkers': 3}, 600),
    ({'ExecutionTime': 100, 'WorkerType': 'G.025X', 'NumberOfWorkers': 2}, 50),
    ({'ExecutionTime': 100, 'WorkerType': 'R.8X', 'NumberOfWorkers': 2}, 1600),
    ({'ExecutionTime': 100, 'WorkerType': 'Standard', 'NumberOfWorkers': 2}, None),
    ({'ExecutionTime': 100}, None),
])
def test_dpu_hours_are_those_that_glue_measures_or_come_from_the_size_of_a_run(values, dpu_seconds):
    usage = used(job_run(**values))
    assert usage.seconds == values['ExecutionTime']
    assert usage.dpu_hours == (None if dpu_seconds is None else pytest.approx(dpu_seconds / 3600))


def test_every_worker_of_the_settings_has_its_size():
    assert set(WORKER_TYPES) <= set(DPUS) <= set(GLUE.shape_for('WorkerType').enum)


def test_repeated_runs_add_up_and_runs_of_no_load_or_without_end_are_left_out():
    first = job_run(ExecutionTime=30, DPUSeconds=60.0, JobRunState='FAILED')
    again = job_run(ExecutionTime=90, DPUSeconds=300.0)
    assert used(first, again) == JobUsage(120, pytest.approx(0.1), frozenset({'5.1'}), None)
    assert used(first, job_run(ExecutionTime=90)).dpu_hours is None, 'a part of a sum that is not known'
    assert used(job_run(ExecutionTime=5, JobRunState='RUNNING')) is None
    assert used(job_run(ExecutionTime=0, JobRunState='ERROR')) is None
    assert used(job_run(ExecutionTime=None, JobRunState='WAITING')) is None
    by_hand = job_run(ExecutionTime=90, Arguments={'--source': 'x'}), job_run(ExecutionTime=90, Arguments=None)
    assert usage_by_load({'a': by_hand}) == {}


def test_a_price_is_only_for_runs_that_aws_prices_alike():
    price = DpuPrice(0.5, price_kind('6.0', FLEX_WORKER_TYPES[0], flex=True))
    flexible = job_run(ExecutionTime=60, DPUSeconds=3600.0, GlueVersion='6.0', ExecutionClass='FLEX')
    assert used(flexible, price=price) == JobUsage(60, 1.0, frozenset({'6.0 Flex'}), 0.5)
    for other in ({'ExecutionClass': 'STANDARD'}, {'ExecutionClass': None}, {'GlueVersion': '5.1'},
                  {'WorkerType': 'R.1X'}, {'GlueVersion': None}):
        found = used(flexible, job_run(**flexible | other), price=price)
        assert (found.dpu_hours, found.cost, len(found.kinds)) == (2.0, None, 2), other
    assert price_kind('5.1', 'R.2X', flex=False) == '5.1 memory-optimized'


def test_sums_by_month_leave_out_what_is_not_known_and_count_it():
    def usage(hours, cost):
        return JobUsage(60, hours, frozenset({'5.1'}), cost)
    found = monthly_usage([
        ('Gen/Claim', '2026-02-03 10:00', usage(5.0, None)), ('Gen/Policy', '2026-02-02 10:00', usage(0.25, 0.11)),
        ('gen/policy', '2026-02-01T10:00', usage(0.5, 0.22)), ('Gen/Policy', '2026-01-01 10:00', usage(None, None))])
    assert found == {'months': ['2026-01', '2026-02'], 'unmeasured': 1, 'unpriced': 1, 'workflows': [
        ['Gen/Claim', [None, 5.0], [None, None]], ['Gen/Policy', [None, 0.75], [None, 0.33]]]}
    assert monthly_usage([]) == {'months': [], 'workflows': [], 'unmeasured': 0, 'unpriced': 0}
    assert added([usage(1.0, 0.4), usage(2.0, None)]) == JobUsage(120, 3.0, frozenset({'5.1'}), None)


@pytest.mark.parametrize(('code', 'reason'), [
    ('AccessDeniedException', 'because the right glue:GetJobRuns on the job dev-a-job is missing.'),
    ('EntityNotFoundException', 'because there is no job dev-a-job.'),
    ('ThrottlingException', 'because AWS Glue answered ThrottlingException for the job dev-a-job.')])
def test_a_message_says_why_costs_are_missing(code, reason):
    assert missing_usage(code, 'dev-a-job').endswith(reason)
