"""The files that sentence-transformers reads to turn a model's hidden states into embeddings.

File names and settings are those of its releases from version 2 on.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from tunesmith.storage.files import write_json

MODULES = "sentence_transformers.models"
Mode = Literal["cls", "mean", "lasttoken"]


def write(
    folder: Path,
    *,
    mode: Mode,
    width: int,
    max_length: int,
    layers: int | None,
    layer: nn.Linear | None,
) -> None:
    """Add its files to the folder of a Hugging Face model.

    Args:
        folder: the model's.
        mode: how tokens are pooled.
        width: dimension of the hidden states.
        max_length: maximum number of tokens of a text.
        layers: number of layers, if the first and the last are averaged before pooling; else None.
        layer: linear layer after the pooling, followed by a tanh; None for no layer.
    """
    modules: list[tuple[str, str]] = [("", "Transformer")]
    settings: dict[str, Any] = {"max_seq_length": max_length, "do_lower_case": False}
    if layers is not None:
        settings["config_args"] = {"output_hidden_states": True}
        weights = torch.zeros(layers)
        weights[0] += 1  # the first layer, where the average starts
        weights[-1] += 1
        config: dict[str, Any] = {"word_embedding_dimension": width, "layer_start": 1, "num_hidden_layers": layers}
        _add(folder, modules, "WeightedLayerPooling", config, {"layer_weights": weights})
    names = {"cls": "cls_token", "mean": "mean_tokens", "lasttoken": "lasttoken"}
    config = {"word_embedding_dimension": width}
    config |= {f"pooling_mode_{name}": known == mode for known, name in names.items()}
    _add(folder, modules, "Pooling", config, {})
    if layer is not None:
        config = {"in_features": width, "out_features": width, "bias": True}
        config |= {"activation_function": "torch.nn.modules.activation.Tanh"}
        _add(folder, modules, "Dense", config, {"linear.weight": layer.weight, "linear.bias": layer.bias})
    write_json(folder / "sentence_bert_config.json", settings)
    write_json(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
    entries = [
        {"idx": number, "name": str(number), "path": path, "type": f"{MODULES}.{kind}"}
        for number, (path, kind) in enumerate(modules)
    ]
    write_json(folder / "modules.json", entries)


def _add(
    folder: Path, modules: list[tuple[str, str]], kind: str, config: dict[str, Any], weights: dict[str, torch.Tensor]
) -> None:
    from safetensors.torch import save_file

    path = f"{len(modules)}_{kind}"
    (folder / path).mkdir(exist_ok=True)
    write_json(folder / path / "config.json", config)
    if weights:
        tensors = {name: weight.detach().cpu().contiguous() for name, weight in weights.items()}
        save_file(tensors, folder / path / "model.safetensors", metadata={"format": "pt"})
    modules.append((path, kind))
