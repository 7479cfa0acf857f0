"""Causal language modelling: each token is predicted from the preceding ones (Radford et al., 2019)."""

from typing import Any

import numpy as np

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.heads.language_model import LanguageModel, set_targets


class CausalLm(LanguageModel):
    """Scores are logits (predicted tokens, vocabulary): all tokens but the first of each window.

    Args:
        backbone: a decoder, such as GPT-2.
        task: a `LanguageModeling` task.
    """

    task = "language_modeling"
    offers = ("label_smoothing", "distribution", "entropy")
    refuses = {
        "class_weights": "its outcomes are the vocabulary",
        "focal": "its outcomes are the vocabulary, of which most are rare",
        "mixup": "two texts predict different tokens",
        "representation": "a text has no label",
    }
    objective = "causal"

    def __init__(self, backbone: Backbone, task: Any) -> None:
        super().__init__(backbone, "AutoModelForCausalLM")

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """Each hidden state but a window's last predicts the next token; seed and epoch are not used."""
        ids = batch.inputs["input_ids"].numpy()
        has_next = np.zeros(ids.shape, dtype=bool)
        has_next[:, :-1] = True
        if "attention_mask" in batch.inputs:  # padding neither predicts nor is predicted
            real = batch.inputs["attention_mask"].numpy().astype(bool)
            has_next[:, :-1] = real[:, 1:] & real[:, :-1]
        if "documents" in batch.layout:  # the first token of a document has no context
            documents = batch.layout["documents"].numpy()
            has_next[:, :-1] &= documents[:, 1:] == documents[:, :-1]
        set_targets(batch, has_next, ids[:, 1:][has_next[:, :-1]])
