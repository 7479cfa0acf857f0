"""Launches the worker processes of a run: rank 0 forks the others, and each trains on its shard of every batch.

No process is started from the command line again, as Lightning's own launcher would: each worker has the same config,
resolved and checked, whatever the files hold by then. Rank 0 alone handles signals and writes to the run's folder, and
the workers end when it does.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from tunesmith.distributed import collectives, rendezvous
from tunesmith.distributed.context import SINGLE_PROCESS, DistributedContext

_GRACE_SECONDS = 30.0  # for rank 0 to notice by itself that a worker is gone
_EXIT_SECONDS = 5.0  # for a worker that fails to exit


@contextlib.contextmanager
def launch_workers(world_size: int, work: Callable[[DistributedContext], object]) -> Iterator[DistributedContext]:
    """Launch the worker processes of a run; they end with the block, which rank 0 runs.

    A fork is quick, and safe as long as this process has computed nothing with several threads and used no GPU.

    Args:
        world_size: processes, this one included.
        work: what each worker runs.

    Raises:
        ChildProcessError: if a worker died first.
    """
    if world_size == 1:
        yield SINGLE_PROCESS
        return
    listener = rendezvous.listen()
    port: int = listener.getsockname()[1]
    context: Any = multiprocessing.get_context("fork")
    workers = [
        context.Process(
            target=_run_worker,
            args=(work, DistributedContext(rank, world_size, port), listener),
            name=f"rank {rank}",
        )
        for rank in range(1, world_size)
    ]
    for worker in workers:
        worker.start()
    finished = threading.Event()
    threading.Thread(target=_watch, args=(workers, finished), daemon=True).start()
    try:
        yield DistributedContext(0, world_size, port, listener.fileno())
        for worker in workers:
            worker.join(_GRACE_SECONDS)
    except RuntimeError as error:  # torch's, for a broken connection; a mistake that all ranks find breaks none
        dead = _first_death(workers)
        if dead is not None:
            raise ChildProcessError(dead) from error
        raise
    finally:
        finished.set()
        for worker in workers:
            worker.kill()
            worker.join()
        collectives.destroy_process_group()
        listener.close()


def _run_worker(
    work: Callable[[DistributedContext], object], context: DistributedContext, listener: socket.socket
) -> None:
    listener.close()  # rank 0's
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # rank 0 decides when all stop
    parent: Any = multiprocessing.parent_process()

    def exit_with_rank_zero() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=exit_with_rank_zero, daemon=True).start()
    work(context)
    collectives.destroy_process_group()


def _watch(workers: Sequence[BaseProcess], finished: threading.Event) -> None:
    """End this process if it waits in vain for a worker that died, of which no exception tells it."""
    wait([worker.sentinel for worker in workers])
    if finished.wait(_GRACE_SECONDS):
        return
    dead = _first_death(workers)
    if dead is not None:
        print(f"tunesmith: {dead}", file=sys.stderr, flush=True)
        os._exit(1)


def _first_death(workers: Sequence[BaseProcess]) -> str | None:
    """How the first worker that died ended; None if all live."""
    until = time.monotonic() + _EXIT_SECONDS
    while time.monotonic() < until:
        for rank, worker in enumerate(workers, 1):
            if worker.exitcode:
                how = f"exit status {worker.exitcode}"
                if worker.exitcode < 0:
                    how = signal.Signals(-worker.exitcode).name
                    how += " (out of memory?)" * (worker.exitcode == -signal.SIGKILL)
                return f"rank {rank} of {len(workers) + 1} ended with {how}; see train-{rank}.log"
        time.sleep(0.1)
    return None
