"""The working folder is not a library: an `optuna.py` beside the user's data is never imported.

Packages of the user's own are imported where they are installed, from PYTHONPATH, or from the folder that TUNESMITH_PLUGINS names
(`tunesmith.configuration.plugins`), which makes nothing beside them a library.
"""

import os
import sys

VARIABLE = "PYTHONSAFEPATH"  # Python's own; inherited by every process that a command starts


def leave_out_working_folder() -> None:
    """Remove the entry of `sys.path` that means the working folder, whichever that is, here and in child processes."""
    sys.path[:] = [entry for entry in sys.path if entry]
    os.environ[VARIABLE] = "1"
