"""A process that stops when the process that launched it is gone."""

import os
import signal
import threading
from collections.abc import Callable


def stop_with_parent(parent: Callable[[], object]) -> None:
    """Send this process SIGTERM once its parent has ended: a run saves its state and stops.

    Args:
        parent: returns when the parent has ended.
    """

    def watch() -> None:
        parent()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
