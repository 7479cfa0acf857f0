"""Packs runs and sweeps for another person: `bundle.json` says what is in the bundle, what is not, and why.

bundle.json              its files with sizes and SHA-256, what was left out, what was blanked, the data of the runs
runs/<name>/<run id>/    config, manifest, scores, history, predictions; the model if asked for
sweeps/<id>/             sweep.json, the frozen jobs, the history of a search
report/                  a report that was found beside them
"""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tunesmith.bundling import contents
from tunesmith.bundling.archive import Content, size_and_digest, write_archive
from tunesmith.bundling.blanking import Blanking
from tunesmith.bundling.unpack import FORMAT, LISTING, MOST_FILES, check_archive, check_plain_names
from tunesmith.configuration import Config
from tunesmith.configuration.stages import stages
from tunesmith.errors import UserError
from tunesmith.report.records import Record, find
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.placed import placed
from tunesmith.storage.files import as_json
from tunesmith.storage.verified_folder import DamagedError
from tunesmith.sweeps.folder import FILE as SWEEP
from tunesmith.sweeps.folder import SweepFolder

REPORT = "report.html"
_OF_A_REPORT = ("*.html", "*.tex", "*.md", "*.csv", "*.bib")
_PICTURES = ("*.pdf", "*.png", "*.svg")


