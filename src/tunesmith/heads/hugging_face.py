"""What heads share that are a family's own Hugging Face head.

Such a head is what is left of `AutoModelFor...` when its base model is taken out: pooling, dropout and projection are
Hugging Face's code for every family, and a trained model is put together again for export without renaming a weight.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.backbones.backbone import Backbone
from tunesmith.errors import UserError


class HuggingFaceHead(nn.Module):
    """`stem(inputs_embeds=hidden)` is the Hugging Face class, given the hidden states that its base model would give.

    Args:
        stem: that `new_stem` or `pretrained_stem` made.
    """

    def __init__(self, stem: Any) -> None:
        super().__init__()
        self.stem = stem

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write a folder that the Hugging Face class's `from_pretrained` loads."""
        base = self.stem.base_model_prefix
        stand_in = getattr(self.stem, base)
        with backbone.with_pooler(self.pooler(backbone)) as model:
            setattr(self.stem, base, model)
            try:
                self.stem.save_pretrained(folder)
            finally:
                setattr(self.stem, base, stand_in)

    def pooler(self, backbone: Backbone) -> nn.Module | None:
        """The pooler that is saved: the head's own, if its class has one."""
        own: nn.Module | None = getattr(self.stem, self.stem.base_model_prefix).pooler
        return own


def new_stem(backbone: Backbone, auto_class: str, *, labels: Sequence[str], outputs: int) -> Any:
    """A head with random weights.

    Args:
        backbone: whose family decides the class.
        auto_class: name of the class of `transformers` that finds it.
        labels: names in the order of their numbers.
        outputs: width of the scores.
    """
    config = backbone.config
    config.num_labels = outputs
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {name: number for number, name in enumerate(labels)}
    return _without_base(config, auto_class, backbone.pretrained_pooler[0])


def pretrained_stem(backbone: Backbone, auto_class: str) -> Any:
    """The head that the checkpoint was pretrained with, its output layer tied to the backbone's embeddings.

    Args:
        backbone: from a checkpoint, or random like its head.
        auto_class: name of the class of `transformers` that finds it.
    """
    model = backbone.load(auto_class)
    output = model.get_output_embeddings()
    setattr(model, model.base_model_prefix, _GivenHidden(None))
    model.config.pad_token_id = backbone.config.pad_token_id
    if backbone.config.tie_word_embeddings:
        output.weight = backbone.model.get_input_embeddings().weight
    return model.train()


class _GivenHidden(nn.Module):
    """Stands where the base model stood and returns the hidden states that it is given."""

    def __init__(self, pooler: nn.Module | None) -> None:
        super().__init__()
        self.pooler = pooler

    def forward(self, *ids: Any, inputs_embeds: Tensor, **options: Any) -> Any:
        pooled = self.pooler(inputs_embeds) if self.pooler is not None else None
        return _Output(inputs_embeds, pooled)


class _Output:
    """What a base model returns: hidden states, perhaps pooled ones, and None for whatever else a family has."""

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
        with torch.device("meta"):  # the base model's weights are not wanted
            model = getattr(transformers, auto_class).from_config(config)
    except ValueError as error:
        raise UserError(f"{config.model_type} models have no class of {auto_class} in transformers") from error
    # Only a class whose own base model pools has a use for the pretrained pooler.
    pooler = pooler if getattr(getattr(model, model.base_model_prefix), "pooler", None) is not None else None
    setattr(model, model.base_model_prefix, nn.Identity())
    model.to_empty(device="cpu")
    for module in model.modules():
        model._init_weights(module)
    setattr(model, model.base_model_prefix, _GivenHidden(pooler))
    return model
