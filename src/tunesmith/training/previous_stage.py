"""Runs the stage before a run, unless it has been run: then the run starts from its model."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.build import build_part
from tunesmith.configuration.stages import stage_before
from tunesmith.distributed.parent import stop_with_parent
from tunesmith.errors import Interrupted, UserError
from tunesmith.errors.exit_status import exit_status
from tunesmith.runs.folder import BusyError, RunFolder

_PATIENCE_SECONDS = 1.0  # between two looks at a stage that another process runs


def run_previous_stage(config: Config, train: Callable[[Config], object]) -> None:
    """See that the stage before a run is done; of several runs that want the same one, the first trains it and all wait.

    Args:
        config: of the run that starts from it.
        train: runs a config, its own stage before it first.

    Raises:
        UserError: if the stage fails, with the path of its log.
        Interrupted: after a signal; the same command goes on with it.
    """
    stage = stage_before(config)
    if stage is None:
        return
    run = RunFolder.of(stage)
    if run.completed:
        run.check_data(build_part(stage["dataset"], "source"))
        print(f"Stage {stage['name']}: {run.path} is done already", flush=True)
        return
    print(f"Stage {stage['name']}: {run.path}", flush=True)
    try:
        while not run.completed:
            try:
                _run(stage, train)
            except BusyError:
                time.sleep(_PATIENCE_SECONDS)
    except Exception as error:
        said = error.mistakes[0] if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        log = run.path / "train.log"
        where = f"; see {log}" if log.is_file() and str(log) not in said else ""
        raise UserError(f"the stage before, {stage['name']}, failed: {said.rstrip('.')}{where}") from error


def _run(stage: Config, train: Callable[[Config], object]) -> None:
    if stage["trainer"]["devices"] == 1:
        train(stage)
        return
    # This process forks once more for the run itself, and a fork is safe only of one that has computed nothing.
    process: Any = multiprocessing.get_context("fork").Process(target=_apart, args=(stage, train))
    process.start()
    process.join()
    run = RunFolder.of(stage)
    if not run.completed:
        status = run.status()
        if status.get("state") == "interrupted":
            raise Interrupted("a signal; the same command goes on from here")
        raise ChildProcessError(status.get("error") or f"its process ended with exit status {process.exitcode}")


def _apart(stage: Config, train: Callable[[Config], object]) -> None:
    parent: Any = multiprocessing.parent_process()
    stop_with_parent(parent.join)

    def run() -> None:
        train(stage)

    raise SystemExit(exit_status(run))
