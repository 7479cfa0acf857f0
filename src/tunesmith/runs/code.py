"""The code of a run: git commits with a patch of what was changed, installed packages, and the user's plugins by content."""

import functools
import hashlib
import importlib.util
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.secrets import without_secrets
from tunesmith.configuration.stages import stages

PATCH_BYTES = 2**20  # a larger patch is not kept
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
            "changed": bool(_git("status", "--porcelain", "--untracked-files=no", folder=folder).strip()),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def patch(folder: Path) -> bytes:
    """What is changed in the tracked files of a repository since its commit, for `git apply`; empty without one.

    Files that hold keys are left out, and values that look like keys are blanked.
    """
    try:
        changes = _git("diff", "HEAD", "--binary", "--", ":/", *_NO_SECRETS, folder=folder)
    except (OSError, subprocess.SubprocessError):
        return b""
    lines = changes.decode("utf-8", "surrogateescape").split("\n")  # those of binary files begin with their length
    kept = [without_secrets(line) if line[:1] in ("+", "-", " ") else line for line in lines]
    return "\n".join(kept).encode("utf-8", "surrogateescape")


def origin(folder: Path) -> str:
    """The address that the repository of a folder was cloned from; empty if there is none."""
    try:
        return _git("config", "--get", "remote.origin.url", folder=folder).decode("utf-8", "replace").strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*arguments: str, folder: Path) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True, timeout=10).stdout


def packages() -> dict[str, str]:
    """Every installed package and its version."""
    found = {str(part.metadata["Name"]): part.version for part in metadata.distributions() if part.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def plugins(config: Config) -> dict[str, str]:
    """Digest of the source files of each package of the user's that a config, or one of its stages, names."""
    targets = {target for part in (*stages(config), config) for target in _targets(part)}
    names = sorted({target.partition(".")[0] for target in targets} - {"tunesmith"})
    return {name: _digest(name) for name in names}


def _targets(config: Config) -> Iterator[str]:
    for node in config.values():
        if not isinstance(node, dict):
            continue
        for settings in (node, *(inner for inner in node.values() if isinstance(inner, dict))):
            if isinstance(settings.get("_target_"), str):
                yield settings["_target_"]
    for part in ("source", "task"):
        if "." in str(config["dataset"].get(part)):
            yield config["dataset"][part]


def _digest(package: str) -> str:
    spec = importlib.util.find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    files = [(file.relative_to(folder).as_posix(), file) for folder in folders for file in folder.rglob("*.py")]
    if spec and spec.origin and not folders:
        files.append((Path(spec.origin).name, Path(spec.origin)))
    return _content(tuple((name, file, file.stat().st_mtime_ns, file.stat().st_size) for name, file in sorted(files)))


@functools.lru_cache(maxsize=64)  # many jobs of a sweep name the same package
def _content(files: tuple[tuple[str, Path, int, int], ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, file, _, _ in files:
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
