"""The code of a run: git commits with a patch of what was changed, and installed packages."""

import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PATCH_BYTES = 2**20  # a larger patch is not kept


def repository(folder: Path) -> dict[str, Any] | None:
    """Commit of the git repository that a folder belongs to, and whether tracked files are changed; None without one."""
    try:
        return {
            "commit": _git("rev-parse", "HEAD", folder=folder).decode().strip(),
            "changed": bool(_git("status", "--porcelain", "--untracked-files=no", folder=folder).strip()),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def patch(folder: Path) -> bytes:
    """What is changed in the tracked files of a repository since its commit, for `git apply`; empty without one."""
    try:
        return _git("diff", "HEAD", "--binary", folder=folder)
    except (OSError, subprocess.SubprocessError):
        return b""


def _git(*arguments: str, folder: Path) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True, timeout=10).stdout


def packages() -> dict[str, str]:
    """Every installed package and its version."""
    found = {str(part.metadata["Name"]): part.version for part in metadata.distributions() if part.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))
