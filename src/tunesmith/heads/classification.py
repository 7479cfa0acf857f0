"""Text classification and regression with the family's own Hugging Face head.

Pooling, dropout and projection are those of `AutoModelForSequenceClassification`.
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
LABEL_THRESHOLD = 0.5  # with several labels, those of greater probability are predicted


class Classification(HuggingFaceHead):
    """Scores are logits of shape (batch, labels); (batch, 1) for regression.

    Args:
        backbone: its family determines the pooling.
        task: a `TextClassification` whose labels are known.

    Attributes:
        label_smoothing: fraction of the target that is spread over all labels; set by a regularizer.
        class_weights: (labels,) or None; set by a regularizer.
    """

    task = "text_classification"
    offers = ("label_smoothing", "class_weights", "divergence")

    def __init__(self, backbone: Backbone, task: Any) -> None:
        backbone.config.problem_type = _PROBLEMS[task.problem]
        labels = task.label_names or ("score",)
        super().__init__(new_stem(backbone, "AutoModelForSequenceClassification", labels=labels, outputs=task.outputs))
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
            return functional.mse_loss(scores.squeeze(1), labels)
        if self.problem == "multi_label":
            # Weights apply to positive labels: torch's pos_weight.
            return functional.binary_cross_entropy_with_logits(scores, labels, pos_weight=self.class_weights)
        return functional.cross_entropy(scores, labels, weight=self.class_weights, label_smoothing=self.label_smoothing)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of examples, or the sum of their class weights."""
        labels = batch.targets["labels"]
        if self.problem == "single_label" and self.class_weights is not None:
            return self.class_weights[labels].sum()
        return torch.tensor(len(labels), device=labels.device)

    def divergence(self, first: Tensor, second: Tensor, batch: Batch) -> Tensor:
        """Symmetric Kullback-Leibler divergence between two passes, averaged over the batch (R-Drop, equation 2).

        With several labels each is a Bernoulli variable; for regression the squared difference is used.
        """
        if self.problem == "regression":
            return functional.mse_loss(first, second)
        if self.problem == "multi_label":
            first = torch.stack([functional.logsigmoid(first), functional.logsigmoid(-first)], dim=-1)
            second = torch.stack([functional.logsigmoid(second), functional.logsigmoid(-second)], dim=-1)
        else:
            first, second = first.log_softmax(1), second.log_softmax(1)
        pointwise = (first.exp() - second.exp()) * (first - second)  # KL(p|q) + KL(q|p), term by term
        return 0.5 * pointwise.flatten(1).sum(1).mean()

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Predictions; except for regression, also probabilities (batch, labels)."""
        if self.problem == "regression":
            return {"prediction": scores.squeeze(1)}
        if self.problem == "multi_label":
            probabilities = scores.sigmoid()
            return {"prediction": (probabilities > LABEL_THRESHOLD).long(), "probabilities": probabilities}
        return {"prediction": scores.argmax(1), "probabilities": scores.softmax(1)}
