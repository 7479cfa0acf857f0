"""`tunesmith sync`: sends offline runs of W&B, each once."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

if TYPE_CHECKING:
    from tunesmith.loggers.offline_runs import OfflineRun

_TIMEOUT_SECONDS = 60.0  # for a run, unless it is given
_KEYS = ("timeout_seconds",)


def run(arguments: list[str]) -> int:
    """Send what is unsent; print what was sent and what is left; 1 if something is."""
    folder, timeout_seconds = _parse(arguments)
    from tunesmith.loggers.offline_runs import offline_runs

    runs = offline_runs(folder)
    waiting = [found for found in runs if found.unsent]
    before = len(runs) - len(waiting)
    print(f"{folder}: {_count(len(runs))}, {before} sent before, {len(waiting)} to send", flush=True)
    if not waiting:
        return 0
    left: dict[OfflineRun, str] = {}
    from tunesmith.loggers import wandb_sync

    address = wandb_sync.server()
    for number, found in enumerate(waiting):
        if found.busy:
            reason: str | None = "is still being written; run the command again when it has ended"
        else:
            try:
                reason = _send(found, address=address, timeout_seconds=timeout_seconds)
            except UserError as error:
                sent = number - len(left)
                raise UserError(f"{error}; sent {sent}, left {len(waiting) - sent} of {len(waiting)}") from error
        if reason is not None:
            left[found] = reason
        print(f"{found.folder} ({found.id}): {'sent' if reason is None else f'left, {reason}'}", flush=True)
    print(f"Sent {len(waiting) - len(left)} of {_count(len(waiting))}; {len(left)} left{':' * bool(left)}")
    for found in left:
        print(f"  {found.folder}")
    return 1 if left else 0


def _send(found: "OfflineRun", *, address: str, timeout_seconds: float) -> str | None:
    """Send a run's files in their order; why one was not sent as a whole, or None."""
    from tunesmith.loggers import wandb_sync

    until = time.monotonic() + timeout_seconds
    for file in found.unsent:
        wandb_sync.check_connection(address, timeout_seconds=timeout_seconds)
        # The values of a resumed run follow those before them, so the files after one that is unsent wait.
        if reason := wandb_sync.send(file, address=address, timeout_seconds=max(0.0, until - time.monotonic())):
            return reason
    return None


def _parse(arguments: list[str]) -> tuple[str, float]:
    """The folder and the number of seconds.

    Raises:
        UserError: with all mistakes.
    """
    folders = [word for word in arguments if "=" not in word or word.partition("=")[0] not in _KEYS]
    given = [word.partition("=") for word in arguments if word not in folders]
    mistakes = [
        f"unknown key {word.partition('=')[0]}{did_you_mean(word.partition('=')[0], _KEYS)}"
        for word in folders
        if "=" in word and not Path(word).is_dir()
    ]
    if len(folders) != 1:
        mistakes.append(f"sync needs one folder, not {len(folders)}: tunesmith sync runs/")
    if len(given) > 1:
        mistakes.append(f"timeout_seconds is given {len(given)} times; expected it once")
    seconds = _TIMEOUT_SECONDS
    for _, _, value in given:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= 86400:
            mistakes.append(f"timeout_seconds={value}; expected seconds for a run, above 0 and up to 86400")
    if mistakes:
        raise UserError(mistakes)
    return folders[0], seconds


def _count(runs: int) -> str:
    return f"{runs} offline run{'s' * (runs != 1)}"
