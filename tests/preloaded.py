"""Processes of tests that need no fresh interpreter: forks of the server that preloads the libraries for sweeps."""

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tunesmith.sweeps.launchers.local import start_alone
from tunesmith.training import logging_setup


def launch(function: Callable[..., int], *arguments: Any, log: Path) -> Any:
    """Start a process that ends with the exit status that a function returns.

    A fresh process would import torch, Lightning and transformers again, for 5 s or more.

    Args:
        log: the file that its standard output and standard error go to.
    """
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tunesmith.sweeps.preload"])
    process = context.Process(target=_run, args=(function, arguments, log), daemon=True)  # ends with a failed test, too
    start_alone(process)
    return process


def _run(function: Callable[..., int], arguments: tuple[Any, ...], log: Path) -> None:
    logging_setup.redirect_output(log)
    sys.exit(function(*arguments))
