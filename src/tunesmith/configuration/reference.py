"""Each setting with its meaning, type and default, from the files that are composed and the signatures that are checked.

Nothing is written for this page alone: the default is the YAML's, the meaning its comment or else the line of the
signature's docstring, and the type is the annotation that `tunesmith.configuration.checks.keys` holds values to.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tunesmith.configuration import schema
from tunesmith.configuration.checks.keys import BATCHING, ROOT
from tunesmith.configuration.choices import LAUNCHERS, choices, conf_folder
from tunesmith.configuration.group_settings import Written, written, written_in
from tunesmith.configuration.targets import SEVERAL, SINGLE, part_target
from tunesmith.configuration.type_texts import described

SWEEP = "tunesmith.sweeps.settings.Settings"


class Setting(NamedTuple):
    """A key of the config.

    Attributes:
        key: as typed: `optimizer.lr`.
        default: as written in a YAML file; `???` for what a user has to give.
        type: the values that are allowed, in words.
        meaning: one line; empty if nothing says it.
    """

    key: str
    default: str
    type: str
    meaning: str


def settings(group: str, choice: str, folders: Sequence[Path]) -> list[Setting]:
    """The settings of a choice.

    Raises:
        UserError: for files that cannot be read, and targets that do not exist or may not be used.
    """
    found = written(group, choice, folders)
    targets = {
        key.removesuffix("_target_").rstrip("."): value.default.strip("'\"")
        for key, value in found.items()
        if key == "_target_" or key.endswith("._target_")
    }
    signatures = {path: _signature(group, target) for path, target in targets.items()}
    if group == "dataset":
        signatures["dataset"] = _of_dataset(found)
    elif group == "sweep":
        signatures["sweep"] = schema.read_signature(SWEEP)
    hidden = ("_target_", "source", "task") if group == "dataset" else ("_target_",)
    described = []
    for key, value in found.items():
        path, _, name = key.rpartition(".")
        signature = signatures.get(path)
        if name not in hidden:
            described.append(_setting(value, signature.settings if signature else {}, signature, name))
    return described


def _signature(group: str, target: str) -> schema.Signature | None:
    if group in (*SINGLE, *SEVERAL):
        return schema.signature(target, group=group)
    # A launcher of another package has no signature that is read here.
    return schema.read_signature(target) if target.startswith("tunesmith.") else None


def _of_dataset(found: Mapping[str, Written]) -> schema.Signature:
    """The settings of a dataset are those of its source, its task and the batches."""
    names = {part: found[f"dataset.{part}"].default for part in ("source", "task") if f"dataset.{part}" in found}
    parts = [schema.signature(part_target(name, group=part), group=part) for part, name in names.items()]
    parts.append(schema.read_signature(BATCHING))
    annotations = {name: kind for part in parts for name, kind in part.settings.items()}
    return schema.Signature(annotations, {}, {name: text for part in parts for name, text in part.meanings.items()})


def _setting(value: Written, annotations: Mapping[str, Any], signature: schema.Signature | None, name: str) -> Setting:
    kind = described(annotations[name]) if name in annotations else "anything"
    meaning = value.comment or (signature.meanings.get(name, "") if signature else "").rstrip(".")
    return Setting(value.key, value.default, kind, meaning)


def run_settings() -> list[Setting]:
    """The settings of a run that are in no group, and `backbone.after`."""
    found = written_in(conf_folder() / "train.yaml", "")
    annotations = {**ROOT, "backbone.after": str | list[str] | None}
    return [_setting(value, annotations, None, key) for key, value in found.items() if key in annotations]


def scores_by_task() -> dict[str, tuple[str, ...]]:
    """The names that `dataset.metrics` may have, for each task; those of text classification for each `dataset.problem`."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted((Path(__file__).parents[1] / "tasks").glob("[a-z]*.py")):
        scores = schema.signature(part_target(file.stem, group="task"), group="task").constants.get("scores", ())
        by_problem = scores if isinstance(scores, dict) else {None: scores}
        found |= {
            file.stem if problem is None else f"{file.stem}, dataset.problem={problem}": tuple(names)
            for problem, names in by_problem.items()
        }
    return found


def default_choices() -> dict[str, list[str]]:
    """The choices that a run has if none is made, by group."""
    from tunesmith.configuration.plain_yaml import load

    defaults = load((conf_folder() / "train.yaml").read_text(encoding="utf-8"))["defaults"]
    chosen = {key: value for entry in defaults if isinstance(entry, dict) for key, value in entry.items()}
    named = {key: value if isinstance(value, list) else [value] for key, value in chosen.items() if value is not None}
    return {**named, LAUNCHERS: ["local"]}


def by_choice(group: str, folders: Sequence[Path]) -> dict[str, list[Setting]]:
    """The settings of all choices of a group, those of the default choice first."""
    names = list(choices(group, folders))
    first = [name for name in default_choices().get(group, []) if name in names]
    return {name: settings(group, name, folders) for name in [*first, *(n for n in names if n not in first)]}