class Bundle:
    """What is packed.

    Args:
        weights: whether with the models.
        predictions: whether with the predictions, which hold the texts of the data.
    """

    def __init__(self, *, weights: bool, predictions: bool) -> None:
        self.home = Path.home()
        self.files: dict[str, Content] = {}
        self.left_out: list[str] = []
        self.blanked: list[str] = []
        self.runs: dict[Path, str] = {}  # by the folder, its name in the bundle
        self.data: dict[str, dict[str, str]] = {}
        self._weights, self._predictions = weights, predictions

    def add(self, places: Sequence[str]) -> None:
        """Add all completed runs in some folders, their stages and their sweeps, and a report if there is one.

        Raises:
            UserError: if a folder holds no completed run, or data must not be handed over.
        """
        holding = [place for place in places if not _is_report(Path(place).expanduser())]
        records = find(holding) if holding else []
        for record in records:
            self._add_record(record)
        if not self.runs:
            states = ", ".join(f"{record.path} is {record.state}" for record in records[:5])
            raise UserError(
                f"there is no completed run in {' '.join(places)}{f' ({states})' if states else ''}; expected the folders of "
                "completed runs or of a sweep"
            )
        for place in map(Path, places):
            folder = place.expanduser()
            for file in sorted(folder.rglob(SWEEP)):
                self._add_sweep(SweepFolder(file.parent))
            for report in (folder, folder / "report"):
                if _is_report(report):
                    self._add_report(report)

    def write(self, output: Path) -> None:
        """Write the bundle, and read it as its receiver will.

        Raises:
            UserError: if it cannot be written, or has more files than a bundle may have.
        """
        if len(self.files) > MOST_FILES:
            raise UserError(
                f"the bundle would have {len(self.files):,} files; expected at most {MOST_FILES:,}: pack fewer runs"
            )
        names = sorted(self.files)
        check_plain_names(names, output)
        listing = {
            "format": FORMAT,
            "tunesmith": version("tunesmith"),
            "data": dict(sorted(self.data.items())),
            "left_out": self.left_out,
            "blanked": sorted(self.blanked),
            "files": {name: list(size_and_digest(self.files[name])) for name in names},
        }
        write_archive(output, {LISTING: as_json(listing).encode()} | {name: self.files[name] for name in names})
        try:
            check_archive(output)
        except BaseException:  # a file was changed while it was packed
            output.unlink()
            raise

    def _add_record(self, record: Record) -> None:
        if record.state != "done":
            error = f": {record.error}" if record.state == "damaged" else ""
            self.left_out.append(self._shown(f"{_last(record.path)} is {record.state}{error}"))
            return
        run = RunFolder(record.path)
        for config in stages(placed(run, None)):
            stage = RunFolder.of(config)
            if stage.completed:
                self._add_run(stage)
            else:
                self.left_out.append(
                    self._shown(f"stage {config['name']} of {_last(run.path)}: there is no completed run")
                )
        self._add_run(run)

    def _add_run(self, run: RunFolder) -> None:
        place = run.path.resolve()
        if place in self.runs:
            return
        try:
            config = run.config()
            blanking = Blanking(self.home)
            options = {"weights": self._weights, "predictions": self._predictions}
            found = contents.of_run(run, blanking=blanking, home=self.home, **options)
        except (DamagedError, FileNotFoundError) as error:
            self.left_out.append(self._shown(f"{_last(run.path)} is damaged: {error}"))
            return
        name = self._free(f"runs/{config['name']}/{run.path.resolve().name}")
        self.runs[place] = name
        self._take(name, found, blanking)
        self._note_data(config, run)

    def _add_sweep(self, folder: SweepFolder) -> None:
        from tunesmith.report.records import run_folders

        blanking = Blanking(self.home)
        runs = {number: self.runs[path] for number, path in run_folders(folder).items() if path in self.runs}
        try:
            found, left_out = contents.of_sweep(folder, runs, blanking=blanking, home=self.home)
        except DamagedError as error:
            self.left_out.append(self._shown(f"sweep {folder.path.name} is damaged: {error}"))
            return
        self.left_out += map(self._shown, left_out)
        self._take(self._free(f"sweeps/{folder.path.resolve().name}"), found, blanking)

    def _add_report(self, folder: Path) -> None:
        if any(name.startswith("report/") for name in self.files):
            self.left_out.append(self._shown(f"report {folder}: there is another one"))
            return
        for file in contents.plain_files(folder, (*_OF_A_REPORT, *_PICTURES)):
            if not any(file.match(pattern) for pattern in _PICTURES):
                contents.check_data(file, home=self.home)
            self.files[f"report/{file.relative_to(folder).as_posix()}"] = file

    def _take(self, place: str, found: dict[str, Content], blanking: Blanking) -> None:
        self.files |= {f"{place}/{name}": content for name, content in found.items()}
        if blanking.keys:
            self.blanked.append(place)

    def _note_data(self, config: Config, run: RunFolder) -> None:
        """List the data of a run by what its config calls it: a receiver has to have it."""
        manifest: Any = run.read_json("manifest.json") if (run.path / "manifest.json").is_file() else {}
        dataset, blanking = config["dataset"], Blanking(self.home)
        data = manifest.get("data") if isinstance(manifest, dict) else None
        fingerprints = data.get("fingerprints") if isinstance(data, dict) else None
        for split, fingerprint in sorted(fingerprints.items() if isinstance(fingerprints, dict) else ()):
            place = dataset.get("path") or dataset.get(split) or dataset.get("train") or dataset["source"]
            named, content = blanking.text(f"{place}"), str(fingerprint)
            if self.data.get(named, {}).get(split, content) != content:  # another content under the same name
                named = f"{named} ({content[:12]})"
            self.data.setdefault(named, {})[split] = content

    def _free(self, name: str) -> str:
        """The name, or with a number if it is taken: runs from two output folders may have the same."""
        taken, number, free = set(self.runs.values()) | {"/".join(file.split("/")[:2]) for file in self.files}, 1, name
        while free in taken:
            number += 1
            free = f"{name}-{number}"
        return free

    def _shown(self, text: str) -> str:
        return Blanking(self.home).text(text)


def _is_report(folder: Path) -> bool:
    return (folder / REPORT).is_file()


def _last(path: Path) -> str:
    """`<name>/<run id>`: the last parts of a run's path."""
    return os.path.join(*Path(os.path.abspath(path)).parts[-2:])  # noqa: PTH100, PTH118 - a link stays what it is called
