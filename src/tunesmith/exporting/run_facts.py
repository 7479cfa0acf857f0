"""What a run's files say about it, for its model card; what they do not say is left out."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.runs.folder import RunFolder

_BACKBONES = "tunesmith.backbones."
_HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


def recorded(run: RunFolder, name: str) -> dict[str, Any]:
    """A JSON object of the run; empty if it is missing or cannot be read."""
    try:
        found = run.read_json(name)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def scores(run: RunFolder) -> dict[tuple[str, str], float]:
    """The finite final scores by (split, name)."""
    found = {}
    for key, value in recorded(run, "metrics.json").items():
        split, _, name = key.partition("/")
        if name and isinstance(value, int | float) and math.isfinite(value):
            found[split, name] = float(value)
    return found


def base_model(config: Config, manifest: Mapping[str, Any]) -> str | None:
    """Hub id of the pretrained model, before all stages; None if it is not known to be from the hub."""
    backbone = config["backbone"]
    if isinstance(backbone.get("after"), dict):
        return base_model(backbone["after"], recorded(RunFolder.of(backbone["after"]), "manifest.json"))
    return backbone.get("name") if manifest.get("model", {}).get("commit") else None


def hub_dataset(dataset: Mapping[str, Any]) -> str | None:
    """Hub id of the dataset; None for files, folders and generated data."""
    path = dataset.get("path") if dataset["source"] == "hub" else None
    return path if path is not None and _HUB_ID.fullmatch(path) and not Path(path).exists() else None


def dataset_name(dataset: Mapping[str, Any], split: str | None = None) -> str:
    """Name of the data: hub id or folder, file, or generator.

    Args:
        dataset: the config's node.
        split: for its own file; None for all files.
    """
    if dataset["source"] == "hub":
        return " ".join(
            Path(part).name if part.startswith(("/", "~")) else part for part in _given(dataset, "path", "config")
        )
    held_out = dataset.get("train") if split == "validation" else None
    files = _given(dataset, "train", "validation", "test") if split is None else [dataset.get(split) or held_out]
    names = [Path(file).name for file in files if isinstance(file, str)]
    return ", ".join(names) or str(dataset["source"]).rpartition(".")[2]


def _given(node: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(node[key]) for key in keys if node.get(key) is not None]


def settings(config: Config, manifest: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    """What the model was trained on and with, by its name in the field."""
    dataset, trainer, optimizer = config["dataset"], config["trainer"], config["optimizer"]
    rows = manifest.get("data", {}).get("rows", {})
    found = {
        "dataset": dataset_name(dataset),
        "examples": ", ".join(f"{split} {count:,}" for split, count in rows.items()),
        "labels": ", ".join(labels),
        "backbone": _backbone(config),
        "revision": config["backbone"].get("revision") or manifest.get("model", {}).get("commit"),
        "stages before": ", ".join(_stages(config)),
        "parameters": manifest.get("model", {}).get("parameters"),
        "head": ", ".join([_choice(config["head"]), *_changes(config["head"])]),
        "regularization": ", ".join(config["regularization"] or ()),
        "optimizer": _choice(optimizer),
        "learning rate": optimizer.get("lr"),
        "scheduler": _choice(config["scheduler"]),
        "epochs": trainer.get("max_epochs"),
        "max steps": trainer.get("max_steps"),
        "steps": manifest.get("steps"),
        "batch size": dataset.get("batch_size") if dataset.get("max_tokens") is None else None,
        "tokens per batch": dataset.get("max_tokens"),
        "gradient accumulation": trainer.get("accumulate_grad_batches"),
        "devices": trainer.get("devices"),
        "max length": dataset.get("max_length"),
        "precision": trainer.get("precision"),
        "seed": config["seed"],
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _backbone(config: Config) -> str:
    node = config["backbone"]
    while isinstance(node.get("after"), dict):
        node = node["after"]["backbone"]
    if isinstance(node.get("name"), str):
        return Path(node["name"]).name if node["name"].startswith(("/", "~")) else str(node["name"])
    kinds = {_BACKBONES + "mini.Mini": "random", _BACKBONES + "shipped.Shipped": "mini"}
    return f"{kinds[node['_target_']]}_{node['family']}" if node["_target_"] in kinds else str(node["_target_"])


def _stages(config: Config) -> Iterator[str]:
    after = config["backbone"].get("after")
    if isinstance(after, dict):
        yield from _stages(after)
        yield str(after["name"])


def _choice(node: Mapping[str, Any]) -> str:
    """The choice of a group: `crf` for tunesmith.heads.crf.Crf; a plugin's whole target."""
    target = str(node["_target_"])
    return target.split(".")[2] if target.startswith("tunesmith.heads.") else _function(target)


def _function(target: str) -> str:
    return target.rpartition(".")[2] if target.startswith("tunesmith.") else target


def _changes(node: Mapping[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in node.items() if key != "_target_"]
