"""A logger that fails ends its own logging, with one line, and not the run."""

import logging
from types import TracebackType

from tunesmith.errors.messages import first_line

LOG = logging.getLogger("tunesmith")


class Failures:
    """A context in which errors are reported once; `occurred` says whether there was one.

    Args:
        name: of the logger, in the message.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.occurred = False

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not self.occurred:
            print(f"{self._name} failed: {first_line(error)}; the run continues without it", flush=True)
            LOG.warning("%s failed", self._name, exc_info=error)
        self.occurred = True
        return True
