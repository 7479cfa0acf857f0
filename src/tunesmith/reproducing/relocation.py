"""Data, models and devices of this machine in place of those that a config names, without changing what is computed.

Data is recognised by its content: of several files given for one setting, each run takes the one that it was trained on. So
one command reproduces runs on several datasets.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config, schema
from tunesmith.configuration.saved import apply
from tunesmith.configuration.stages import stage_before
from tunesmith.configuration.targets import build_part, part_target
from tunesmith.data.survey.survey import from_the_hub
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

DATA = ("dataset.train", "dataset.validation", "dataset.test", "dataset.path")
MODEL = "backbone.name"
DEVICES = ("trainer.accelerator", "trainer.devices", "trainer.progress_bar")
_FILES = ("train", "validation", "test")
PLACES = (*DATA, MODEL, *DEVICES)
Given = Mapping[str, Sequence[str]]  # setting -> values, in the order of the command line


def given_places(words: Iterable[str]) -> dict[str, list[str]]:
    """The settings of a command line that say where data, models and devices are.

    Raises:
        UserError: for any other setting, which would make it another experiment.
    """
    found: dict[str, list[str]] = {}
    mistakes = []
    for word in words:
        key, _, value = word.partition("=")
        if key not in PLACES:
            mistakes.append(
                f"{key} cannot be changed{did_you_mean(key, PLACES)}; a reproduction may only be told where things are: "
                + ", ".join(PLACES)
            )
        elif not value:
            mistakes.append(f"{key} is empty; expected {key}=VALUE")
        else:
            found.setdefault(key, []).append(value)
    for key in (MODEL, *DEVICES):
        if len(found.get(key, [])) > 1:
            mistakes.append(f"{key} is given {len(found[key])} times; expected it once")
    if mistakes:
        raise UserError(mistakes)
    return found


class Relocation:
    """Puts what was given into configs, and says what is missing then.

    Args:
        given: see `given_places`.
    """

    def __init__(self, given: Given) -> None:
        self._given = given
        self._sources: dict[str, Callable[[str], str | None]] = {}

    def moved(self, config: Config, manifests: Sequence[Mapping[str, Any]]) -> Config:
        """A config and those of its stages with this machine's places.

        Args:
            config: of a run.
            manifests: of its stages and of itself; empty for what is not recorded.
        """
        changed = dict(config)
        if stage_before(config) is not None:
            changed["backbone"] = config["backbone"] | {
                "after": self.moved(config["backbone"]["after"], manifests[:-1])
            }
        elif MODEL in self._given and config["backbone"].get("name") is not None:
            changed["backbone"] = config["backbone"] | {"name": self._given[MODEL][0]}
        devices = [f"{key}={self._given[key][0]}" for key in DEVICES if key in self._given]
        if devices:
            changed["trainer"] = apply({"trainer": config["trainer"]}, devices)["trainer"]
        for key in DATA:
            setting = key.partition(".")[2]
            if isinstance(config["dataset"].get(setting), str):
                candidates = [config["dataset"][setting], *self._given.get(key, [])]
                changed["dataset"] = self._best(changed["dataset"], setting, candidates, fingerprints(manifests[-1]))
        return changed

    def missing(self, config: Config, manifests: Sequence[Mapping[str, Any]]) -> list[str]:
        """What a config needs and this machine does not have, each with how to give it."""
        stage = stage_before(config)
        found = self.missing(stage, manifests[:-1]) if stage is not None else list(_missing_model(config))
        dataset, recorded = config["dataset"], fingerprints(manifests[-1])
        if from_the_hub(dataset):
            return found
        named = set[str]()  # a file that both splits are from is named once
        for split, expected in recorded.items():
            here = self._fingerprint(dataset)(split)
            setting = next((key for key in (split, "train", "path") if isinstance(dataset.get(key), str)), None)
            if here == expected or setting in named:
                continue
            if setting is None:
                made = f"{dataset['source']}, split {split}: this version makes other data"
                found.append(f"{made} ({here}, expected {expected}); install the version that the manifest names")
                continue
            named.add(setting)
            how = "cannot be read here" if here is None else f"has other content here ({here})"
            found.append(
                f"dataset.{setting}={dataset[setting]} {how}; expected the data with the fingerprint {expected}: give its "
                f"place with dataset.{setting}=..."
            )
        return found

    def _best(self, dataset: Config, setting: str, candidates: Sequence[str], recorded: Mapping[str, str]) -> Config:
        """The dataset with the candidate whose content was recorded; without a record, the last one that was given."""
        if len(candidates) == 1:
            return dataset
        tried = [dataset | {setting: candidate} for candidate in candidates]
        if not recorded:
            return tried[-1]
        splits = [split for split in recorded if split == setting] or list(recorded)
        matches = [sum(self._fingerprint(one)(split) == recorded[split] for split in splits) for one in tried]
        return tried[matches.index(max(matches))] if max(matches) else tried[-1]

    def _fingerprint(self, dataset: Config) -> Callable[[str], str | None]:
        """What identifies the present content of a split, None if it cannot be read; each is read once."""
        settings = schema.signature(part_target(dataset["source"], group="source"), group="source").settings
        key = json.dumps([dataset["source"], {name: dataset.get(name) for name in settings}], default=str)
        if key not in self._sources:
            self._sources[key] = functools.cache(functools.partial(_fingerprint, dataset))
        return self._sources[key]


def fingerprints(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What identifies the content of each split that a run was trained on; empty if it is not recorded."""
    data = manifest.get("data")
    found = data.get("fingerprints") if isinstance(data, dict) else None
    return {str(split): str(content) for split, content in found.items()} if isinstance(found, dict) else {}


def _fingerprint(dataset: Config, split: str) -> str | None:
    named = [Path(dataset[key]).expanduser() for key in _FILES if isinstance(dataset.get(key), str)]
    if any(place.exists() and not (place.is_file() or place.is_dir()) for place in named):
        return None  # a pipe would block
    try:
        return str(build_part(dataset, "source").fingerprint(split))
    except (OSError, KeyError, IndexError, UserError, ValueError):
        return None


def _missing_model(config: Config) -> Iterable[str]:
    name = config["backbone"].get("name")
    if isinstance(name, str) and name.startswith(("/", "~", ".")) and not Path(name).expanduser().is_dir():
        yield f"backbone.name={name} is not a folder here; give the place of the model with backbone.name=..."
