"""Writes every logged value to `skeleton.jsonl` in the run's folder, one JSON object a step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.configuration.ranges import NonNegativeInt
from tunesmith.loggers.run_logger import RunLogger


class Skeleton(RunLogger):
    """One line for each step at which something is logged.

    Args:
        folder: the run's.
        config: the run's config.
        step: optimizer steps that were completed before, by an interrupted run.
        digits: significant ones of each value.
    """

    def __init__(self, folder: Path, config: dict[str, Any], step: int, *, digits: NonNegativeInt) -> None:
        super().__init__()
        self._file, self._digits = folder / "skeleton.jsonl", digits

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write a line."""
        values = {name: float(f"{float(value):.{self._digits}g}") for name, value in metrics.items()}
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **values}) + "\n")
