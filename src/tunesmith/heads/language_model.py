"""What the language-model heads share: the pretrained output layer, computed only for the tokens that are predicted.

The layer is Hugging Face's own, its weights tied to the backbone's embeddings as the checkpoint has them. Which tokens are
predicted is settled on the CPU, before a batch goes to the device, so that no step waits to learn how many there are.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads.hugging_face import HuggingFaceHead, pretrained_stem

_EVALUATION = 2**64 - 1  # no seed and epoch come to this


class LanguageModel(HuggingFaceHead):
    """Scores are logits of shape (predicted tokens, vocabulary).

    A subclass has `prepare`, which lists in `batch.layout["places"]` where hidden states predict a token (indices into the
    flattened first two dimensions), in `batch.layout["windows"]` whose window each is, and in `batch.targets["labels"]` the tokens.

    Args:
        backbone: with the weights of the output layer.
        auto_class: name of the class of `transformers` that has the layer.

    Attributes:
        label_smoothing: share of the target that is spread over the vocabulary; a regularizer sets it.
    """

    def __init__(self, backbone: Backbone, auto_class: str) -> None:
        super().__init__(pretrained_stem(backbone, auto_class))
        self._special = np.zeros(len(backbone.tokenizer), dtype=bool)  # (vocabulary,)
        self._special[backbone.tokenizer.all_special_ids] = True
        self.label_smoothing = 0.0

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (predicted tokens, vocabulary) from hidden states (batch, length, width)."""
        chosen = hidden.flatten(0, 1).index_select(0, batch.layout["places"])  # (predicted tokens, width)
        logits: Tensor = self.stem(inputs_embeds=chosen.unsqueeze(0)).logits.squeeze(0)
        return logits.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy over the predicted tokens; zero if there is none."""
        labels = batch.targets["labels"]
        total = functional.cross_entropy(scores, labels, reduction="sum", label_smoothing=self.label_smoothing)
        return total / max(len(labels), 1)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """What the loss is a mean over: predicted tokens."""
        labels = batch.targets["labels"]
        return torch.tensor(len(labels), device=labels.device)

    def divergence(self, first: Tensor, second: Tensor, batch: Batch) -> Tensor:
        """Symmetric Kullback-Leibler divergence of two passes' predictions, a mean over predicted tokens (R-Drop, equation 2)."""
        first, second = first.log_softmax(-1), second.log_softmax(-1)
        pointwise = (first.exp() - second.exp()) * (first - second)  # (predicted tokens, vocabulary)
        return 0.5 * pointwise.sum() / max(len(pointwise), 1)

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Of each window the sum of the losses, the number of predicted tokens and of those predicted rightly: (batch,) each."""
        labels, windows = batch.targets["labels"], batch.layout["windows"]
        losses = functional.cross_entropy(scores, labels, reduction="none")  # (predicted tokens,)
        parts = {"loss": losses, "tokens": torch.ones_like(losses), "right": (scores.argmax(-1) == labels).float()}
        empty = torch.zeros(len(batch.rows), device=scores.device)
        return {name: empty.index_add(0, windows, part) for name, part in parts.items()}

    def pooler(self, backbone: Backbone) -> nn.Module | None:
        """The pretrained pooler, which this head does not use: a later classifier starts from it."""
        return backbone.pretrained_pooler[0]


def predicted(batch: Batch, chosen: np.ndarray, labels: np.ndarray) -> None:
    """Write down which hidden states predict a token.

    Args:
        batch: on the CPU.
        chosen: (batch, hidden states) of bool.
        labels: (predicted tokens,) in the order of `chosen`.
    """
    places = np.flatnonzero(chosen)
    batch.layout["places"] = torch.from_numpy(places)
    batch.layout["windows"] = torch.from_numpy(places // chosen.shape[1])
    batch.targets["labels"] = torch.from_numpy(labels)


def generators(
    batch: Batch, windows: int, *, seed: int, epoch: int | None, fresh: bool
) -> Sequence[np.random.Generator]:
    """Random numbers for each window that depend on (seed, epoch, window) alone, whatever process draws them.

    Args:
        batch: on the CPU.
        windows: of the batch.
        seed: of the run.
        epoch: from 0; None for an evaluation, which is the same whatever the seed.
        fresh: whether epochs differ.
    """
    rows = batch.rows if len(batch.rows) == windows else np.zeros(windows, dtype=np.int64)  # a row that does not count
    high = _EVALUATION if epoch is None else (seed << 32) + epoch * fresh
    return [np.random.Generator(np.random.Philox(key=(high << 64) + int(row))) for row in rows]
