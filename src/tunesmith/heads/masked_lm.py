"""Masked language modelling: masked tokens are predicted from both sides (Devlin et al., 2019)."""

from typing import Any, Literal

import numpy as np
import torch

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import OpenFraction, Probability
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError
from tunesmith.heads import masking
from tunesmith.heads.language_model import LanguageModel, generators, set_targets


class MaskedLm(LanguageModel):
    """Scores are logits (masked tokens, vocabulary).

    Args:
        backbone: with a tokenizer that has a mask token.
        task: a `LanguageModeling` task.
        rate: fraction of tokens that is predicted.
        unit: what is selected as a whole: a token, a word, or a span of words.
        fresh: sample new tokens in each epoch; false: the same tokens in all epochs.
        mask_share: fraction of the selected tokens that is replaced by the mask token.
        random_share: fraction of the selected tokens that is replaced by a random token; the rest is left unchanged.
    """

    task = "language_modeling"
    offers = ("label_smoothing", "distribution", "entropy")
    refuses = {
        "class_weights": "its outcomes are the vocabulary",
        "focal": "its outcomes are the vocabulary, of which most are rare",
        "mixup": "two texts predict different tokens",
        "representation": "a text has no label",
    }
    objective = "masked"

    def __init__(
        self,
        backbone: Backbone,
        task: Any,
        *,
        rate: OpenFraction,
        unit: Literal["token", "word", "span"],
        fresh: bool,
        mask_share: Probability,
        random_share: Probability,
    ) -> None:
        tokenizer = backbone.tokenizer
        if tokenizer.mask_token_id is None:
            raise UserError(
                f"head masked_lm needs a tokenizer with a mask token, but {tokenizer.name_or_path} has none"
            )
        if mask_share + random_share > 1:
            raise UserError(
                f"head.mask_share and head.random_share add up to {mask_share + random_share:g}; expected 1 or less"
            )
        super().__init__(backbone, "AutoModelForMaskedLM")
        self._rate, self._unit, self._fresh = rate, unit, fresh
        self._replacement = {
            "mask": tokenizer.mask_token_id,
            "ordinary": np.flatnonzero(~self._special),
            "mask_share": mask_share,
            "random_share": random_share,
        }

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """Select the tokens to predict and mask them; on the CPU."""
        ids = batch.inputs["input_ids"].numpy()
        seen, chosen = ids.copy(), np.zeros(ids.shape, dtype=bool)
        starts = batch.layout["word_starts"].numpy()
        for row, generator in enumerate(generators(batch, seed=seed, epoch=epoch, fresh=self._fresh)):
            free = np.flatnonzero(~self._special[ids[row]])
            if not len(free):
                continue
            if self._unit == "span":
                numbers = masking.spans(generator, np.cumsum(starts[row, free]), rate=self._rate)
                groups = numbers[numbers > 0] - 1
                places = free[numbers > 0]
            else:
                places = free[masking.choose(generator, starts[row, free], rate=self._rate, unit=self._unit)]
                groups = np.arange(len(places))
            chosen[row, places] = True
            seen[row, places] = masking.replace(generator, ids[row, places], groups, **self._replacement)
        set_targets(batch, chosen, ids[chosen])
        batch.inputs["input_ids"] = torch.from_numpy(seen)
