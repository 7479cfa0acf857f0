"""Records of runs, finished or not, read from their folders."""

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.identity import configuration_id
from tunesmith.configuration.monitor import note_smaller
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.verified_folder import DamagedError
from tunesmith.sweeps.folder import FILE, SweepFolder


@dataclass(frozen=True)
class Record:
    """A run in a report.

    Attributes:
        path: its folder.
        config: resolved; empty if it is damaged.
        state: done, failed, pruned, interrupted, running, waiting (never started), missing (it has no scores) or damaged.
        error: the first line of its error message, or empty.
        log: its log file; None if it was never started.
        scores: final ones by name, `test/f1`; empty unless it is done.
        seconds: run time; None unless it is done.
        overrides: its values of the keys that its sweep varied; None if unknown.
        data: the fingerprint of each split's content; empty if it has not recorded them.
        versions: of the packages that compute; empty if it has not recorded them.
        sweep: the folder of its sweep; None if it was read by itself.
    """

    path: Path
    config: Config
    state: str
    error: str
    log: Path | None
    scores: dict[str, float]
    seconds: float | None
    overrides: dict[str, str] | None = None
    data: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sweep: Path | None = None

    @functools.cached_property
    def configuration(self) -> str:
        """What runs that differ only in their seed share."""
        return configuration_id(self.config)


def of_sweep(folder: SweepFolder) -> list[Record]:
    """The runs of a sweep, in the order of its jobs, including those that were never started."""
    bases = _bases(folder)
    found: dict[Path, Record] = {}
    for entry in folder.entries():
        if entry.get("stage"):
            continue
        path = _run_path(Path(entry["run"]), bases)
        log = folder.log(entry["number"])
        try:
            found[path] = _record(path, folder.frozen(entry).config, log, entry["overrides"])
        except DamagedError as error:
            found[path] = _damaged(path, error, log, entry["overrides"])
    return [replace(record, sweep=folder.path) for record in found.values()]


def run_folders(folder: SweepFolder) -> dict[int, Path]:
    """The run folder of each job of a sweep, stages included, with links resolved, by the number of the job."""
    bases = _bases(folder)
    return {entry["number"]: _run_path(Path(entry["run"]), bases).resolve() for entry in folder.entries()}


def _bases(folder: SweepFolder) -> list[Path]:
    """The folders that the paths of a sweep's runs may be relative to: where it ran, then those above its own folder."""
    here = folder.path.resolve()
    return [Path(folder.read()["directory"]), *here.parents]


def _run_path(recorded: Path, bases: Sequence[Path]) -> Path:
    """The folder of a run: beside its sweep, or else as it is recorded, or else anywhere above a sweep that was moved.

    A sweep is `<output_dir>/sweeps/<id>`, its runs are `<output_dir>/<name>/<run id>`: those of a copy are the copy's, even
    while the original exists. `output_dir` itself may have another name now, so trailing parts of the path are looked for too.
    """
    if bases[1].name == "sweeps" and (beside := bases[1].parent.joinpath(*recorded.parts[-2:])).is_dir():
        return beside
    first = bases[0] / recorded
    if first.exists():
        return first
    parts = [part for part in recorded.parts if part != recorded.anchor]
    tails = [Path(*parts[start:]) for start in range(len(parts) - 1)]
    return next((base / tail for tail in tails for base in bases[1:] if (base / tail).is_dir()), first)


def find(places: Sequence[str | Path]) -> list[Record]:
    """The runs of some folders; see `by_place`."""
    return distinct(by_place(places).values())


def by_place(places: Sequence[str | Path]) -> dict[Path, list[Record]]:
    """The runs of each of some folders: that of a run or a sweep, or one with runs at any depth below it.

    Raises:
        UserError: if one of them is not a folder or contains no runs.
    """
    found = {}
    mistakes = []
    for place in places:
        folder = Path(place).expanduser()
        found[folder] = list(_below(folder))
        if not found[folder]:
            what = "contains no runs" if folder.is_dir() else "is not a folder"
            expected = "the folder of a run or a sweep, or one with runs below it, such as runs/"
            if sweeps := sorted(str(file.parent) for file in folder.glob(f"*/{FILE}")):
                what, expected = "contains sweeps, but no runs", f"the sweeps themselves: {listed(sweeps)}"
            mistakes.append(f"{place} {what}; expected {expected}")
    if mistakes:
        raise UserError(mistakes)
    return found


def distinct(parts: Iterable[Sequence[Record]]) -> list[Record]:
    """The runs of several folders, each once."""
    return list({record.path.resolve(): record for part in parts for record in part}.values())


def named(record: Record) -> str:
    """A run by what its sweep varied, or by its folder."""
    if record.overrides:
        return " ".join(f"{key}={text}" for key, text in record.overrides.items())
    return str(record.path)


def _below(folder: Path) -> Iterator[Record]:
    if (folder / FILE).is_file():
        yield from of_sweep(SweepFolder(folder))
        return
    for file in sorted(folder.rglob("status.json")):
        run = RunFolder(file.parent)
        if os.path.lexists(run.path / "config.yaml"):
            try:
                yield _record(run.path, run.config(), run.path / "train.log", None)
            except UserError as error:
                yield _damaged(run.path, error, run.path / "train.log", None)


def _record(path: Path, config: Config, log: Path, overrides: dict[str, str] | None) -> Record:
    run = RunFolder(path)
    run.check_status()
    status = run.status()
    unknown = "missing" if path.is_dir() or log.is_file() else "waiting"
    state = "done" if run.completed else str(status.get("state", unknown))
    if state == "done" and not run.completed:
        with contextlib.suppress(FileNotFoundError):  # it was never written
            run.scores()  # which says how it is damaged
        state = "missing"
    elif state == "running" and not run.busy:
        state = "interrupted"  # its process died without recording a state
    scores: dict[str, float] = run.scores() if state == "done" else {}
    manifest = _manifest(run) if state == "done" else {}
    note_smaller(manifest.get("smaller_is_better"), config)
    error = str(status.get("error", "")).partition("\n")[0]
    shown_log = None if state == "waiting" else Path(os.path.relpath(log))
    return Record(
        Path(os.path.relpath(path)),
        config,
        state,
        error,
        shown_log,
        scores,
        _seconds(manifest),
        overrides,
        data=_texts(manifest.get("data"), "fingerprints"),
        versions=_texts(manifest, "versions"),
    )


def _damaged(path: Path, error: UserError, log: Path, overrides: dict[str, str] | None) -> Record:
    return Record(
        Path(os.path.relpath(path)), {}, "damaged", str(error), Path(os.path.relpath(log)), {}, None, overrides
    )


def _manifest(run: RunFolder) -> dict[str, Any]:
    """Its manifest; empty if there is none that can be read: what it says is not known then."""
    try:
        found: Any = run.read_json("manifest.json")
    except (OSError, UserError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(manifest: Mapping[str, Any]) -> float | None:
    seconds = manifest.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 2**40 else None


def _texts(node: Any, key: str) -> dict[str, str]:
    found = node.get(key) if isinstance(node, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}
