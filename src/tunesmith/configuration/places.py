"""Where a file may let a run write: below the working folder. Any other place is for the command line to name."""

from pathlib import PurePath
from typing import Any

from tunesmith.errors import UserError


def check_place(key: str, value: Any) -> None:
    """Check a folder that a YAML file sets, such as an experiment that someone else wrote.

    Args:
        key: `output_dir` or `sweep.folder`.
        value: of the config; what is no text is left to the checks.

    Raises:
        UserError: if it leads out of the working folder.
    """
    if isinstance(value, str) and (value.startswith(("/", "~")) or ".." in PurePath(value).parts):
        raise UserError(
            f"{key} is {value}, set by a file, not by the command line; a file may only name a folder below the working "
            f"folder: to write there, add {key}={value} to the command"
        )
