"""Exact match and F1 of answers by the official rules of SQuAD 1.1 and 2.0 (Rajpurkar et al., 2016, 2018)."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and extra whitespace."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1 if the normalized prediction equals a normalized answer, else 0; without answers: 1 for an empty prediction."""
    found = normalize(prediction)
    return float(any(found == answer for answer in _gold(answers)))


def f1(prediction: str, answers: Sequence[str]) -> float:
    """The best word F1 between the prediction and an answer; without answers: 1 for an empty prediction."""
    words = normalize(prediction).split()
    return max(_overlap(words, answer.split()) for answer in _gold(answers))


def _gold(answers: Sequence[str]) -> list[str]:
    # SQuAD 2.0's script drops answers that normalize to nothing; without answers it expects an empty prediction.
    return [text for text in map(normalize, answers) if text] or [""]


def _overlap(found: list[str], answer: list[str]) -> float:
    if not found or not answer:
        return float(found == answer)
    common = sum((Counter(found) & Counter(answer)).values())
    precision, recall = common / len(found), common / len(answer)
    return 2 * precision * recall / (precision + recall) if common else 0.0


def best_threshold(
    null_odds: Sequence[float], values: Sequence[float], has_answer: Sequence[bool], predictions: Sequence[str]
) -> tuple[float, float]:
    """The best mean score over all thresholds, and its threshold: questions with greater null odds are left unanswered.

    If it is best to leave all unanswered, the threshold is the smallest odds minus 1; without questions, score and threshold are 0.

    Args:
        null_odds: for each question, the score of no answer minus that of the best answer.
        values: metric of each best answer; ignored for questions without an answer.
        has_answer: whether each question has an answer.
        predictions: the best answers; empty for no answer.
    """
    odds, gain = np.asarray(null_odds), np.asarray(values)
    answerable = np.asarray(has_answer, dtype=bool)
    wrong = np.array([-1.0 if text else 0.0 for text in predictions])  # an unanswerable question loses its point
    gain = np.where(answerable, gain, wrong)
    order = np.argsort(odds)
    reached = np.concatenate([[0.0], np.cumsum(gain[order])]) + (~answerable).sum()
    # A threshold cannot separate questions with equal odds.
    possible = np.concatenate([[True], odds[order][:-1] != odds[order][1:], [True]])[: len(reached)]
    best = int(np.argmax(np.where(possible, reached, -np.inf)))
    threshold = odds[order][best - 1] if best else (odds.min() - 1.0 if len(odds) else 0.0)
    return float(reached[best] / max(len(odds), 1)), float(threshold)


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
