"""Attacks: files that someone could hand over, and the command that reads them.

A runner calls `prepare`, then `arguments(folder)`, which writes the files and returns the command's words, and runs them in
`folder / "work"` with `environment(folder)`. `problems` says what the attack has achieved; nothing, if the promise holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors.terminal import safe

SECRET = "hf_0canary0canary0canary0"
_UNTOUCHED = "do not touch\n"


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: says what is attacked and how.
        arguments: writes the files below a folder, returns the words after `tunesmith`.
        status: expected exit status: 2 for what is refused, 0 for what has to work and to do no harm.
        heavy: whether it writes hundreds of megabytes.
        own_process: whether it attacks the start of the process: `python -m tunesmith` has to be called.
        trains: whether nothing is refused: the command trains for a step, and does no harm.
    """

    name: str
    arguments: Callable[[Path], list[str]]
    status: int = 2
    heavy: bool = False
    own_process: bool = False
    trains: bool = False


def prepare(folder: Path) -> None:
    """Make the working folder, and places that an attack may want to reach."""
    for place in ("work", "outside", "home"):
        (folder / place).mkdir()
    for place in ("outside/secret.txt", "home/.bashrc"):
        (folder / place).write_text(_UNTOUCHED)


def environment(folder: Path) -> dict[str, str]:
    """Environment variables of the command."""
    return {"HOME": str(folder / "home"), "MY_API_KEY": SECRET, "DATA": SECRET, "WANDB_API_KEY": SECRET}


def problems(folder: Path, attack: Attack, *, status: int, output: str) -> list[str]:
    """What went wrong, one sentence each.

    Args:
        folder: of the attack.
        attack: that was run.
        status: the exit status.
        output: standard output and standard error.
    """
    found = [] if status == attack.status else [f"exit status {status}, expected {attack.status}"]
    for place in ("outside", "home"):
        inside = {file.relative_to(folder).as_posix() for file in (folder / place).rglob("*")}
        if inside != {"outside/secret.txt" if place == "outside" else "home/.bashrc"}:
            found.append(f"{place} has {sorted(inside)}")
    for place in ("outside/secret.txt", "home/.bashrc"):
        if not (folder / place).is_file() or (folder / place).read_text() != _UNTOUCHED:
            found.append(f"{place} was changed")
    if "Traceback" in output:
        found.append("a traceback")
    if safe(output) != output:
        found.append("control characters in the output")
    if status == 2 and len(output) > 5000:
        found.append(f"a message of {len(output)} characters")
    if SECRET in output or any(SECRET.encode() in content for content in _written(folder / "work")):
        found.append("a secret was written")
    return found


def _written(folder: Path) -> list[bytes]:
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    return [file.read_bytes() for file in files if file.stat().st_size < 2**24]
