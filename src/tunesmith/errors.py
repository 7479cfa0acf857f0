"""Mistakes of the user: one clear message, exit status 2, no traceback."""

import difflib
import os
import sys
from collections.abc import Callable, Iterable, Sequence


class UserError(Exception):
    """The configuration or the input is wrong; every mistake that was found is in `mistakes`."""

    def __init__(self, mistakes: str | Sequence[str]) -> None:
        self.mistakes = [mistakes] if isinstance(mistakes, str) else list(mistakes)
        super().__init__("\n".join(self.mistakes))


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`'; did you mean bert?'`, or an empty string where nothing is near."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def first_line(error: BaseException) -> str:
    """What a library's error says, without the rest; its class if it says nothing."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


class Interrupted(BaseException):  # not an Exception: no library is to catch it as an error
    """A run was told to stop by a signal; the message says by which, and what was saved."""


class Pruned(Exception):  # noqa: N818 - as Optuna's TrialPruned, it is no error
    """A search has stopped this run: others do better at the same epoch."""


def exit_status(call: Callable[[], int | None]) -> int:
    """Call a command and say what went wrong: 0 done, 2 the config or the input is wrong, 1 anything else."""
    try:
        return int(call() or 0)
    except UserError as error:
        mark = "\n  - " if len(error.mistakes) > 1 else " "
        print(f"tunesmith:{mark}{mark.join(error.mistakes)}", file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"tunesmith: {error}", file=sys.stderr)
    except Interrupted as reason:
        print(f"tunesmith: interrupted by {reason}", file=sys.stderr)
    except Pruned as reason:
        print(f"tunesmith: pruned, {reason}", file=sys.stderr)
        return 0
    except KeyboardInterrupt:
        print("tunesmith: interrupted", file=sys.stderr)
    except BrokenPipeError:  # the reader of standard output, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
