"""Permutation language modelling: spans are predicted in a random order, from the context and the preceding spans.

Yang et al. (2019), section 2 and appendix A.6: in each run of K x L tokens a span of L is predicted, L from 1 to 5 and
K = 6, so that a sixth of the tokens are targets. The content stream sees the real tokens; a target is visible to later
targets only.
"""

from typing import Any

import numpy as np
import torch

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import OpenFraction, PositiveInt
from tunesmith.data.batch import Batch
from tunesmith.heads.language_model import LanguageModel, generators, set_targets


class PermutedLm(LanguageModel):
    """Scores are logits (targets, vocabulary), from XLNet's query stream.

    Args:
        backbone: an XLNet.
        task: a `LanguageModeling` task.
        rate: fraction of tokens that is predicted: 1 / K.
        longest_span: maximum number of tokens in a target span.
        fresh: sample new targets and orders in each epoch; false: the same in all epochs.
    """

    task = "language_modeling"
    offers = ("label_smoothing", "distribution", "entropy")
    refuses = {
        "class_weights": "its outcomes are the vocabulary",
        "focal": "its outcomes are the vocabulary, of which most are rare",
        "mixup": "two texts predict different tokens",
        "representation": "a text has no label",
    }
    objective = "permuted"

    def __init__(
        self, backbone: Backbone, task: Any, *, rate: OpenFraction, longest_span: PositiveInt, fresh: bool
    ) -> None:
        super().__init__(backbone, "XLNetLMHeadModel")
        backbone.model.mask_emb.requires_grad_(True)
        self._rate, self._longest_span, self._fresh = rate, longest_span, fresh

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """Sample targets and their order; on the CPU.

        Adds `perm_mask` (batch, length, length), 1 where the first may not attend to the second, and `target_mapping`
        (batch, maximum number of targets, length), one-hot.
        """
        ids = batch.inputs["input_ids"].numpy()
        count, length = ids.shape
        orders = np.full((count, length), -1)  # a target's position in the order; context comes first
        for row, generator in enumerate(generators(batch, seed=seed, epoch=epoch, fresh=self._fresh)):
            free = np.flatnonzero(~self._special[ids[row]])
            targets = free[target_spans(generator, len(free), rate=self._rate, longest=self._longest_span)]
            orders[row, targets] = generator.permutation(len(targets))
        target = orders >= 0
        unseen = (orders[:, :, None] <= orders[:, None, :]) & target[:, None, :]
        most = max(int(target.sum(1).max()), 1)
        mapping = np.zeros((count, most, length), dtype=np.float32)
        rows, places = np.nonzero(target)
        numbers = (np.cumsum(target, 1) - 1)[rows, places]
        mapping[rows, numbers, places] = 1
        batch.inputs["perm_mask"] = torch.from_numpy(unseen.astype(np.float32))
        batch.inputs["target_mapping"] = torch.from_numpy(mapping)
        set_targets(batch, np.any(mapping, axis=-1), ids[target])


def target_spans(generator: np.random.Generator, tokens: int, *, rate: float, longest: int) -> np.ndarray:
    """(tokens,) of bool: one span of 1 to `longest` tokens in each run of its length / `rate` tokens."""
    chosen = np.zeros(tokens, dtype=bool)
    start = 0
    while start < tokens:
        span = int(generator.integers(1, longest + 1))
        run = max(round(span / rate), span)
        # A run past the end keeps its probabilities: the part of a span beyond the end is dropped.
        first = start + int(generator.integers(run - span + 1))
        chosen[first : first + span] = True
        start += run
    return chosen
