"""Wraps any Hugging Face encoder or decoder: a batch in, hidden states out."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from tunesmith.backbones.documents import isolate_documents
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError


class Backbone(nn.Module):
    """`hidden = backbone(batch)  # (batch, length, width)`

    Args:
        model: a base model, as returned by `AutoModel`.
        tokenizer: its tokenizer, which sets the config's padding token (GPT-2 has none).
        load: returns the same checkpoint as another `transformers` class, given its name.

    Attributes:
        pretrained_pooler: a tuple with BERT's pooler, or None. It is not registered as a submodule here: a head that
            pools registers it, and with other heads its parameters would get no gradient.
        cls_is_first: whether texts start with a CLS token; else the last token represents the text.
        averages_first_layer: set by a head to get the mean of the first and the last layer's hidden states.
        attention_mask: (batch, length) that of the present pass, for `hook_embeddings`; None: nothing is padded.
    """

    def __init__(self, model: Any, tokenizer: Any, load: Callable[[str], Any] | None = None) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self._load = load
        # `from_pretrained` returns a model in eval mode, and Lightning keeps that mode: there would be no dropout.
        self.model = model.train()
        self.config = model.config
        self.config.pad_token_id = tokenizer.pad_token_id
        self.pretrained_pooler = (getattr(model, "pooler", None),)
        if self.pretrained_pooler[0] is not None:
            model.pooler = None
        self.cls_is_first = tokenizer(".")["input_ids"][:1] == [tokenizer.cls_token_id]
        self.averages_first_layer = False
        self.attention_mask: Tensor | None = None
        if hasattr(model, "mask_emb"):  # XLNet's, used by its language model only
            model.mask_emb.requires_grad_(False)

    def forward(self, batch: Batch, *, offset: Tensor | None = None) -> Tensor:
        """Hidden states of the last layer, or the mean of the first and the last.

        Args:
            batch: its `inputs` have shape (batch, length).
            offset: (batch, length, embedding width), added to the embeddings of the ids, before positions are added.
        """
        if offset is None:
            return self._hidden(batch)
        # A hook, since families given `inputs_embeds` number positions and find padding differently than from ids.
        hook = self.hook_embeddings(lambda ids, embedded: embedded + offset)
        try:
            return self._hidden(batch)
        finally:
            hook.remove()

    def _hidden(self, batch: Batch) -> Tensor:
        self.attention_mask = batch.inputs.get("attention_mask")
        inputs = self.arguments(batch)
        if self.averages_first_layer:
            found = self.model(**inputs, output_hidden_states=True)
            average: Tensor = (found.hidden_states[1] + found[0]) / 2  # layer 0 is the embeddings
            return average
        hidden: Tensor = self.model(**inputs)[0]  # (batch, length, width)
        return hidden

    def arguments(self, batch: Batch) -> dict[str, Tensor]:
        """The model's arguments for a batch, with documents kept apart where its layout says so."""
        if "documents" in batch.layout:
            return isolate_documents(batch.inputs, batch.layout["documents"], self.config)
        return batch.inputs

    @contextlib.contextmanager
    def with_pooler(self, pooler: nn.Module | None) -> Iterator[Any]:
        """The model with the pooler reattached, for saving."""
        self.model.pooler = pooler
        try:
            yield self.model
        finally:
            self.model.pooler = None

    def save(self, folder: Path) -> None:
        """Write the model, with the pooler that it came with, as `from_pretrained` loads it; for heads without a class there."""
        with self.with_pooler(self.pretrained_pooler[0]) as model:
            model.save_pretrained(folder)

    def load(self, auto_class: str) -> Any:
        """The checkpoint loaded as another `transformers` class, such as AutoModelForMaskedLM."""
        assert self._load is not None, "this backbone was created without a checkpoint"
        return self._load(auto_class)

    @property
    def embeddings(self) -> nn.Embedding:
        """The embeddings of the ids, before positions are added."""
        found: nn.Embedding = self.model.get_input_embeddings()
        return found

    def hook_embeddings(self, change: Callable[[Tensor, Tensor], Tensor], *, first: bool = False) -> RemovableHandle:
        """Let a function change the embeddings in each pass, in evaluation too, until the handle is removed.

        Args:
            change: from ids (batch, length) and their embeddings (batch, length, embedding width) to new embeddings.
            first: before the functions that are there.
        """
        if self.config.model_type == "xlnet":  # it computes with the length as its first dimension
            return self.embeddings.register_forward_hook(
                lambda module, ids, embedded: change(ids[0].T, embedded.transpose(0, 1)).transpose(0, 1), prepend=first
            )
        return self.embeddings.register_forward_hook(
            lambda module, ids, embedded: change(ids[0], embedded), prepend=first
        )

    @property
    def layer_modules(self) -> nn.ModuleList:
        """The layers, lowest first.

        Raises:
            UserError: if the model has no list of them.
        """
        for part in self.model.modules():
            if isinstance(part, nn.ModuleList) and len(part) == self.layers:
                return part
        raise UserError(f"the layers of {self.config.model_type} models cannot be found; choose another regularizer")

    def depth_of(self, name: str) -> int:
        """Depth of a parameter of `model`: 0 for embeddings, k for the k-th layer, `layers` + 1 for the rest."""
        for part in name.split("."):
            if part.isdecimal():
                return int(part) + 1
        if name.startswith("encoder.conv."):  # DeBERTa's, beside its first layer
            return 1
        lowest = ("wte", "wpe", "mask_emb", "encoder.LayerNorm.")  # the last one is of DeBERTa's relative positions
        return 0 if "embed" in name or name.startswith(lowest) else self.layers + 1

    @property
    def layers(self) -> int:
        """Number of layers."""
        return int(self.config.num_hidden_layers)


@torch.no_grad()
def parameter_count(module: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())
