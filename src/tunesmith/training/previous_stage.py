"""Trains the previous stage of a run, unless it is completed: the run starts from its model."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.stages import stage_before
from tunesmith.configuration.targets import build_part
from tunesmith.distributed.stop_with_parent import stop_with_parent
from tunesmith.errors import Interrupted, UserError
from tunesmith.errors.exit_status import exit_status
from tunesmith.runs.folder import BusyError, RunFolder

_POLL_SECONDS = 1.0  # between two checks of a stage that another process is training


def run_previous_stage(config: Config, train: Callable[[Config], object]) -> None:
    """Ensure that a run's previous stage is completed; if several runs need it, one trains it and the others wait.

    Args:
        config: of the run that starts from the stage.
        train: trains a config, after its own previous stage.

    Raises:
        UserError: if the stage fails, with the path of its log.
        Interrupted: after a signal; the same command resumes the stage.
    """
    stage = stage_before(config)
    if stage is None:
        return
    run = RunFolder.of(stage)
    if run.completed:
        before = run.recorded
        before.check_plugins(stage)
        before.check_data(build_part(stage["dataset"], "source"))
        print(f"Stage {stage['name']}: already completed, {run.path}", flush=True)
        return
    print(f"Stage {stage['name']}: {run.path}", flush=True)
    try:
        while not run.completed:
            try:
                _run(stage, train)
            except BusyError:
                time.sleep(_POLL_SECONDS)
    except Exception as error:
        reason = error.mistakes[0] if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        log = run.path / "train.log"
        hint = f"; see {log}" if log.is_file() and str(log) not in reason else ""
        raise UserError(f"the previous stage, {stage['name']}, failed: {reason.rstrip('.')}{hint}") from error


def _run(stage: Config, train: Callable[[Config], object]) -> None:
    if stage["trainer"]["devices"] == 1:
        train(stage)
        return
    # A fork is safe only before this process has computed anything, and it forks again for the run itself.
    process: Any = multiprocessing.get_context("fork").Process(target=_run_in_child, args=(stage, train))
    process.start()
    process.join()
    run = RunFolder.of(stage)
    if not run.completed:
        status = run.status()
        if status.get("state") == "interrupted":
            reason = str(status.get("error", "")).removeprefix("Interrupted: ")
            raise Interrupted(reason or "a signal; the same command resumes from here")
        raise ChildProcessError(status.get("error") or f"its process ended with exit status {process.exitcode}")


def _run_in_child(stage: Config, train: Callable[[Config], object]) -> None:
    parent: Any = multiprocessing.parent_process()
    stop_with_parent(parent.join)

    def run() -> None:
        train(stage)

    raise SystemExit(exit_status(run))
