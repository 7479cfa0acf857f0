"""Maps exceptions to a message on standard error and an exit status."""

import os
import sys
from collections.abc import Callable

from tunesmith.errors import Interrupted, Pruned, UserError
from tunesmith.errors.terminal import safe_output

_MISTAKES, _CHARACTERS = 100, 4000  # that are shown; a message may quote what it refuses


def exit_status(call: Callable[[], int | None]) -> int:
    """Call a command and report its errors; 0: completed, 2: wrong config or input, 1: anything else."""
    with safe_output():
        return _exit_status(call)


def _exit_status(call: Callable[[], int | None]) -> int:
    try:
        return int(call() or 0)
    except UserError as error:
        shown = [_shortened(mistake) for mistake in error.mistakes[:_MISTAKES]]
        if len(error.mistakes) > _MISTAKES:
            shown.append(f"... and {len(error.mistakes) - _MISTAKES:,} more mistakes")
        mark = "\n  - " if len(shown) > 1 else " "
        print(f"tunesmith:{mark}{mark.join(shown)}", file=sys.stderr)
        return 2
    except RecursionError:  # a parser's, or that of code that walks what it has read
        print("tunesmith: a file is nested too deeply; expected a config, data or results", file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"tunesmith: {error}", file=sys.stderr)
    except MemoryError as error:
        print(f"tunesmith: {str(error) or 'out of memory'}", file=sys.stderr)
    except Interrupted as reason:
        print(f"tunesmith: interrupted by {reason}", file=sys.stderr)
    except Pruned as reason:
        print(f"tunesmith: pruned, {reason}", file=sys.stderr)
        return 0
    except KeyboardInterrupt:
        print("tunesmith: interrupted by Ctrl-C", file=sys.stderr)
    except BrokenPipeError:  # the reader of standard output, such as head, has exited
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _shortened(mistake: str) -> str:
    return mistake if len(mistake) <= _CHARACTERS else mistake[:_CHARACTERS] + "..."
