"""A run that was stopped before its last epoch, as status.json and manifest.json record it, and as a person reads it."""

import math
from typing import Any, TypedDict

from tunesmith.documents.numbers import number, score


class StoppedEarly(TypedDict):
    """Why a run has stopped: `stopped_early` in both files.

    Keys:
        epoch: the last one, from 1.
        epochs: that it could have had.
        monitor: the score that did not improve.
        best: its best value, of those that improved by more than `min_delta`; None if no epoch had one.
        patience: epochs that it was given to improve.
        min_delta: smallest change that counts.
    """

    epoch: int
    epochs: int
    monitor: str
    best: float | None
    patience: int
    min_delta: float


def sentence(stopped: StoppedEarly, examples: int | None) -> str:
    """Why a run has stopped.

    Args:
        stopped: what is recorded.
        examples: that are validated, for the digits of the score.
    """
    patience, best = stopped["patience"], stopped["best"]
    by = f" by more than {number(stopped['min_delta'], 4)}" if stopped["min_delta"] else ""
    reason = (
        f"{stopped['monitor']} was never a number"
        if best is None
        else f"{stopped['monitor']} has not improved on {score(best, examples)}{by} for "
        + (f"{patience} epochs" if patience != 1 else "1 epoch")
    )
    return f"Stopped early, after epoch {stopped['epoch']} of {stopped['epochs']}: {reason}"


def recorded(status: dict[str, Any]) -> StoppedEarly | None:
    """What a status.json says; None for a run that was not stopped, and for anything else than a run writes."""
    found = status.get("stopped_early")
    kinds = {"epoch": int, "epochs": int, "monitor": str, "patience": int, "min_delta": float}
    if not isinstance(found, dict) or not all(isinstance(found.get(key), kind) for key, kind in kinds.items()):
        return None
    best = found.get("best")
    known = isinstance(best, int | float) and math.isfinite(best)
    return {
        "epoch": found["epoch"],
        "epochs": found["epochs"],
        "monitor": found["monitor"],
        "best": float(best) if known and best is not None else None,
        "patience": found["patience"],
        "min_delta": found["min_delta"],
    }
