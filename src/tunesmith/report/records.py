"""Records of runs, finished or not, read from their folders."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import FILE, SweepFolder


@dataclass(frozen=True)
class Record:
    """A run in a report.

    Attributes:
        path: its folder.
        config: resolved.
        state: done, failed, pruned, interrupted, running or missing.
        error: the first line of its error message, or empty.
        log: its log file.
        scores: final ones by name, `test/f1`; empty unless it is done.
        seconds: run time; None unless it is done.
        overrides: its values of the keys that its sweep varied; None if unknown.
    """

    path: Path
    config: Config
    state: str
    error: str
    log: Path
    scores: dict[str, float]
    seconds: float | None
    overrides: dict[str, str] | None = None


def of_sweep(folder: SweepFolder) -> list[Record]:
    """The runs of a sweep, in the order of its jobs, including those that were never started."""
    content = folder.read()
    base = Path(content["directory"])
    found: dict[Path, Record] = {}
    for job in folder.jobs():
        if job.stage:
            continue
        path = base / job.run.path
        found[path] = _record(path, job.config, folder.log(job.number), job.overrides)
    return list(found.values())


def find(places: Sequence[str | Path]) -> list[Record]:
    """The runs of some folders, each that of a run or a sweep, or one with runs at any depth below it.

    Raises:
        UserError: if one of them is not a folder or contains no runs.
    """
    found: dict[Path, Record] = {}
    mistakes = []
    for place in places:
        folder = Path(place).expanduser()
        records = list(_below(folder)) if folder.is_dir() else []
        if not records:
            what = "contains no runs" if folder.is_dir() else "is not a folder"
            mistakes.append(
                f"{place} {what}; expected the folder of a run or a sweep, or one with runs below it, such as runs/"
            )
        found |= {record.path.resolve(): record for record in records}
    if mistakes:
        raise UserError(mistakes)
    return list(found.values())


def _below(folder: Path) -> Iterator[Record]:
    if (folder / FILE).is_file():
        yield from of_sweep(SweepFolder(folder))
        return
    for file in sorted(folder.rglob("status.json")):
        run = RunFolder(file.parent)
        if (run.path / "config.yaml").is_file():
            yield _record(run.path, run.config(), run.path / "train.log", None)


def _record(path: Path, config: Config, log: Path, overrides: dict[str, str] | None) -> Record:
    run = RunFolder(path)
    status = run.status()
    state = "done" if run.completed else str(status.get("state", "missing"))
    if state == "done" and not run.completed:
        state = "missing"
    elif state == "running" and not run.busy:
        state = "interrupted"  # its process died without recording a state
    scores: dict[str, float] = run.read_json("metrics.json") if state == "done" else {}
    seconds = _seconds(run) if state == "done" else None
    error = str(status.get("error", "")).partition("\n")[0]
    return Record(
        Path(os.path.relpath(path)), config, state, error, Path(os.path.relpath(log)), scores, seconds, overrides
    )


def _seconds(run: RunFolder) -> float | None:
    try:
        manifest: dict[str, Any] = run.read_json("manifest.json")
    except (OSError, ValueError):
        return None
    return manifest.get("seconds")
