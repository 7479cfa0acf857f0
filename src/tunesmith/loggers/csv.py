"""metrics.csv in the run's folder: one row for each optimizer step at which something was logged."""

import csv as csv_format
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_fabric.utilities.rank_zero import rank_zero_only

from tunesmith.loggers.run_description import MACHINE
from tunesmith.loggers.run_logger import RunLogger
from tunesmith.storage import files

_FIRST = ("step", "epoch")


class CsvHistory(RunLogger):
    """Keeps the history of a resumed run: its rows are part of the training state, from which the file is written again.

    Args:
        file: the CSV file.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._rows: list[dict[str, Any]] = []
        self._written = 0  # rows already in the file
        self._stale = False  # whether one of them has changed since then
        self._columns: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": [dict(row) for row in self._rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned; rows that the file has beyond it are dropped."""
        self._rows = [dict(row) for row in state["rows"]]
        self._written, self._stale = len(self._rows), True

    def read(self, step: int) -> None:
        """Restore the rows up to a step from the file: the training state of version 0.1.0 lacks them."""
        if not self._file.is_file():
            return
        lines = self._file.read_text(encoding="utf-8").splitlines(keepends=True)
        complete = [line for line in lines if line.endswith("\n")]  # a full disk may have truncated the last one
        rows = csv_format.DictReader(complete)
        self.load_state_dict({"rows": [row | {"step": int(row["step"])} for row in rows if int(row["step"]) <= step]})

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add values to the row of a step, except those that a resumed run would not repeat exactly."""
        metrics = {name: value for name, value in metrics.items() if not name.startswith(MACHINE)}
        if not self._rows or self._rows[-1]["step"] != step:
            self.save()
            self._rows.append({"step": step})
        self._stale |= self._written == len(self._rows)
        self._rows[-1].update(metrics)

    @rank_zero_only
    def save(self) -> None:
        """Update the file: append, or rewrite it if a row on disk or the columns have changed."""
        if self._written == len(self._rows) and not self._stale:
            return
        columns = [*_FIRST, *sorted({name for row in self._rows for name in row} - set(_FIRST))]
        text = io.StringIO()
        writer = csv_format.DictWriter(text, columns, lineterminator="\n")
        rewrite = self._stale or columns != self._columns or self._written != len(self._rows) - 1
        if rewrite:
            writer.writeheader()
        writer.writerows(self._rows if rewrite else self._rows[-1:])
        if rewrite:
            files.write_text(self._file, text.getvalue())
        else:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(text.getvalue())
        self._columns, self._written, self._stale = columns, len(self._rows), False

    def complete(self, results: Any) -> None:
        """Do nothing: the scores are in metrics.json, and the last row stays that of the last epoch."""

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write the remaining row."""
        self.save()


def csv(folder: Path, config: dict[str, Any], step: int) -> CsvHistory:
    """The run's `metrics.csv`."""
    return CsvHistory(folder / "metrics.csv")
