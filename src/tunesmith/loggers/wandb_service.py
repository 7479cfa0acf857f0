"""W&B's service process, which writes and sends the values: it is always ended, and never waited for without a limit."""

import contextlib
import os
import threading
from collections.abc import Iterator

STUCK_SECONDS = 3.0  # of grace at the end; it has written all values to disk by then


def end_service(exit_code: int) -> None:
    """End W&B's service process and threads, unless another run of W&B uses them."""
    import wandb as library

    if library.run is None:
        with (
            contextlib.suppress(Exception, SystemExit),
            killed_if_stuck(STUCK_SECONDS),
        ):  # it exits if the process has failed
            library.teardown(exit_code)


def forget_run() -> None:
    """Forget a run whose service process has failed: a later run of this process starts a service of its own."""
    from wandb.sdk.lib import module

    module.unset_globals()
    os.environ.pop("WANDB_SERVICE", None)


@contextlib.contextmanager
def killed_if_stuck(seconds: float) -> Iterator[threading.Event]:
    """Kill the service process after some time: W&B waits for it without a limit, and it waits for a server with a table.

    Yields whether that was necessary.
    """
    from wandb.sdk.wandb_setup import singleton

    connection = getattr(singleton(), "_connection", None)
    process = getattr(getattr(connection, "_proc", None), "_process", None)
    stuck = threading.Event()

    def kill() -> None:
        stuck.set()
        if process is not None:
            process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield stuck
    finally:
        timer.cancel()
        timer.join()
