"""Contrastive sentence embeddings from two dropout passes or from pairs with hard negatives (SimCSE; Gao et al., 2021)."""

import math
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives
from tunesmith.heads import pooling, sentence_transformers


class Contrastive(nn.Module):
    """Scores are embeddings of shape (texts * batch, width), in the order of the inputs.

    Args:
        backbone: its family determines where CLS is.
        task: a `Contrastive` task.
        temperature: divides cosine similarities.
        pooling: `cls`, the CLS token's hidden state (GPT-2: the last token's); `cls_training_layer`, followed by a tanh
            layer in training only (unsupervised SimCSE); `cls_layer`, followed by it always (supervised SimCSE); `mean`
            over the tokens; `first_last`, mean over the tokens of the average of the first and the last layer.
        hard_negative_weight: weight of an example's own hard negative among the candidates.
    """

    task = "contrastive"
    offers = ()
    refuses = {"*": "it compares embeddings with each other, and has neither labels nor a distribution over outcomes"}
    training_only = ("layer",)  # for cls_layer it is saved as sentence-transformers' Dense
    smallest_batch = 2  # a single example has no in-batch negatives

    def __init__(
        self,
        backbone: Backbone,
        task: Any,
        *,
        temperature: PositiveFloat,
        pooling: Literal["cls", "cls_training_layer", "cls_layer", "mean", "first_last"],
        hard_negative_weight: PositiveFloat,
    ) -> None:
        super().__init__()
        self._temperature, self._pooling, self._own_weight = temperature, pooling, math.log(hard_negative_weight)
        self._cls_is_first, self._max_length = backbone.cls_is_first, task.max_length
        self.layer: nn.Linear | None = None  # followed by a tanh
        if pooling in ("cls_training_layer", "cls_layer"):
            width = backbone.config.hidden_size
            self.layer = nn.Linear(width, width)
            nn.init.normal_(self.layer.weight, std=backbone.config.initializer_range)
            nn.init.zeros_(self.layer.bias)
        backbone.averages_first_layer = pooling == "first_last"

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """In training, a text without a positive is its own: it is encoded twice, with different dropout."""
        places = batch.layout["places"]
        if epoch is not None and len(places) == 1:
            batch.inputs = {name: torch.cat([tensor, tensor]) for name, tensor in batch.inputs.items()}
            batch.layout["places"] = torch.cat([places, places + places.shape[1]])

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Embeddings (texts * batch, width) from hidden states (texts * batch, length, width)."""
        mask = batch.inputs.get("attention_mask")
        if self._pooling in ("mean", "first_last"):
            return pooling.mean(hidden, mask)
        pooled = (pooling.first_token if self._cls_is_first else pooling.last_token)(hidden, mask)
        if self.layer is not None and (self.training or self._pooling == "cls_layer"):
            pooled = self.layer(pooled).tanh()
        return pooled.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of each text's positive among all candidates: equations 1 and 5, and the weight of section 6.3.

        Candidates are the positives and hard negatives of the whole batch, gathered from all ranks. In evaluation each
        rank uses its own batch only, so validation and test loss depend on dataset.eval_batch_size and trainer.devices.
        """
        texts = functional.normalize(scores.float())[batch.layout["places"]]  # (texts, batch, width)
        anchors, candidates = texts[0], texts[1:]
        if not len(candidates):  # evaluation of a single text: without dropout a second pass would be identical
            candidates = texts
        size, sizes, offset, gathered = batch.size, [batch.size], 0, candidates
        if self.training:
            sizes = collectives.all_gather_ints(size)
            offset, gathered = (
                sum(sizes[: collectives.rank()]),
                collectives.all_gather_rows(candidates[:, :size], sizes),
            )
        with torch.autocast(scores.device.type, enabled=False):  # half precision would round similarities to 2 digits
            # gathered: (texts, all, width), from all ranks; logits: (batch, texts * all)
            logits = anchors[:size] @ gathered.flatten(0, 1).T / self._temperature
        own = offset + torch.arange(size, device=scores.device)
        if len(candidates) > 1 and self._own_weight:
            extra = functional.one_hot(own + sum(sizes), logits.shape[1])
            logits = logits + self._own_weight * extra
        # A rank without examples has zero loss, but takes part: backward all-reduces the candidates' gradients.
        return functional.cross_entropy(logits, own, reduction="sum") / max(size, 1)

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The embeddings of each example's texts, each (batch, width): `embedding`, `embedding_2` and `embedding_3`."""
        texts = scores[batch.layout["places"]]
        names = ("embedding", "embedding_2", "embedding_3")
        return {names[number]: text for number, text in enumerate(texts)}

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write a folder that `AutoModel` and sentence-transformers can load."""
        with backbone.with_pooler(backbone.pretrained_pooler[0]) as model:
            model.save_pretrained(folder)
        mode: sentence_transformers.Mode = "cls" if self._cls_is_first else "lasttoken"
        sentence_transformers.write(
            folder,
            mode="mean" if self._pooling in ("mean", "first_last") else mode,
            width=backbone.config.hidden_size,
            max_length=self._max_length,
            layers=backbone.layers if self._pooling == "first_last" else None,
            layer=self.layer if self._pooling == "cls_layer" else None,
        )
