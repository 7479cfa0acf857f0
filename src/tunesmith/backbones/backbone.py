"""Any Hugging Face encoder or decoder behind one call: a batch in, hidden states out."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.backbones.documents import alone
from tunesmith.data.batch import Batch


class Backbone(nn.Module):
    """`hidden = backbone(batch)  # (batch, length, width)`

    Args:
        model: a base model, as `AutoModel` gives it.
        tokenizer: its tokenizer; the model learns the padding token from it (GPT-2 has none).
        load: from the name of another class of `transformers`, that class's model with the same checkpoint's weights.

    Attributes:
        pretrained_pooler: a tuple with BERT's pooler, or None. It is no submodule here: a head that pools registers it,
            and for other heads it would be a parameter without a gradient.
        cls_is_first: whether the family's texts begin with a CLS token; else the last token stands for the text.
        averages_first_layer: a head that wants the mean of the first and the last layer's hidden states sets it.
    """

    def __init__(self, model: Any, tokenizer: Any, load: Callable[[str], Any] | None = None) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self._load = load
        # `from_pretrained` gives a model in evaluation mode, and Lightning keeps the mode it finds: no dropout at all.
        self.model = model.train()
        self.config = model.config
        self.config.pad_token_id = tokenizer.pad_token_id
        self.pretrained_pooler = (getattr(model, "pooler", None),)
        if self.pretrained_pooler[0] is not None:
            model.pooler = None
        self.cls_is_first = tokenizer(".")["input_ids"][:1] == [tokenizer.cls_token_id]
        self.averages_first_layer = False
        if hasattr(model, "mask_emb"):  # XLNet's, which only its language model uses
            model.mask_emb.requires_grad_(False)

    def forward(self, batch: Batch, *, embeddings: Tensor | None = None) -> Tensor:
        """Hidden states of the last layer, or of it and the first one on average.

        Args:
            batch: of `batch.inputs`, each (batch, length).
            embeddings: (batch, length, width) to start from instead of the ids' own embeddings.
        """
        inputs: dict[str, Tensor] = batch.inputs
        if "documents" in batch.layout:
            inputs = alone(inputs, batch.layout["documents"], self.config)
        if embeddings is not None:
            inputs = {name: tensor for name, tensor in inputs.items() if name != "input_ids"}
            inputs = inputs | {"inputs_embeds": embeddings}
        if self.averages_first_layer:
            found = self.model(**inputs, output_hidden_states=True)
            average: Tensor = (found.hidden_states[1] + found[0]) / 2  # layer 0 is the embeddings
            return average
        hidden: Tensor = self.model(**inputs)[0]  # (batch, length, width)
        return hidden

    @contextlib.contextmanager
    def with_pooler(self, pooler: nn.Module | None) -> Iterator[Any]:
        """The model with a pooler in its place, to be saved."""
        self.model.pooler = pooler
        try:
            yield self.model
        finally:
            self.model.pooler = None

    def load(self, auto_class: str) -> Any:
        """The checkpoint's model of another class of `transformers`, such as AutoModelForMaskedLM."""
        assert self._load is not None, "this backbone was made without a checkpoint"
        return self._load(auto_class)

    def embed(self, batch: Batch) -> Tensor:
        """The ids' own embeddings, (batch, length, width), before positions are added."""
        embedded: Tensor = self.model.get_input_embeddings()(batch.inputs["input_ids"])
        return embedded

    def depth_of(self, name: str) -> int:
        """How deep a parameter of `model` lies: 0 for embeddings, k for the k-th layer, one more than the last for the rest."""
        for part in name.split("."):
            if part.isdecimal():
                return int(part) + 1
        return 0 if "embed" in name or name.startswith(("wte", "wpe", "mask_emb")) else self.layers + 1

    @property
    def layers(self) -> int:
        """Number of layers."""
        return int(self.config.num_hidden_layers)


@torch.no_grad()
def parameter_count(module: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())
