"""`tunesmith sync`: sends offline runs of W&B, and what runs could not send to MLflow, each once."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.commands.key_values import KeyValues, unknown_keys
from tunesmith.errors import UserError

if TYPE_CHECKING:
    from tunesmith.loggers.wandb_offline_runs import OfflineRun
    from tunesmith.loggers.wandb_sync import Outcome

_TIMEOUT_SECONDS = 60.0  # for a run, unless it is given
_KEYS = ("timeout_seconds", "tracking_uri")


def run(arguments: list[str]) -> int:
    """Send what is unsent; print what was sent and what is left; 1 if something is."""
    folder, timeout_seconds, address = _parse(arguments)
    from tunesmith.loggers.mlflow_sync import unsent_runs
    from tunesmith.loggers.wandb_offline_runs import offline_runs

    runs, unsent = offline_runs(folder), list(unsent_runs(folder))
    if not runs and not unsent:
        raise UserError(
            f"{folder} contains no offline run of Weights & Biases, and nothing that MLflow has not got; expected files "
            ".../wandb/offline-run-*/run-*.wandb, which a run with logger=wandb logger.wandb.mode=offline writes"
        )
    left = _send_to_wandb(folder, runs, timeout_seconds=timeout_seconds) if runs else []
    left += _send_to_mlflow(folder, unsent, address=address, timeout_seconds=timeout_seconds) if unsent else []
    return 1 if left else 0


def _send_to_wandb(folder: str, runs: "list[OfflineRun]", *, timeout_seconds: float) -> list[Path]:
    """The folders of the runs that are left."""
    waiting = [found for found in runs if found.unsent]
    before = len(runs) - len(waiting)
    print(f"{folder}: {_count(len(runs))}, {before} sent before, {len(waiting)} to send", flush=True)
    if not waiting:
        return []
    left: list[Path] = []
    from tunesmith.loggers import wandb_sync

    address = wandb_sync.server()
    for number, found in enumerate(waiting):
        outcome = wandb_sync.Outcome("is still being written; run the command again when it has ended")
        if not found.busy:
            try:
                outcome = _send(found, address=address, timeout_seconds=timeout_seconds)
            except UserError as error:
                sent = number - len(left)
                raise UserError(f"{error}; sent {sent}, left {len(waiting) - sent} of {len(waiting)}") from error
        left += [found.folder] if outcome.left is not None else []
        print(f"{found.folder} ({found.id}): {_shown(outcome.left, outcome.note)}", flush=True)
    _print_left(f"Sent {len(waiting) - len(left)} of {_count(len(waiting))}", left)
    return left


def _send_to_mlflow(folder: str, runs: list[Path], *, address: str | None, timeout_seconds: float) -> list[Path]:
    """The folders of the runs that are left."""
    from tunesmith.loggers import mlflow_sync

    print(f"{folder}: {len(runs)} to send to MLflow", flush=True)
    left: list[Path] = []
    for found in runs:
        reason = mlflow_sync.send(found, address=address, timeout_seconds=timeout_seconds)
        left += [found] if reason is not None else []
        print(f"{found}: {_shown(reason)}", flush=True)
    _print_left(f"Sent {len(runs) - len(left)} of {len(runs)} run{'s' * (len(runs) != 1)} to MLflow", left)
    return left


def _shown(left: str | None, note: str = "") -> str:
    return f"left, {left}" if left is not None else f"sent{', ' * bool(note)}{note}"


def _print_left(sent: str, left: list[Path]) -> None:
    print(f"{sent}; {len(left)} left{':' * bool(left)}")
    for found in left:
        print(f"  {found}")


def _send(found: "OfflineRun", *, address: str, timeout_seconds: float) -> "Outcome":
    """Send a run's files in their order."""
    from tunesmith.loggers import wandb_sync

    until, notes = time.monotonic() + timeout_seconds, []
    for file in found.unsent:
        wandb_sync.check_connection(address, timeout_seconds=timeout_seconds)
        # The values of a resumed run follow those before them, so the files after one that is unsent wait.
        outcome = wandb_sync.send(file, address=address, timeout_seconds=max(0.0, until - time.monotonic()))
        if outcome.left is not None:
            return outcome
        notes += [outcome.note] if outcome.note else []
    return wandb_sync.Outcome(note="; ".join(dict.fromkeys(notes)))


def _parse(arguments: list[str]) -> tuple[str, float, str | None]:
    """The folder, the number of seconds and the address for MLflow.

    Raises:
        UserError: with all mistakes.
    """
    given = KeyValues.of(arguments, _KEYS)
    folders, values, mistakes = given.places, given.values, unknown_keys(given.others, _KEYS) + given.mistakes
    if len(folders) != 1:
        mistakes.append(f"sync needs one folder, not {len(folders)}: tunesmith sync runs/")
    seconds = _TIMEOUT_SECONDS
    if value := values.get("timeout_seconds"):
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= 86400:
            mistakes.append(f"timeout_seconds={value}; expected seconds for a run, above 0 and up to 86400")
    if address := values.get("tracking_uri"):
        from tunesmith.loggers.mlflow_service import check_address

        try:
            check_address(address)
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserError(mistakes)
    return folders[0], seconds, address


def _count(runs: int) -> str:
    return f"{runs} offline run{'s' * (runs != 1)}"
