"""Base class of the language-model heads: the pretrained output layer, computed for the predicted tokens only.

The layer is Hugging Face's own; its weights are tied to the backbone's embeddings if the checkpoint ties them. The
predicted tokens are chosen on the CPU, before a batch is moved to the device, so that no step synchronises to find out
how many there are.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads.distributions import Categorical
from tunesmith.heads.hugging_face import HuggingFaceHead, at_least_float32, pretrained_stem
from tunesmith.heads.training_loss import PLAIN, TrainingLoss, cross_entropy

_EVALUATION = 2**64 - 1  # not reached by any seed and epoch


class LanguageModel(HuggingFaceHead):
    """Scores are logits of shape (predicted tokens, vocabulary).

    A subclass has `prepare`, which sets `batch.layout["places"]`, indices of the hidden states that predict a token
    (into the flattened first two dimensions), `batch.layout["windows"]`, the window of each, and
    `batch.targets["labels"]`, the tokens.

    Args:
        backbone: with the weights of the output layer.
        auto_class: name of the `transformers` class that has the layer.
    """

    pretrained = True

    def __init__(self, backbone: Backbone, auto_class: str) -> None:
        super().__init__(pretrained_stem(backbone, auto_class))
        self._special = np.zeros(len(backbone.tokenizer), dtype=bool)  # (vocabulary,)
        self._special[backbone.tokenizer.all_special_ids] = True
        self.training_loss = TrainingLoss()

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (predicted tokens, vocabulary) from hidden states (batch, length, width)."""
        selected = hidden.flatten(0, 1).index_select(0, batch.layout["places"])  # (predicted tokens, width)
        logits: Tensor = self.stem(inputs_embeds=selected.unsqueeze(0)).logits.squeeze(0)
        return at_least_float32(logits)

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy over the predicted tokens; zero if there are none."""
        labels = batch.targets["labels"]
        settings = self.training_loss if self.training else PLAIN
        return cross_entropy(scores, labels, settings) / max(len(labels), 1)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of predicted tokens."""
        labels = batch.targets["labels"]
        return torch.tensor(len(labels), device=labels.device)

    def distribution(self, scores: Tensor, batch: Batch) -> Categorical:
        """One categorical variable a predicted token."""
        return Categorical(scores.log_softmax(1))

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Summed loss, number of predicted tokens and number of correct ones of each window: (batch,) each."""
        labels, windows = batch.targets["labels"], batch.layout["windows"]
        losses = functional.cross_entropy(scores, labels, reduction="none")  # (predicted tokens,)
        parts = {"loss": losses, "tokens": torch.ones_like(losses), "right": (scores.argmax(1) == labels).float()}
        zeros = torch.zeros(len(batch.rows), device=scores.device)
        return {name: zeros.index_add(0, windows, part) for name, part in parts.items()}

    def pooler(self, backbone: Backbone) -> nn.Module | None:
        """The pretrained pooler, which this head does not use: a later classifier starts from it."""
        return backbone.pretrained_pooler[0]


def set_targets(batch: Batch, chosen: np.ndarray, labels: np.ndarray) -> None:
    """Record in the batch which hidden states predict a token.

    Args:
        batch: on the CPU.
        chosen: (batch, hidden states) of bool.
        labels: (predicted tokens,) ids, in the order of `chosen`.
    """
    places = np.flatnonzero(chosen)
    batch.layout["places"] = torch.from_numpy(places)
    batch.layout["windows"] = torch.from_numpy(places // chosen.shape[1])
    batch.targets["labels"] = torch.from_numpy(labels)


def generators(batch: Batch, *, seed: int, epoch: int | None, fresh: bool) -> Sequence[np.random.Generator]:
    """A random generator for each window, which depends on (seed, epoch, window) only and so not on the rank; none for a dummy.

    Args:
        batch: on the CPU.
        seed: the run's.
        epoch: from 0; None in evaluation, which does not depend on the seed.
        fresh: whether epochs differ.
    """
    high = _EVALUATION if epoch is None else (seed << 32) + epoch * fresh
    return [np.random.Generator(np.random.Philox(key=(high << 64) + int(row))) for row in batch.rows]
