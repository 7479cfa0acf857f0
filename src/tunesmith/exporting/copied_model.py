"""The files of a run's model/ that an export gets: those that a model or a tokenizer consists of, and no links.

A folder that was handed over may hold anything else beside them, and what a link leads to is not the model's.
"""

import fnmatch
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from tunesmith.errors import UserError

# As transformers, tokenizers and sentence-transformers write them; a plugin's head may add *.json and *.safetensors.
_KNOWN = ("*.json", "*.safetensors", "vocab.txt", "merges.txt", "*.model", "*.jinja")


def copy_model(source: Path, target: Path, *, besides: Collection[str]) -> list[str]:
    """Copy a model's files; returns the names of those that are left out.

    Args:
        source: the run's model/.
        target: an existing folder.
        besides: names of files that are not part of the export.

    Raises:
        UserError: for a link.
    """
    left_out = []
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            if Path(folder, name).is_symlink():
                raise UserError(f"{Path(folder, name)} is a link; expected the model/ folder as the run saved it")
        inside = Path(folder).relative_to(source)
        for name in files:
            if any(fnmatch.fnmatch(name, known) for known in _KNOWN):
                if name not in besides:
                    (target / inside).mkdir(exist_ok=True)
                    shutil.copy2(Path(folder, name), target / inside / name)
            else:
                left_out.append((inside / name).as_posix())
    return sorted(left_out)
