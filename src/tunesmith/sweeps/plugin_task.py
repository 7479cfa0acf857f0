"""The task function that Hydra's launchers call for a job: it runs the job in a child process."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import final_state
from tunesmith.sweeps.requeue import Scheduler, environment


def task(config: Any) -> str:
    """Run a job; its final state.

    Args:
        config: with `folder`, the sweep's, and `job`, the job's number.
    """
    folder = SweepFolder(Path(config.folder))
    job, log = folder.job(config.job), folder.log(config.job)
    os.chdir(folder.read()["directory"])
    log.parent.mkdir(exist_ok=True)
    scheduler = Scheduler() if "SUBMITIT_EXECUTOR" in os.environ else None
    with log.open("a", encoding="utf-8") as stream:
        process = subprocess.Popen(  # noqa: S603  because this Python is started, with a folder and a number
            [sys.executable, "-P", "-m", "tunesmith.sweeps.start_job", str(folder.path), str(job.number)],
            stdin=subprocess.PIPE,  # closes when this process ends, which ends the job
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
        if scheduler is not None:
            scheduler.watch(process)
        code = process.wait()
    signalled = scheduler is not None and scheduler.was_signalled
    state = final_state(job, code, process=process.pid, log=log, stopped=signalled or code == -signal.SIGTERM)
    if scheduler is not None and state == "interrupted":
        scheduler.queue_again(job)
    return state
