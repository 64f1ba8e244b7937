"""Lets moto's Step Functions run real code: Glue runs call a function, Lambda tasks a handler, and waits are short."""
from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from moto.glue import models as glue_models
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue import (
    StateTaskServiceGlue)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped

from functions import Function, FunctionError
from glue_arguments import OF_EACH_RUN, SPECIAL

RunJob = Callable[[str, dict[str, str]], None]
SECONDS_OF_A_WAIT = 0.05


@dataclass
class Waits:
    """How long the state machine wanted to wait, before a retry and in states that wait."""

    retries: list[float] = field(default_factory=list)
    states: list[float] = field(default_factory=list)


@contextmanager
def engine(run_job: RunJob, functions: Mapping[str, Function]) -> Iterator[Waits]:
    """Have Glue runs call `run_job` with their name and arguments, and Lambda tasks their function.

    A job that raises has failed. Waits are recorded and cut short.
    """
    waits = Waits()

    def wait(self: Any, env: Any, wait_seconds: float) -> None:
        waits.states.append(wait_seconds)
        time.sleep(max(SECONDS_OF_A_WAIT, wait_seconds / 20))

    def sleep(seconds: float) -> None:
        waits.retries.append(seconds)
        time.sleep(max(SECONDS_OF_A_WAIT, seconds / 100))

    with ExitStack() as patches:
        for target, name, instead in (
                (glue_models, 'FakeJobRun', _job_runs(run_job)),
                (lambda_eval_utils, '_invoke_lambda_function', _invocations(functions)),
                (StateTaskServiceGlue, '_eval_integration_pattern', _run_to_the_end),
                (state_task_service_callback, '_DELAY_SECONDS_SYNC_CONDITION_CHECK', 0.1),
                (wait_function.WaitFunction, '_wait_interval', wait),
                (Environment, 'set_error', _unless_stopped(Environment.set_error)),
                (retrier_decl, 'time', mock.Mock(sleep=sleep))):
            patches.enter_context(mock.patch.object(target, name, instead))
        yield waits


def _job_runs(run_job: RunJob) -> type:
    """Return the class of job runs that end when the job has."""
    class Run(glue_models.FakeJobRun):  # type: ignore[misc]  # moto has no types
        def __init__(self, *args: Any, **arguments: Any):
            super().__init__(*args, **arguments)
            self._ended, self._error = '', ''
            threading.Thread(target=self._run, daemon=True).start()

        def _run(self) -> None:
            try:
                run_job(self.job_name, {
                    **{f'--{name}': value for name, value in (SPECIAL | OF_EACH_RUN).items()},
                    **(self.arguments or {}), '--JOB_NAME': self.job_name, '--JOB_RUN_ID': self.job_run_id})
                self._ended = 'SUCCEEDED'
            except Exception as error:
                self._error = f'{type(error).__name__}: {error}'
                self._ended = 'FAILED'

        @property
        def status(self) -> str:
            return self._ended or 'RUNNING'

        @status.setter
        def status(self, value: str) -> None:
            """The base class sets a status of its own."""

        def as_dict(self) -> dict[str, Any]:
            return super().as_dict() | ({'ErrorMessage': self._error} if self._error else {})
    return Run


def _invocations(functions: Mapping[str, Function]) -> Callable[..., dict[str, Any]]:
    """Return what stands in for the call of a function, with the answer that AWS gives."""
    def invoke(parameters: dict[str, Any], region: str, state_credentials: object) -> dict[str, Any]:
        name = parameters['FunctionName'].rpartition(':')[2]
        try:
            answer = functions[name](json.loads(parameters['Payload']))
        except FunctionError as error:
            return {'StatusCode': 200, 'FunctionError': 'Unhandled', 'Payload': error.payload}
        return {'StatusCode': 200, 'ExecutedVersion': '$LATEST', 'Payload': answer}
    return invoke


def _run_to_the_end(self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any,
                    state_credentials: Any) -> None:
    """Wait for a job; moto hands its own loop no callback endpoint for Glue, and then stumbles over it."""
    resolver = self._build_sync_resolver(env, resource_runtime_part, normalised_parameters, state_credentials)
    env.stack.append(self._eval_sync(env=env, sync_resolver=resolver, timeout_seconds=None, callback_endpoint=None,
                                     heartbeat_endpoint=None))


def _unless_stopped(set_error: Callable[..., None]) -> Callable[..., None]:
    """Keep a stopped execution stopped; in moto the state that a stop interrupts may stumble and make it a failed one.
    """
    def keep_stopped(self: Any, error: Any) -> None:
        if not isinstance(self.program_state(), ProgramStopped):
            set_error(self, error)
    return keep_stopped
