"""Works out what loads took of AWS Glue, from the runs of its jobs: seconds, DPU-hours, and costs at a price."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# With which the state machine names the load to each job.
LOAD = '--execution_id'
ENDED = frozenset({'SUCCEEDED', 'FAILED', 'STOPPED', 'TIMEOUT', 'ERROR', 'EXPIRED'})
# https://docs.aws.amazon.com/glue/latest/dg/worker-types.html. Those of R workers are memory-optimized DPUs.
DPUS = {'G.025X': 0.25, 'G.1X': 1, 'G.2X': 2, 'G.4X': 4, 'G.8X': 8, 'G.12X': 12, 'G.16X': 16,
        'R.1X': 1, 'R.2X': 2, 'R.4X': 4, 'R.8X': 8}
# https://aws.amazon.com/glue/pricing/
LEAST_SECONDS = 60
REASONS = {'AccessDeniedException': 'the right glue:GetJobRuns on the job {job} is missing',
           'EntityNotFoundException': 'there is no job {job}'}


@dataclass(frozen=True)
class JobUsage:
    """What runs of jobs took.

    seconds    in which they used resources
    dpu_hours  None if AWS Glue does not tell the size of their workers
    kinds      of the runs, as `price_kind` names them
    cost       None unless there is a price for all of them
    """

    seconds: float
    dpu_hours: float | None
    kinds: frozenset[str]
    cost: float | None


@dataclass(frozen=True)
class DpuPrice:
    """The price of a DPU-hour, in any currency, for runs of one kind; AWS has another for each kind."""

    per_hour: float
    kind: str


@dataclass(frozen=True)
class LakeUsage:
    """What loads took, by execution and by job; only of those whose runs AWS Glue still knows.

    price    with which costs were worked out
    missing  why nothing is known of any load. Empty if it is known
    """

    loads: Mapping[str, Mapping[str, JobUsage]] = field(default_factory=dict)
    price: DpuPrice | None = None
    missing: str = ''


def price_kind(version: str, worker_type: str, flex: bool) -> str:
    """Return what AWS prices alike: a version of AWS Glue, with its class and memory, such as `6.0 Flex`."""
    return version + (' Flex' if flex else '') + (' memory-optimized' if worker_type.startswith('R.') else '')


def usage_by_load(job_runs: Mapping[str, Iterable[Mapping[str, Any]]], price: DpuPrice | None = None
                  ) -> dict[str, dict[str, JobUsage]]:
    """Return what each job took for each load; runs of one job for one load, such as repeated ones, add up.

    job_runs  runs of each job, as AWS Glue describes them. Left out are those that have not ended, have used nothing,
              or were started for no load
    """
    found: dict[str, dict[str, list[JobUsage]]] = {}
    for job, runs in job_runs.items():
        for run in runs:
            load = run.get('Arguments', {}).get(LOAD)
            if load and run.get('JobRunState') in ENDED and run.get('ExecutionTime'):
                found.setdefault(load, {}).setdefault(job, []).append(_usage(run, price))
    return {load: {job: added(usages) for job, usages in jobs.items()} for load, jobs in found.items()}


def _usage(run: Mapping[str, Any], price: DpuPrice | None) -> JobUsage:
    kind = price_kind(run.get('GlueVersion', ''), run.get('WorkerType', ''), run.get('ExecutionClass') == 'FLEX')
    seconds = _dpu_seconds(run)
    hours = None if seconds is None else seconds / 3600
    cost = hours * price.per_hour if hours is not None and price and price.kind == kind else None
    return JobUsage(run['ExecutionTime'], hours, frozenset({kind}), cost)


def _dpu_seconds(run: Mapping[str, Any]) -> float | None:
    """Return the DPU-seconds of a run; AWS Glue measures them for auto scaling and Flex alone."""
    if 'DPUSeconds' in run:
        return float(run['DPUSeconds'])
    dpus = run.get('MaxCapacity') or run.get('NumberOfWorkers', 0) * DPUS.get(run.get('WorkerType', ''), 0)
    return max(run['ExecutionTime'], LEAST_SECONDS) * float(dpus) if dpus else None


def added(usages: Iterable[JobUsage]) -> JobUsage:
    """Return the sum; what is not known of one of them is not known of all."""
    parts = list(usages)
    return JobUsage(sum(part.seconds for part in parts), _sum([part.dpu_hours for part in parts]),
                    frozenset().union(*(part.kinds for part in parts)), _sum([part.cost for part in parts]))


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def monthly_usage(loads: Iterable[tuple[str, str, JobUsage]]) -> dict[str, object]:
    """Return DPU-hours and costs by workflow and month, the largest workflow first.

    loads  the workflow, the moment of the start, and what it took

    Loads without known DPU-hours are left out and counted (`unmeasured`), and so are those that only lack a price.
    """
    found = [(workflow, moment[:7], usage) for workflow, moment, usage in loads]
    months, names = sorted({month for _, month, _ in found}), {name.lower(): name for name, *_ in reversed(found)}
    sums: dict[str, dict[tuple[str, str], float]] = {'dpu_hours': {}, 'cost': {}}
    for workflow, month, usage in found:
        for figure, by_place in sums.items():
            if (value := getattr(usage, figure)) is not None:
                place = workflow.lower(), month
                by_place[place] = by_place.get(place, 0.0) + value

    def of_workflow(name: str, figure: str) -> list[float | None]:
        return [rounded(sums[figure].get((name, month))) for month in months]

    def size(name: str) -> float:
        return sum(value for (workflow, _), value in sums['dpu_hours'].items() if workflow == name)
    return {'months': months, 'workflows': [
        [names[name], of_workflow(name, 'dpu_hours'), of_workflow(name, 'cost')]
        for name in sorted(names, key=lambda name: (-size(name), name))],
        'unmeasured': sum(usage.dpu_hours is None for *_, usage in found),
        'unpriced': sum(usage.cost is None and usage.dpu_hours is not None for *_, usage in found)}


def rounded(value: float | None) -> float | None:
    """Return a figure without the digits that only arithmetic has made."""
    return None if value is None else round(value, 6)


def missing_usage(code: str, job: str) -> str:
    """Return why nothing is known of the usage, after AWS Glue has answered with an error code for a job."""
    reason = REASONS.get(code, 'AWS Glue answered {code} for the job {job}').format(code=code, job=job)
    return f'Seconds and costs of jobs are missing, because {reason}.'
