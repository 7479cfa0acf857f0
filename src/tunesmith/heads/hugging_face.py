"""Base class of the heads that are a family's own Hugging Face head.

Such a head is an `AutoModelFor...` without its base model: pooling, dropout and projection are Hugging Face's code for
every family, and a trained model is reassembled for export without renaming a weight.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.backbones.backbone import Backbone
from tunesmith.errors import UserError


class HuggingFaceHead(nn.Module):
    """`stem(inputs_embeds=hidden)` calls the Hugging Face class on the hidden states that its base model would return.

    Args:
        stem: from `new_stem` or `pretrained_stem`.
    """

    def __init__(self, stem: Any) -> None:
        super().__init__()
        self.stem = stem

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write a folder that the Hugging Face class's `from_pretrained` can load."""
        base = self.stem.base_model_prefix
        placeholder = getattr(self.stem, base)
        with backbone.with_pooler(self.pooler(backbone)) as model:
            setattr(self.stem, base, model)
            try:
                self.stem.save_pretrained(folder)
            finally:
                setattr(self.stem, base, placeholder)

    def pooler(self, backbone: Backbone) -> nn.Module | None:
        """The pooler to save: the head's own, if its class has one."""
        own: nn.Module | None = getattr(self.stem, self.stem.base_model_prefix).pooler
        return own


def at_least_float32(scores: Tensor) -> Tensor:
    """Scores without half precision, in which losses and probabilities would be rounded to 2 or 3 digits."""
    return scores.to(torch.promote_types(scores.dtype, torch.float32))


def new_stem(backbone: Backbone, auto_class: str, *, labels: Sequence[str], outputs: int) -> Any:
    """A head with random weights.

    Args:
        backbone: its family determines the class.
        auto_class: name of the `transformers` auto class.
        labels: label names in the order of their ids; empty if the scores are not those of labels.
        outputs: dimension of the scores.
    """
    config = backbone.config
    names = labels or [f"LABEL_{number}" for number in range(outputs)]  # not those of a previous stage
    config.num_labels = outputs
    config.id2label = dict(enumerate(names))
    config.label2id = {name: number for number, name in enumerate(names)}
    return _without_base(config, auto_class, backbone.pretrained_pooler[0])


def pretrained_stem(backbone: Backbone, auto_class: str) -> Any:
    """The head that the checkpoint was pretrained with, its output layer tied to the backbone's embeddings.

    Args:
        backbone: from a checkpoint, or randomly initialised like its head.
        auto_class: name of the `transformers` auto class.
    """
    model = backbone.load(auto_class)
    output = model.get_output_embeddings()
    setattr(model, model.base_model_prefix, _GivenHidden(None))
    model.config.pad_token_id = backbone.config.pad_token_id
    if backbone.config.tie_word_embeddings:
        output.weight = backbone.model.get_input_embeddings().weight
    return model.train()


class _GivenHidden(nn.Module):
    """Placeholder for the base model that returns its inputs as hidden states."""

    def __init__(self, pooler: nn.Module | None) -> None:
        super().__init__()
        self.pooler = pooler

    def forward(self, *ids: Any, inputs_embeds: Tensor, **options: Any) -> Any:
        pooled = self.pooler(inputs_embeds) if self.pooler is not None else None
        return _Output(inputs_embeds, pooled)


class _Output:
    """Output of a base model: hidden states, pooled ones if any, and None for every other field."""

    def __init__(self, hidden: Tensor, pooled: Tensor | None) -> None:
        self.last_hidden_state = hidden
        self._parts = (hidden, pooled)

    def __getitem__(self, place: int) -> Tensor | None:
        return self._parts[place]

    def __getattr__(self, name: str) -> None:
        return None


def _without_base(config: Any, auto_class: str, pooler: nn.Module | None) -> Any:
    import transformers

    try:
        with torch.device("meta"):  # does not allocate the base model's weights
            model = getattr(transformers, auto_class).from_config(config)
    except ValueError as error:
        raise UserError(f"transformers has no {auto_class} class for {config.model_type} models") from error
    # The pretrained pooler is used only by classes whose base model has one.
    pooler = pooler if getattr(getattr(model, model.base_model_prefix), "pooler", None) is not None else None
    setattr(model, model.base_model_prefix, nn.Identity())
    model.to_empty(device="cpu")
    for module in model.modules():
        model._init_weights(module)
    setattr(model, model.base_model_prefix, _GivenHidden(pooler))
    return model
