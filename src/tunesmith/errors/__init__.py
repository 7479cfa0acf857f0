"""Exceptions that end a command; `errors.exit_status` maps each to a message and an exit status."""

import signal
from collections.abc import Sequence


class UserError(Exception):
    """The configuration or the input is wrong; `mistakes` lists all that is."""

    def __init__(self, mistakes: str | Sequence[str]) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        super().__init__("\n".join(self.mistakes))


class Interrupted(BaseException):  # not an Exception, so that no library catches it
    """A signal stopped the run; the message names the signal and how to resume."""


def signal_name(number: int) -> str:
    """A signal as people know it: Ctrl-C, SIGTERM."""
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


class Pruned(Exception):  # noqa: N818 - like Optuna's TrialPruned, it is not an error
    """A search has pruned this run: others score better at the same epoch."""
