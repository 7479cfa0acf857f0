"""Softmax over the tags of each word, independent of its neighbours, with the family's own Hugging Face head."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import IGNORED, Batch
from tunesmith.heads.hugging_face import HuggingFaceHead, new_stem
from tunesmith.heads.linear_chain_crf import best_path
from tunesmith.heads.transitions import forbidden_transitions


class TokenClassification(HuggingFaceHead):
    """Scores are logits of shape (batch, words, labels), from each word's first token.

    Args:
        backbone: its family determines the projection.
        task: a `TokenClassification` task whose labels are known.
        constrained: predict the most probable well-formed BIO sequence, not each word's most probable tag.

    Attributes:
        label_smoothing: fraction of the target that is spread over all labels; set by a regularizer.
        class_weights: (labels,) or None; set by a regularizer.
    """

    task = "token_classification"
    offers = ("label_smoothing", "class_weights", "divergence")

    def __init__(self, backbone: Backbone, task: Any, *, constrained: bool) -> None:
        names = task.label_names
        super().__init__(new_stem(backbone, "AutoModelForTokenClassification", labels=names, outputs=len(names)))
        self.label_smoothing = 0.0
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", None)
        self.forbidden: tuple[Tensor, Tensor] | None = forbidden_transitions(names) if constrained else None

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, words, labels) from hidden states (batch, length, width)."""
        logits: Tensor = self.stem(inputs_embeds=first_token_states(hidden, batch)).logits
        return logits.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy over the tagged words of the batch; zero if there are none."""
        total = functional.cross_entropy(
            scores.flatten(0, 1),
            batch.targets["labels"].flatten(),
            weight=self.class_weights,
            label_smoothing=self.label_smoothing,
            ignore_index=IGNORED,
            reduction="sum",
        )
        return total / self.loss_denominator(batch).clamp(min=torch.finfo(torch.float32).tiny)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of tagged words, or the sum of their class weights."""
        labels = batch.targets["labels"]
        tagged = labels != IGNORED
        if self.class_weights is None:
            return tagged.sum()
        return (self.class_weights[labels.clamp(min=0)] * tagged).sum()  # boolean indexing would synchronise

    def divergence(self, first: Tensor, second: Tensor, batch: Batch) -> Tensor:
        """Symmetric Kullback-Leibler divergence between two passes, averaged over words (R-Drop, equation 2)."""
        first, second = first.log_softmax(-1), second.log_softmax(-1)
        pointwise = 0.5 * ((first.exp() - second.exp()) * (first - second)).sum(-1)  # (batch, words)
        tagged = batch.targets["labels"] != IGNORED
        return (pointwise * tagged).sum() / tagged.sum().clamp(min=1)

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Tag ids (batch, words)."""
        if self.forbidden is None:
            return {"prediction": scores.argmax(-1)}
        start, transitions = (part.to(scores) for part in self.forbidden)
        end = torch.zeros_like(start)
        return {"prediction": best_path(scores.log_softmax(-1), batch.layout["words"], start, transitions, end)}


def first_token_states(hidden: Tensor, batch: Batch) -> Tensor:
    """The hidden state of each word's first token, (batch, words, width), from (batch, length, width)."""
    places = batch.layout["first_tokens"].unsqueeze(-1).expand(-1, -1, hidden.shape[-1])
    return hidden.gather(1, places)
