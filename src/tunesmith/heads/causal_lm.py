"""Causal language modelling: every token is predicted from those before it (Radford et al., 2019)."""

from typing import Any

import numpy as np

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads.language_model import LanguageModel, predicted


class CausalLm(LanguageModel):
    """Scores are logits (tokens that have one before them, vocabulary).

    Args:
        backbone: a decoder, such as GPT-2.
        task: a `LanguageModeling` task.
    """

    task = "language_modeling"
    offers = ("label_smoothing", "divergence")
    objective = "causal"

    def __init__(self, backbone: Backbone, task: Any) -> None:
        super().__init__(backbone, "AutoModelForCausalLM")

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """Every hidden state but a window's last predicts the token after it; seed and epoch change nothing."""
        ids = batch.inputs["input_ids"].numpy()
        follows = np.zeros(ids.shape, dtype=bool)
        follows[:, :-1] = True
        if "attention_mask" in batch.inputs:  # padding is not predicted, nor predicts
            real = batch.inputs["attention_mask"].numpy().astype(bool)
            follows[:, :-1] &= real[:, 1:] & real[:, :-1]
        if "documents" in batch.layout:  # the first token of a document has none before it
            documents = batch.layout["documents"].numpy()
            follows[:, :-1] &= documents[:, 1:] == documents[:, :-1]
        predicted(batch, follows, ids[:, 1:][follows[:, :-1]])
