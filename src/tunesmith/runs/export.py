"""Exports the model of a completed run as a Hugging Face checkpoint."""

import shutil
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder


def export(run: RunFolder, output: str) -> Path:
    """Copy model/ without the files that only tunesmith reads.

    Raises:
        UserError: if the folder exists and is not empty, or cannot be written.
    """
    target = Path(output).expanduser()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"output={output} exists and is not empty; choose a new folder")
    try:
        shutil.copytree(
            run.model, target, ignore=shutil.ignore_patterns("head.safetensors", "task.json"), dirs_exist_ok=True
        )
    except OSError as error:
        raise UserError(f"output={output} cannot be written: {error}") from error
    return target
