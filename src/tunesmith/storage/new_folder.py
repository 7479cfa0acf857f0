"""A new folder that appears under its name only when it is complete: an export, or the scores of `evaluate`."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.storage.files import give_usual_modes


@contextmanager
def new_folder(output: str) -> Iterator[Path]:
    """Yields a draft folder, which gets the name `output` at the end, or is removed after an error.

    Raises:
        UserError: if the folder exists and is not empty, or cannot be written.
    """
    from safetensors import SafetensorError  # how safetensors reports a full disk

    target = Path(output).expanduser()
    draft = target.parent / f".{target.name}-{secrets.token_hex(8)}.part"  # a name that nobody can foresee
    made = False
    try:
        exists = target.exists()
        if exists and (not target.is_dir() or any(target.iterdir())):
            raise UserError(f"output={output} exists and is not empty; choose a new folder")
        if exists:  # it may be a mount point or the current folder, which cannot be replaced
            draft = target / draft.name
        draft.mkdir(parents=True)
        made = True
        yield draft
        give_usual_modes(draft)
        if exists:
            for file in sorted(
                draft.iterdir(), key=lambda file: file.name == "config.json"
            ):  # nothing loads without it
                file.replace(target / file.name)
        else:
            draft.rename(target)
    except (OSError, SafetensorError) as error:
        if _elsewhere(error, target):
            raise
        raise UserError(f"output={output} cannot be written: {error}") from error
    finally:
        if made:
            shutil.rmtree(draft, ignore_errors=True)


def _elsewhere(error: Exception, target: Path) -> bool:
    """Whether an error names a file that is neither the folder, in it nor above it, such as one that was read."""
    name = getattr(error, "filename", None)
    if not isinstance(name, str):
        return False
    folder, file = target.parent.absolute(), Path(name).absolute()
    return not file.is_relative_to(folder) and not folder.is_relative_to(file)
