"""A text's label, labels or number from its hidden states, with the family's own Hugging Face head.

The pooling, the dropout and the projection are those of `AutoModelForSequenceClassification`.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads.hugging_face import HuggingFaceHead, new_stem

_PROBLEMS = {
    "single_label": "single_label_classification",
    "multi_label": "multi_label_classification",
    "regression": "regression",
}


class Classification(HuggingFaceHead):
    """Scores are logits of shape (batch, labels); (batch, 1) for regression.

    Args:
        backbone: whose family decides the pooling.
        task: a `TextClassification` whose labels are known.

    Attributes:
        label_smoothing: share of the target that is spread over all labels; a regularizer sets it.
        class_weights: (labels,) or None; a regularizer sets it.
    """

    task = "text_classification"
    offers = ("label_smoothing", "class_weights", "divergence")

    def __init__(self, backbone: Backbone, task: Any) -> None:
        backbone.config.problem_type = _PROBLEMS[task.problem]
        super().__init__(
            new_stem(backbone, "AutoModelForSequenceClassification", labels=task.label_names, outputs=task.outputs)
        )
        self.problem = task.problem
        self.label_smoothing = 0.0
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", None)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, labels) from hidden states (batch, length, width)."""
        inputs = {name: batch.inputs[name] for name in ("input_ids", "attention_mask") if name in batch.inputs}
        logits: Tensor = self.stem(**inputs, inputs_embeds=hidden).logits
        return logits.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy, binary cross-entropy or squared error over the batch."""
        labels = batch.targets["labels"]
        if self.problem == "regression":
            return functional.mse_loss(scores.squeeze(-1), labels)
        if self.problem == "multi_label":
            # A weight counts where the label is on: torch's pos_weight.
            return functional.binary_cross_entropy_with_logits(scores, labels, pos_weight=self.class_weights)
        return functional.cross_entropy(scores, labels, weight=self.class_weights, label_smoothing=self.label_smoothing)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """What the loss is a mean over: examples, or the weights of their classes."""
        labels = batch.targets["labels"]
        if self.problem == "single_label" and self.class_weights is not None:
            return self.class_weights[labels].sum()
        return torch.tensor(len(labels), device=labels.device)

    def divergence(self, first: Tensor, second: Tensor, batch: Batch) -> Tensor:
        """Symmetric Kullback-Leibler divergence of two passes' predictions, a mean over the batch (R-Drop, equation 2).

        Of several labels each is a Bernoulli variable; for regression it is the squared difference.
        """
        if self.problem == "regression":
            return functional.mse_loss(first, second)
        if self.problem == "multi_label":
            first = torch.stack([functional.logsigmoid(first), functional.logsigmoid(-first)], dim=-1)
            second = torch.stack([functional.logsigmoid(second), functional.logsigmoid(-second)], dim=-1)
        else:
            first, second = first.log_softmax(-1), second.log_softmax(-1)
        pointwise = (first.exp() - second.exp()) * (first - second)  # KL(p|q) + KL(q|p), term by term
        return 0.5 * pointwise.flatten(1).sum(1).mean()

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Predictions, and probabilities (batch, labels) for labels."""
        if self.problem == "regression":
            return {"prediction": scores.squeeze(-1)}
        if self.problem == "multi_label":
            probabilities = scores.sigmoid()
            return {"prediction": (probabilities > 0.5).long(), "probabilities": probabilities}
        return {"prediction": scores.argmax(-1), "probabilities": scores.softmax(-1)}
