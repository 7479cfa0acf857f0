"""The official rules of SQuAD 1.1 and 2.0 (Rajpurkar et al., 2016, 2018): exact match, F1 and thresholds, without torch."""

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np

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
    thresholds, means = threshold_curve(null_odds, values, has_answer, predictions)
    best = int(np.argmax(means))
    return float(means[best]), float(thresholds[best])


def threshold_curve(
    null_odds: Sequence[float], values: Sequence[float], has_answer: Sequence[bool], predictions: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """All different thresholds, ascending, and the mean score with each; arguments as of `best_threshold`.

    The first threshold leaves all questions unanswered: the smallest odds minus 1, or 0 without questions.
    """
    odds, gain = np.asarray(null_odds), np.asarray(values)
    answerable = np.asarray(has_answer, dtype=bool)
    wrong = np.array([-1.0 if text else 0.0 for text in predictions])  # an unanswerable question loses its point
    gain = np.where(answerable, gain, wrong)
    order = np.argsort(odds)
    reached = np.concatenate([[0.0], np.cumsum(gain[order])]) + (~answerable).sum()
    # A threshold cannot separate questions with equal odds.
    possible = np.concatenate([[True], odds[order][:-1] != odds[order][1:], [True]])[: len(reached)]
    thresholds = np.concatenate([[odds.min() - 1.0 if len(odds) else 0.0], odds[order]])
    return thresholds[possible], reached[possible] / max(len(odds), 1)
