"""Rollback: a run whose loss is not finite resumes from its last checkpoint, without the optimizer step that failed.

The weights are those of a run in which the failed steps change nothing, whichever checkpoint it went back to: so a run
that is interrupted, before or after a rollback, and resumed ends as one that was not.
"""

from typing import Any, Literal

from tunesmith.runs.folder import RunFolder
from tunesmith.training.nonfinite import NonFiniteError


class Rollbacks:
    """The rollbacks of a run, recorded in status.json and manifest.json.

    Args:
        run: whose status.json holds those of earlier attempts.
        on_nonfinite: `stop` to allow none.
        max_rollbacks: of the run, over all its attempts.
    """

    def __init__(self, run: RunFolder, *, on_nonfinite: Literal["stop", "rollback"], max_rollbacks: int) -> None:
        self._run = run
        self._limit = max_rollbacks if on_nonfinite == "rollback" else 0
        recorded = run.status().get("rollbacks")
        self.records: list[dict[str, Any]] = list(recorded) if isinstance(recorded, list) else []
        self.last: str | None = None  # a line about the last one of this process

    @property
    def skipped_steps(self) -> list[int]:
        """The optimizer steps, from 1, that change no weights."""
        return [record["step"] for record in self.records]

    def record(self, error: NonFiniteError) -> None:
        """Record a rollback.

        Raises:
            FloatingPointError: if no further one is allowed, or it would leave out a step again.
        """
        if not self._limit:
            raise FloatingPointError(str(error)) from error
        if len(self.records) >= self._limit or error.step in self.skipped_steps:
            steps = ", ".join(map(str, self.skipped_steps))
            raise FloatingPointError(
                f"{error.what} at step {error.found}, also without step {steps}; lower optimizer.lr, use "
                f"trainer.precision=32, or raise trainer.max_rollbacks above {self._limit}"
            ) from error
        self.records.append({"step": error.step, "found": error.found, "error": error.what})
        self._run.set_state("running", rollbacks=self.records)
        self.last = (
            f"Rollback {len(self.records)} of {self._limit}: {error.what} at step {error.found}, so step {error.step} is "
            "left out"
        )
