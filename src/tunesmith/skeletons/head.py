"""Two layers on one token of each text, trained with a margin: a probability above that of the other labels is not enough."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import BelowOne, PositiveFloat, PositiveInt
from tunesmith.data.batch import Batch
from tunesmith.heads import pooling


class Skeleton(nn.Module):
    """Scores are logits of shape (batch, labels).

    Args:
        backbone: gives the width of the hidden states.
        task: a `TextClassification` with one label an example.
        width: of the layer between.
        dropout: probability that a unit of it is dropped.
        margin: by which the logit of the true label has to be above the others.
    """

    task = "text_classification"
    offers = ("representation",)  # what regularizers may use

    def __init__(
        self, backbone: Backbone, task: Any, *, width: PositiveInt, dropout: BelowOne, margin: PositiveFloat
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(backbone.config.hidden_size, width),
            nn.Tanh(),
            nn.Dropout(dropout),
            nn.Linear(width, task.outputs),
        )
        self._margin = margin
        self._pool = pooling.first_token if backbone.cls_is_first else pooling.last_token

    def representation(self, hidden: Tensor, batch: Batch) -> Tensor:
        """(batch, width) the hidden state of each text's CLS token; GPT-2: of the last token."""
        return self._pool(hidden, batch.inputs.get("attention_mask"))

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, labels) from hidden states (batch, length, width)."""
        logits: Tensor = self.layers(self.representation(hidden, batch))
        return logits.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """The mean over the batch of the hinge loss (Crammer and Singer, 2001)."""
        return functional.multi_margin_loss(scores, batch.targets["labels"], margin=self._margin)

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Label ids (batch,) and probabilities (batch, labels)."""
        return {"prediction": scores.argmax(1), "probabilities": scores.softmax(1)}

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write the backbone; the layers are saved beside it, in `head.safetensors`."""
        backbone.save(folder)
