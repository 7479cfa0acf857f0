"""Runs one job in a process of its own, from its frozen config; the same on every launcher."""

import os
import sys
from pathlib import Path

from tunesmith.configuration.checks.check import check
from tunesmith.distributed.stop_with_parent import stop_with_parent
from tunesmith.errors.exit_status import exit_status
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import BUSY
from tunesmith.training.lost_output import lost_output_is_survived


def start_job(folder: Path, number: int) -> int:
    """Run or resume a job; its exit status.

    Args:
        folder: of the sweep.
        number: of the job.
    """
    sweep = SweepFolder(folder.resolve())
    os.chdir(sweep.read()["directory"])  # paths in the config are relative to it
    with lost_output_is_survived():  # the disk of the log may be full
        return exit_status(lambda: _train(sweep, number))


def _train(sweep: SweepFolder, number: int) -> int:
    from tunesmith.loggers.run_description import Launch
    from tunesmith.runs.folder import BusyError
    from tunesmith.training import logging_setup

    logging_setup.configure_libraries()
    from tunesmith.training.train import train

    job = sweep.job(number)
    check(job.config)  # again: the file may have come with the sweep
    if job.run.completed:
        return 0
    callbacks = []
    if job.reports:
        from tunesmith.sweeps.search.pruning import Pruning

        callbacks = [Pruning(sweep, job)]
    config = job.config | {"trainer": {**job.config["trainer"], "progress_bar": False}}  # the output is a log file
    described = sweep.read()
    launch = Launch(
        job_type="stage" if job.stage else "train",
        sweep=described["identity"],
        overrides=job.overrides,
        command=described.get("command"),
    )
    try:
        train(config, callbacks=callbacks, launch=launch)
    except BusyError as error:
        print(error, flush=True)
        return BUSY
    return 0


if __name__ == "__main__":
    stop_with_parent(lambda: os.read(0, 1))  # not sys.stdin, whose lock would be held after a fork
    sys.exit(start_job(Path(sys.argv[1]), int(sys.argv[2])))
