"""The files of a run and of a sweep that a bundle holds: what a reader needs to check its numbers and to train it again.

Logs, checkpoints, W&B's files and `code.patch` stay behind; weights are packed if asked for. Files of settings and records are
packed without keys and home folders, with digests of their new content.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tunesmith.bundling.archive import Content
from tunesmith.bundling.blanking import Blanking, lines_with_keys
from tunesmith.configuration import plain_yaml
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage import files
from tunesmith.storage.bounded_files import YAML_BYTES, read_text
from tunesmith.storage.contained import check_contained
from tunesmith.storage.verified_folder import FILE as DIGESTS
from tunesmith.storage.verified_folder import digest, digest_of
from tunesmith.sweeps.folder import FILE as SWEEP
from tunesmith.sweeps.folder import FINISHED, SweepFolder

ELSEWHERE = "unpacked bundle"  # the folder that a packed sweep ran in: none, so its runs are looked for beside it
_LEFT_OUT = "left out"
_RECORDS = ("manifest.json", "metrics.json", "status.json")
_OF_THIS_MACHINE = ("pid", "host")
_CONFIG_BYTES = YAML_BYTES


def of_run(run: RunFolder, *, weights: bool, predictions: bool, blanking: Blanking, home: Path) -> dict[str, Content]:
    """The files of a completed run by their names in its folder.

    Args:
        run: completed.
        weights: whether to pack its model.
        predictions: whether to pack its predictions.
        blanking: of keys and home folders.
        home: the home folder of who packs.

    Raises:
        UserError: if a file is damaged, leads out of the folder, or holds what looks like a key and is data.
    """
    check_contained(run.path, finished=("wandb/*",))
    found: dict[str, Content] = {"config.yaml": _config(run.path / "config.yaml", blanking, run)}
    for name in _RECORDS:
        if (run.path / name).exists() or name != "manifest.json":
            found[name] = files.as_json(_record(name, run.read_json(name), blanking)).encode()
    history = [run.path / "metrics.csv"] if (run.path / "metrics.csv").is_file() else []
    kept = sorted((run.path / "predictions").glob("*.jsonl")) if predictions else []
    data = {file.relative_to(run.path).as_posix(): file for file in [*history, *kept]}
    for name, file in data.items():
        run.verify(name)
        check_data(file, home=home)
    found |= data
    if weights:
        if not any(run.model.glob("*.safetensors")):  # of which a large model has several
            run.check_model("model.safetensors")
        run.verify("model/")
        model = sorted(file for file in run.model.rglob("*") if file.is_file())
        found |= {file.relative_to(run.path).as_posix(): file for file in model}
    return _with_digests(found)


def of_sweep(
    folder: SweepFolder, runs: Mapping[int, str], *, blanking: Blanking, home: Path
) -> tuple[dict[str, Content], list[str]]:
    """The files of a sweep by their names in its folder, and why others are left out; `report` writes its tables again.

    Args:
        folder: of the sweep.
        runs: the folder, in the bundle, of the run of each job that is packed.
        blanking: of keys and home folders.
        home: the home folder of who packs.

    Raises:
        UserError: if a file is damaged, or leads out of the folder.
    """
    check_contained(folder.path, finished=FINISHED)
    content = {key: value for key, value in folder.read().items() if key not in _OF_THIS_MACHINE}
    found: dict[str, Content] = {}
    jobs = []
    for entry in content["jobs"]:
        number = entry["number"]
        frozen = folder.frozen(entry)  # verified
        file = folder.config_file(number)
        found[file] = _config(folder.path / file, blanking)
        jobs.append(entry | {"run": runs.get(number, f"{_LEFT_OUT}/{frozen.run.path.name}")})
    content = blanking.value(content | {"jobs": jobs, "directory": ELSEWHERE})
    found[SWEEP] = files.as_json(content).encode()
    found = _with_digests(found)
    if not folder.study.is_file():
        return found, []
    try:
        check_data(folder.study, home=home)
    except UserError as error:  # each of its records has a digest, so it cannot be blanked
        return found, [str(error)]
    return found | {folder.study.name: folder.study}, []


def check_data(file: Path, *, home: Path) -> None:
    """Check that a file of data, which is packed as it is, holds nothing that looks like a key.

    Raises:
        UserError: with the first line that does.
    """
    with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
        for number in lines_with_keys(stream, home):
            own = file.parent.name == "predictions"
            remedy = "leave predictions out with predictions=false" if own else "remove the file, or write it anew"
            raise UserError(
                f"{file}, line {number}, holds what looks like a key, a password in an address, or the path of your home "
                f"folder; expected data that may be handed over: {remedy}"
            )


def _config(file: Path, blanking: Blanking, run: RunFolder | None = None) -> bytes:
    if run is not None:
        run.config()  # verified, and a config
    return plain_yaml.dump(blanking.value(plain_yaml.load(read_text(file, limit=_CONFIG_BYTES)))).encode()


def _record(name: str, value: Any, blanking: Blanking) -> Any:
    if not isinstance(value, dict):
        raise UserError(f"{name} is no record of a run; expected a JSON object")
    value = {key: part for key, part in value.items() if name != "status.json" or key not in _OF_THIS_MACHINE}
    if isinstance(value.get("working_folder"), dict):
        value["working_folder"] = value["working_folder"] | {"path": None}
    return files.with_null(value if name == "metrics.json" else blanking.value(value))


def _with_digests(found: dict[str, Content]) -> dict[str, Content]:
    digests = {
        name: [digest_of(content) if isinstance(content, bytes) else digest(content)] for name, content in found.items()
    }
    return found | {DIGESTS: files.as_json(dict(sorted(digests.items()))).encode()}


def plain_files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """The regular files of a folder, at any depth, sorted; links are left out."""
    found = {file for pattern in patterns for file in folder.rglob(pattern)}
    return sorted(file for file in found if file.is_file() and not file.is_symlink())
