"""Softmax over the tags of each word, independent of its neighbours, with the family's own Hugging Face head."""

from typing import Any

import torch
from torch import Tensor

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import IGNORED, Batch
from tunesmith.heads.distributions import Categorical
from tunesmith.heads.hugging_face import HuggingFaceHead, at_least_float32, new_stem
from tunesmith.heads.linear_chain_crf import best_path
from tunesmith.heads.training_loss import PLAIN, TrainingLoss, cross_entropy
from tunesmith.heads.transitions import forbidden_transitions


class TokenClassification(HuggingFaceHead):
    """Scores are logits of shape (batch, words, labels), from each word's first token.

    Args:
        backbone: its family determines the projection.
        task: a `TokenClassification` task whose labels are known.
        constrained: predict the most probable well-formed BIO sequence, not each word's most probable tag.
    """

    task = "token_classification"
    offers = ("label_smoothing", "class_weights", "focal", "distribution", "entropy", "mixup")
    refuses = {"representation": "a word's label is not that of its sentence"}

    def __init__(self, backbone: Backbone, task: Any, *, constrained: bool) -> None:
        names = task.label_names
        super().__init__(new_stem(backbone, "AutoModelForTokenClassification", labels=names, outputs=len(names)))
        self.training_loss = TrainingLoss()
        self.forbidden: tuple[Tensor, Tensor] | None = forbidden_transitions(names) if constrained else None

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, words, labels) from hidden states (batch, length, width)."""
        logits: Tensor = self.stem(inputs_embeds=first_token_states(hidden, batch)).logits
        return at_least_float32(logits)

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy over the tagged words of the batch; zero if there are none."""
        settings = self.training_loss if self.training else PLAIN
        total = cross_entropy(scores.flatten(0, 1), batch.targets["labels"].flatten(), settings)
        return total / self.loss_denominator(batch).clamp(min=torch.finfo(torch.float32).tiny)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of tagged words, or the sum of their class weights."""
        labels, weights = batch.targets["labels"], self.training_loss.class_weights
        tagged = labels != IGNORED
        if weights is None or not self.training:
            return tagged.sum()
        return (weights[labels.clamp(min=0)] * tagged).sum()  # boolean indexing would synchronise

    def distribution(self, scores: Tensor, batch: Batch) -> Categorical:
        """One categorical variable a tagged word."""
        return Categorical(scores.log_softmax(-1), mask=batch.targets["labels"] != IGNORED)

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
