"""What is to be reproduced: completed runs, with the recorded scores of the other seeds of their configurations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.identity import identity, run_id
from tunesmith.configuration.stages import stages
from tunesmith.errors import UserError
from tunesmith.report.groups import grouped
from tunesmith.report.records import Record
from tunesmith.reproducing.relocation import fingerprints
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.placed import placed
from tunesmith.storage.verified_folder import DamagedError


@dataclass(frozen=True)
class Original:
    """A run to reproduce.

    Attributes:
        label: how it is shown, such as its folder.
        config: as it will be trained, but for its output_dir.
        manifests: of its stages and of itself, the first stage first; empty where nothing is recorded.
        scores: recorded.
        seeds: recorded scores of every seed of its configuration, its own included.
        decimals: digits after the point of scores that are rounded.
    """

    label: str
    config: Config
    manifests: Sequence[Mapping[str, Any]]
    scores: Mapping[str, float]
    seeds: Sequence[Mapping[str, float]]
    decimals: Mapping[str, int] = field(default_factory=dict)

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Its own."""
        return self.manifests[-1]


def originals(records: Sequence[Record]) -> tuple[list[Original], list[str]]:
    """The completed runs of some records, each once, and a sentence about each that is left out.

    Raises:
        UserError: if no run is completed.
    """
    left_out = [
        f"{record.path} is {record.state}{f': {record.error}' if record.error else ''}"
        for record in records
        if record.state != "done"
    ]
    runs: dict[str, tuple[Record, Mapping[str, Any]]] = {}
    for record in records:
        if record.state != "done":
            continue
        try:
            key, manifest = f"{record.config['name']}/{run_id(record.config)}", manifest_of(RunFolder(record.path))
        except DamagedError as error:
            left_out.append(str(error))
            continue
        if not record.scores:
            left_out.append(f"{record.path} has no scores")
        elif key in runs:
            left_out.append(f"{record.path} has the same settings as {runs[key][0].path}")
        else:
            runs[key] = record, manifest
    if not runs:
        reasons = "; ".join(left_out[:3])
        raise UserError(f"there is no completed run to reproduce: {reasons or 'no run was found'}")
    found = []
    manifests = {record.path: manifest for record, manifest in runs.values()}
    for group in grouped(record for record, _ in runs.values()):
        for record in group.records:
            run = RunFolder(record.path)
            own = manifests[record.path]
            seeds = [other.scores for other in group.records if comparable(manifests[other.path], own)]
            config = placed(run, None)
            found.append(Original(str(record.path), config, [*_of_stages(config), own], record.scores, seeds))
    order = [record.path for record, _ in runs.values()]
    return sorted(found, key=lambda original: order.index(Path(original.label))), left_out


def manifest_of(run: RunFolder) -> Mapping[str, Any]:
    """The manifest of a run; empty if it has none.

    Raises:
        DamagedError: if it is not as it was written.
    """
    try:
        found = run.read_json("manifest.json")
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict):
        raise DamagedError(f"{run.path / 'manifest.json'} is damaged: expected a JSON object")
    return found


def comparable(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two seeds were trained on the same data, by the same versions: else they vary by more than their seed."""
    return first.get("versions") == second.get("versions") and fingerprints(first) == fingerprints(second)


def _of_stages(config: Config) -> list[Mapping[str, Any]]:
    """The manifests of the stages of a run that lie beside it; found by their settings, for a bundle blanks home folders."""
    found: list[Mapping[str, Any]] = []
    for stage in stages(config):
        folder = RunFolder.of(stage).path.parent
        candidates = [RunFolder(file.parent) for file in sorted(folder.glob("*/manifest.json"))]
        found.append(next((manifest_of(run) for run in candidates if _is_of(run, stage)), {}))
    return found


def _is_of(run: RunFolder, stage: Config) -> bool:
    try:
        return run.completed and identity(run.config()) == identity(stage)
    except UserError:
        return False
