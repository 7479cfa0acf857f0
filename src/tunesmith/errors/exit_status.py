"""Maps exceptions to a message on standard error and an exit status."""

import os
import sys
from collections.abc import Callable

from tunesmith.errors import Interrupted, Pruned, UserError


def exit_status(call: Callable[[], int | None]) -> int:
    """Call a command and report its errors; 0: completed, 2: wrong config or input, 1: anything else."""
    try:
        return int(call() or 0)
    except UserError as error:
        mark = "\n  - " if len(error.mistakes) > 1 else " "
        print(f"tunesmith:{mark}{mark.join(error.mistakes)}", file=sys.stderr)
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
        print("tunesmith: interrupted", file=sys.stderr)
    except BrokenPipeError:  # the reader of standard output, such as head, has exited
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
