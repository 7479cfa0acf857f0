"""A regularizer that makes jobs slow, or fail as jobs of real sweeps do."""

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl

from tunesmith.errors import Pruned
from tunesmith.regularizers.regularizer import Regularizer

NONE = "{_target_:tests.sweeps.trouble.Trouble,kind:none}"


class Trouble(Regularizer):
    """Acts in the second training step; the environment, which is no part of a run, delays each step.

    Args:
        kind: what happens; `once` raises unless the file `tried` exists.
    """

    def __init__(self, *, kind: Literal["none", "raise", "exit", "kill", "memory", "once", "signal", "prune"]) -> None:
        self._kind = kind

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        time.sleep(float(os.environ.get("TROUBLE_SECONDS", 0)))
        if trainer.global_step != 1:
            return
        if self._kind == "raise":
            raise ValueError("no [such] luck")
        if self._kind == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        if self._kind == "prune":
            raise Pruned("the others are better")
        if self._kind == "exit":
            os._exit(3)
        if self._kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kind == "memory":
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + 2**20, resource.RLIM_INFINITY))
            bytearray(2**30)
        if self._kind == "once" and not Path("tried").exists():
            Path("tried").touch()
            raise ValueError("the first time")
