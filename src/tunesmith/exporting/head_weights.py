"""Weights of a head that its Hugging Face checkpoint does not have: kept beside it, never dropped."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tunesmith.configuration import schema
from tunesmith.errors import UserError
from tunesmith.storage.files import write_json

FILE = "head.safetensors"


def unexported(weights: Mapping[str, Tensor], folder: Path, *, besides: Collection[str]) -> list[str]:
    """Names of the head's weights that no safetensors file of the folder has, under whatever prefix.

    Args:
        weights: the head's.
        folder: the export.
        besides: names that are exported otherwise, or used in training only.
    """
    from safetensors import safe_open

    left = {name: value for name, value in weights.items() if name.partition(".")[0] not in besides}
    for file in folder.rglob("*.safetensors"):
        if file.name.startswith("adapter_"):  # what is only there is not in the model
            continue
        with safe_open(file, "pt") as stream:
            for exported in stream.keys():  # noqa: SIM118 - no mapping
                shape, last = stream.get_slice(exported).get_shape(), exported.rpartition(".")[2]
                for name in [name for name in left if name.rpartition(".")[2] == last]:
                    if list(left[name].shape) == shape and torch.equal(left[name], stream.get_tensor(exported)):
                        del left[name]
    return sorted(left)


def training_only(head: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the head's submodules that predictions do not use: its constant `training_only`."""
    try:
        return tuple(schema.constants(head, group="head").get("training_only", ()))
    except UserError:  # a plugin that is not installed or not trusted here
        return ()


def write(folder: Path, weights: Mapping[str, Tensor], *, head: Mapping[str, Any], labels: list[str]) -> None:
    """Write all of the head's weights, and head.json with its node in the config and its labels."""
    from safetensors.torch import save_file

    tensors = {name: value.contiguous() for name, value in weights.items()}
    save_file(tensors, folder / FILE, metadata={"format": "pt"})
    write_json(folder / "head.json", {"head": dict(head), "labels": labels})
