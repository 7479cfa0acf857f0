"""The ends that a command can come to besides success; `errors.exit_status` says what each prints and returns."""

from collections.abc import Sequence


class UserError(Exception):
    """The configuration or the input is wrong; every mistake that was found is in `mistakes`."""

    def __init__(self, mistakes: str | Sequence[str]) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        super().__init__("\n".join(self.mistakes))


class Interrupted(BaseException):  # not an Exception: no library is to catch it as an error
    """A signal stopped the run; the message names the signal and says what was saved."""


class Pruned(Exception):  # noqa: N818 - as Optuna's TrialPruned, it is no error
    """A search has stopped this run: others do better at the same epoch."""
