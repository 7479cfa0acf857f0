"""Text classification and regression with the family's own Hugging Face head.

Pooling, dropout and projection are those of `AutoModelForSequenceClassification`.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads import pooling
from tunesmith.heads.distributions import Categorical, Gaussian, bernoulli
from tunesmith.heads.hugging_face import HuggingFaceHead, at_least_float32, new_stem
from tunesmith.heads.training_loss import PLAIN, TrainingLoss, binary_cross_entropy, cross_entropy

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
    """

    task = "text_classification"
    offers = ("label_smoothing", "class_weights", "focal", "distribution", "entropy", "mixup", "representation")

    def __init__(self, backbone: Backbone, task: Any) -> None:
        backbone.config.problem_type = _PROBLEMS[task.problem]
        labels = task.label_names or ("score",)
        super().__init__(new_stem(backbone, "AutoModelForSequenceClassification", labels=labels, outputs=task.outputs))
        self.problem = task.problem
        self.training_loss = TrainingLoss()
        self._represent = pooling.first_token if backbone.cls_is_first else pooling.last_token

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, labels) from hidden states (batch, length, width)."""
        inputs = {name: batch.inputs[name] for name in ("input_ids", "attention_mask") if name in batch.inputs}
        logits: Tensor = self.stem(**inputs, inputs_embeds=hidden).logits
        return at_least_float32(logits)

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy, binary cross-entropy or squared error over the batch."""
        labels, settings = batch.targets["labels"], self.training_loss if self.training else PLAIN
        if self.problem == "regression":
            return functional.mse_loss(scores.squeeze(1), labels)
        if self.problem == "multi_label":
            return binary_cross_entropy(scores, labels, settings)
        return cross_entropy(scores, labels, settings) / self.loss_denominator(batch)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of examples, or the sum of their class weights."""
        labels, weights = batch.targets["labels"], self.training_loss.class_weights
        if self.problem == "single_label" and self.training and weights is not None:
            return weights[labels].sum()
        return torch.tensor(len(labels), device=labels.device)

    def distribution(self, scores: Tensor, batch: Batch) -> Categorical | Gaussian:
        """One categorical variable an example; with several labels each is a Bernoulli variable."""
        if self.problem == "regression":
            return Gaussian(scores)
        return bernoulli(scores) if self.problem == "multi_label" else Categorical(scores.log_softmax(1))

    def representation(self, hidden: Tensor, batch: Batch) -> Tensor:
        """(batch, width) the hidden state of each text's CLS token; GPT-2: of the last token."""
        return self._represent(hidden, batch.inputs.get("attention_mask"))

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Predictions; except for regression, also probabilities (batch, labels)."""
        if self.problem == "regression":
            return {"prediction": scores.squeeze(1)}
        if self.problem == "multi_label":
            probabilities = scores.sigmoid()
            return {"prediction": (probabilities > LABEL_THRESHOLD).long(), "probabilities": probabilities}
        return {"prediction": scores.argmax(1), "probabilities": scores.softmax(1)}
