"""The files of a checkpoint that could run code, or have another program run it, are refused before they are read.

Weights come from safetensors only, which hold nothing but numbers: PyTorch's own files are pickles. A config may name
neither other files than these nor kernels, which transformers would download and import.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError

_INDEX, _ADAPTER = "model.safetensors.index.json", "adapter_config.json"
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "model.pth", "tf_model.h5")
_IMPLEMENTATIONS = ("attn_implementation", "experts_implementation", "_attn_implementation", "_experts_implementation")
_CONVERT = "load it once in the program that wrote it, and write it again with save_pretrained"


def check(name: str, revision: str) -> None:
    """Check the files of a checkpoint.

    Args:
        name: a folder or a hub id; what is on the hub is downloaded first.
        revision: on the hub.

    Raises:
        UserError: with all mistakes.
    """
    if found := list(_mistakes(name, revision)):
        raise UserError([f"{name}: {mistake}" for mistake in found])


def _mistakes(name: str, revision: str) -> Iterator[str]:
    index = _json(name, _INDEX, revision).get("weight_map", {})
    shards = sorted({str(file) for file in index.values()} if isinstance(index, dict) else {str(index)})
    for file in shards:
        if not _is_safetensors(file):
            yield f"{_INDEX} names {file!r:.80}; expected files of its own folder that end with .safetensors; {_CONVERT}"
    if _file(name, _ADAPTER, revision) is not None:
        yield f"it has {_ADAPTER}: an adapter is no model of its own; merge it into its base model (peft's merge_and_unload)"
    config = _json(name, "config.json", revision)
    weights = config.get("transformers_weights")
    if weights is not None and not _is_safetensors(str(weights).removesuffix(".index.json")):
        yield f"config.json names the weights {weights!r:.80}; expected a .safetensors file of its own folder; {_CONVERT}"
    for key, value in _named(config):
        yield f"config.json has {key}={value!r:.80}, which would be downloaded and run; expected a built-in one, such as sdpa"
    folder = Path(name).expanduser()
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        pickles = [file for file in _PICKLES if (folder / file).exists()]
        if pickles:
            yield f"it has no safetensors, only {', '.join(pickles)}, which can run code when it is read; {_CONVERT}"


def _is_safetensors(file: str) -> bool:
    return file.endswith(".safetensors") and Path(file).name == file


def _named(node: Any) -> Iterator[tuple[str, Any]]:
    """Implementations that are named as repositories of the hub, at any depth of a config."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _IMPLEMENTATIONS:
                names = value.values() if isinstance(value, dict) else [value]
                yield from ((key, found) for found in names if isinstance(found, str) and "/" in found)
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _json(name: str, file: str, revision: str) -> dict[str, Any]:
    """A JSON object; empty if the file is missing or no object, of which its loader will complain."""
    path = _file(name, file, revision)
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _file(name: str, file: str, revision: str) -> Path | None:
    from transformers.utils.hub import cached_file

    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder / file if (folder / file).is_file() else None
    found = cached_file(
        name,
        file,
        revision=revision,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
        _raise_exceptions_for_gated_repo=False,
    )
    return Path(found) if found is not None else None
