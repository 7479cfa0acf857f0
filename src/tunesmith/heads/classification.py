"""A text's label, labels or number from its hidden states, with the family's own Hugging Face head.

The head is what is left of `AutoModelForSequenceClassification` when its base model is taken out: the pooling, the
dropout and the projection are Hugging Face's code for every family, and a trained model is put together again for
export without renaming a weight.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError

_PROBLEMS = {
    "single_label": "single_label_classification",
    "multi_label": "multi_label_classification",
    "regression": "regression",
}


class Classification(nn.Module):
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
        super().__init__()
        self.problem = task.problem
        self.label_smoothing = 0.0
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", None)
        config = backbone.config
        config.problem_type = _PROBLEMS[task.problem]
        config.num_labels = task.outputs
        if task.labels.names:
            config.id2label = dict(enumerate(task.labels.names))
            config.label2id = {name: number for number, name in enumerate(task.labels.names)}
        self.pooling = _without_base(config, backbone.pretrained_pooler[0])

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, labels) from hidden states (batch, length, width)."""
        inputs = {name: batch.inputs[name] for name in ("input_ids", "attention_mask") if name in batch.inputs}
        logits: Tensor = self.pooling(**inputs, inputs_embeds=hidden).logits
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

    def divergence(self, first: Tensor, second: Tensor) -> Tensor:
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

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write a folder that `AutoModelForSequenceClassification.from_pretrained` loads."""
        base = self.pooling.base_model_prefix
        stand_in = getattr(self.pooling, base)
        backbone.model.pooler = stand_in.pooler
        setattr(self.pooling, base, backbone.model)
        try:
            self.pooling.save_pretrained(folder)
        finally:
            setattr(self.pooling, base, stand_in)
            backbone.model.pooler = None


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


def _without_base(config: Any, pooler: nn.Module | None) -> Any:
    from transformers import AutoModelForSequenceClassification

    try:
        with torch.device("meta"):  # the base model's weights are not wanted
            model = AutoModelForSequenceClassification.from_config(config)
    except ValueError as error:
        raise UserError(
            f"head=classification: {config.model_type} models have no classification class in transformers"
        ) from error
    setattr(model, model.base_model_prefix, nn.Identity())
    model.to_empty(device="cpu")
    for module in model.modules():
        model._init_weights(module)
    setattr(model, model.base_model_prefix, _GivenHidden(pooler))
    return model
