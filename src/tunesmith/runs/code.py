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
    """Every installed package and its version; of two with one name, that which an import finds first."""
    found: dict[str, str] = {}
    for part in metadata.distributions():
        name, version = _name_and_version(part)
        if name:
            found.setdefault(name, version)
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _name_and_version(part: metadata.Distribution) -> tuple[str, str]:
    """Read without the rest of the metadata: importlib would parse every package's description too, 0.2 s in all."""
    text = part.read_text("METADATA") or part.read_text("PKG-INFO") or part.read_text("") or ""  # as importlib looks
    lines = text.partition("\n\n")[0].splitlines()
    headers = dict(line.partition(": ")[::2] for line in reversed(lines))  # the first of each name
    return headers.get("Name", "").strip(), headers.get("Version", "").strip()
