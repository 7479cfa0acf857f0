"""The code of a run: git commits with a patch of what was changed, installed packages, and the user's plugins by content."""

import functools
import hashlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.stages import stages

PATCH_BYTES = 2**20  # a larger patch is not kept
# Submodules are left out: each has a configuration of its own.
_STATUS = ("--porcelain", "--untracked-files=no", "--ignore-submodules=all")
_DIFF = ("HEAD", "--binary", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_FIXED = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
_NO_PROGRAMS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}


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
    """What is changed in the tracked files of a repository since its commit, for `git apply`; empty without one."""
    try:
        return _git("diff", *_DIFF, folder=folder)
    except (OSError, subprocess.SubprocessError):
        return b""


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
