"""Training survives the loss of its terminal: `tunesmith train | head -1`, a closed window, a full disk behind `> log`."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from tunesmith.errors.terminal import raw

LOG = logging.getLogger("tunesmith")


class _Surviving:
    """A text stream; once it cannot be written, everything that follows is discarded."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def raw_stream(self) -> "_Surviving":
        """The stream below a `SafeStream`, for a progress bar's control characters and rich's colours; it survives too."""
        return _Surviving(raw(self._stream), self._name)

    def write(self, text: str) -> int:
        """Write, or discard."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._discard(error)
            return len(text)

    def flush(self) -> None:
        """Flush, or discard."""
        try:
            self._stream.flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, self._stream.fileno())
        os.close(descriptor)
        line = f"{self._name} cannot be written ({error.strerror}); the run continues without it"
        LOG.warning("%s", line)
        if self._stream.fileno() != 2:
            print(f"tunesmith: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def lost_output_is_survived() -> Iterator[None]:
    """Within the block, standard output and error may be closed by whatever reads them."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Surviving(sys.stdout, "standard output"), _Surviving(sys.stderr, "standard error")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before
