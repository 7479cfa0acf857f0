"""Exact match and F1 of answers over a split, by the official rules of SQuAD."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from tunesmith.metrics.answer_rules import exact_match, f1, normalize


class AnswerScores(Metric):
    """Means over all questions, and over those with and without an answer, between 0 and 1.

    Args:
        settings: torchmetrics' options.
    """

    full_state_update = False
    sums: Tensor

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # (with an answer, without) x (exact match, F1, questions)
        self.add_state("sums", torch.zeros(2, 3, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, predictions: Sequence[str], answers: Sequence[Sequence[str]]) -> None:
        """Accumulate a batch of questions.

        Args:
            predictions: an answer each; empty for no answer.
            answers: the gold answers of each; empty if it has none.
        """
        for prediction, gold in zip(predictions, answers, strict=True):
            kind = 0 if any(normalize(text) for text in gold) else 1
            self.sums[kind] += self.sums.new_tensor([exact_match(prediction, gold), f1(prediction, gold), 1.0])

    def compute(self) -> dict[str, Tensor]:
        """`exact_match` and `f1`; also `has_answer_...` and `no_answer_...` if some questions have no answer."""
        values = self._means("", self.sums.sum(0))
        if self.sums[1, 2] > 0:
            values |= self._means("has_answer_", self.sums[0]) | self._means("no_answer_", self.sums[1])
        return values

    @staticmethod
    def _means(prefix: str, sums: Tensor) -> dict[str, Tensor]:
        exact, f1_sum, questions = sums
        return {
            f"{prefix}exact_match": exact / questions.clamp(min=1),
            f"{prefix}f1": f1_sum / questions.clamp(min=1),
        }
