"""The processes of one run: the first starts the others as forks of itself, and all train on shares of each batch.

No process is started from the command line again, as Lightning's own launcher would: each goes on from the same config,
resolved and checked, whatever the files say by then. The others follow the first one: it alone listens to signals and
writes to the run's folder, and they end when it does.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from lightning_fabric.plugins.environments.lightning import LightningEnvironment, find_free_network_port

from tunesmith.training import together

_GRACE_SECONDS = 30.0  # for the first process to notice by itself that another one is gone
_ENDING_SECONDS = 5.0


@dataclass(frozen=True)
class Place:
    """Which process of a run this is.

    Attributes:
        rank: from 0.
        world: processes of the run.
        port: of the loopback address, where the first one waits for the others.
    """

    rank: int = 0
    world: int = 1
    port: int = 0

    @property
    def first(self) -> bool:
        """Whether this process speaks for the run."""
        return self.rank == 0


ALONE = Place()


class OneMachine(LightningEnvironment):
    """Tells Lightning its place; Slurm's variables, which it would follow otherwise, are about the sweep's jobs."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    @property
    def creates_processes_externally(self) -> bool:
        """Lightning starts none."""
        return True

    @property
    def main_address(self) -> str:
        """All processes are on this machine."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Where the first process waits."""
        return self._place.port

    def world_size(self) -> int:
        """Number of processes."""
        return self._place.world

    def set_world_size(self, size: int) -> None:
        """It is what it is."""

    def global_rank(self) -> int:
        """Number of this process."""
        return self._place.rank

    def set_global_rank(self, rank: int) -> None:
        """It is what it is."""

    def local_rank(self) -> int:
        """Number of this process on its machine."""
        return self._place.rank


@contextlib.contextmanager
def side_by_side(world: int, follow: Callable[[Place], object]) -> Iterator[Place]:
    """Start the other processes of a run; they end with the block.

    A fork is quick, and safe as long as this process has computed nothing with several threads and used no GPU.

    Args:
        world: processes, this one included.
        follow: what each other one does.

    Raises:
        ChildProcessError: if another one died first.
    """
    if world == 1:
        yield ALONE
        return
    port = find_free_network_port()
    context: Any = multiprocessing.get_context("fork")
    others = [
        context.Process(target=_follow, args=(follow, Place(rank, world, port)), name=f"process {rank}")
        for rank in range(1, world)
    ]
    for process in others:
        process.start()
    over = threading.Event()
    threading.Thread(target=_watch, args=(others, over), daemon=True).start()
    try:
        yield Place(0, world, port)
        for process in others:
            process.join(_GRACE_SECONDS)
    except RuntimeError as error:  # torch's, for a connection that broke; a mistake that all find is no broken one
        dead = _died(others)
        if dead is not None:
            raise ChildProcessError(dead) from error
        raise
    finally:
        over.set()
        for process in others:
            process.kill()
            process.join()
        together.leave()


def _follow(follow: Callable[[Place], object], place: Place) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the first process decides when all stop
    parent: Any = multiprocessing.parent_process()

    def end_with_the_first() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_the_first, daemon=True).start()
    follow(place)
    together.leave()


def _watch(others: Sequence[BaseProcess], over: threading.Event) -> None:
    """End this process if it waits in vain for another one, which no exception tells it."""
    wait([process.sentinel for process in others])
    if over.wait(_GRACE_SECONDS):
        return
    dead = _died(others)
    if dead is not None:
        print(f"tunesmith: {dead}", file=sys.stderr, flush=True)
        os._exit(1)


def _died(others: Sequence[BaseProcess]) -> str | None:
    """What is to be said of the process that died first, if one did."""
    until = time.monotonic() + _ENDING_SECONDS
    while time.monotonic() < until:
        for rank, process in enumerate(others, 1):
            if process.exitcode:
                how = f"exit status {process.exitcode}"
                if process.exitcode < 0:
                    how = signal.Signals(-process.exitcode).name
                    how += " (out of memory?)" * (process.exitcode == -signal.SIGKILL)
                return f"process {rank} of {len(others) + 1} ended with {how}; see train-{rank}.log"
        time.sleep(0.1)
    return None
