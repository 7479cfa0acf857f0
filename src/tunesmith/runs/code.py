"""The code of a run: git commits with a patch of what was changed, and installed packages."""

import os
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from tunesmith.configuration.secrets import without_secrets

PATCH_BYTES = 2**20  # a larger patch is not kept
# Submodules are left out: each has a configuration of its own.
_STATUS = ("--porcelain", "--untracked-files=no", "--ignore-submodules=all")
_DIFF = ("HEAD", "--binary", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_FIXED = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
_NO_PROGRAMS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
_SECRET_FILES = [
    *("*.env", ".env*", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", "*.netrc", ".npmrc", ".pypirc"),
    *("*credential*", "*secret*", "*password*", "kubeconfig", ".htpasswd"),
]
_NO_SECRETS = [f":(top,exclude,icase,glob){place}{name}" for name in _SECRET_FILES for place in ("**/", "")]


def repository(folder: Path) -> dict[str, Any] | None:
    """Commit of the git repository that a folder belongs to, and whether tracked files are changed; None without one."""
    try:
        return {
            "commit": _git("rev-parse", "HEAD", folder=folder).decode().strip(),
            "changed": bool(_git("status", *_STATUS, folder=folder).strip()),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def patch(folder: Path) -> bytes:
    """What is changed in the tracked files of a repository since its commit, for `git apply`; empty without one.

    Files that hold keys are left out, and values that look like keys are blanked.
    """
    try:
        changes = _git("diff", *_DIFF, "--", ":/", *_NO_SECRETS, folder=folder)
    except (OSError, subprocess.SubprocessError):
        return b""
    lines = changes.decode("utf-8", "surrogateescape").split("\n")  # those of binary files begin with their length
    kept = [without_secrets(line) if line[:1] in ("+", "-", " ") else line for line in lines]
    return "\n".join(kept).encode("utf-8", "surrogateescape")


def _git(*arguments: str, folder: Path) -> bytes:
    """The output of git, which runs no program that the repository itself names: the folder may come from anyone."""
    settings = _FIXED | {key: "false" if key.endswith(".required") else "" for key in _filters(folder)}
    numbered = [
        (f"GIT_CONFIG_{part}_{number}", value)
        for number, pair in enumerate(settings.items())
        for part, value in zip(("KEY", "VALUE"), pair, strict=True)
    ]
    return _call(*arguments, folder=folder, GIT_CONFIG_COUNT=str(len(settings)), **dict(numbered))


def _filters(folder: Path) -> list[str]:
    """The filters of a repository's own configuration, such as `filter.x.clean`: programs that read each file.

    Raises:
        subprocess.SubprocessError: if there is no repository, or git is too old to say where a setting is from.
    """
    listed = _call("config", "--list", "--show-scope", "--name-only", "-z", folder=folder)
    parts = listed.decode("utf-8", "surrogateescape").split("\0")[:-1]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return sorted({key for scope, key in pairs if scope in ("local", "worktree") and key.startswith("filter.")})


def _call(*arguments: str, folder: Path, **variables: str) -> bytes:
    environment = os.environ | _NO_PROGRAMS | variables
    return subprocess.run(  # noqa: S603  because the words are ours, and none is read by a shell
        ["git", *arguments],  # noqa: S607  because the user's PATH says which git is theirs
        cwd=folder,
        capture_output=True,
        check=True,
        timeout=10,
        env=environment,
    ).stdout


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
