"""Question answering: scores by first word and by length of the answer, the threshold of no answer, the worst errors.

Answers are compared by the official rules of SQuAD, as for the run's own scores. Which words begin questions is taken from the
data, so that it serves any language.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.rows import Examples, Row, averaging, over_seeds, text_of
from tunesmith.data.encoding.running_text import word_bounds
from tunesmith.documents.document import Part, Picture, Table
from tunesmith.figures.drawn_names import key
from tunesmith.figures.groups import NAME_WIDTH, groups
from tunesmith.figures.thresholds import thresholds
from tunesmith.metrics import answer_rules

FIRST_WORDS = 8  # of questions, in a figure
OTHER, NO_ANSWER = "(other)", "(no answer)"
_LENGTHS = ((1, "1"), (2, "2"), (3, "3"), (4, "4"), (9, "5 to 9"), (math.inf, "10+"))  # words, at most
_CURVE = 201  # thresholds in a figure
_SMALLEST = math.log(5e-324)  # of a probability above 0


@dataclass(frozen=True)
class Seed:
    """The predictions of a run, (questions,) each.

    Attributes:
        exact, f1: of the answer.
        words: first word of the question.
        lengths: of the answer, as a group.
        odds: null odds; empty unless questions may have no answer, and so are the next two.
        best: exact match and F1 of the best answer that is not empty.
        answered: that answer.
        examples: of which those with F1 0 are wrong.
    """

    exact: np.ndarray
    f1: np.ndarray
    words: list[str]
    lengths: list[str]
    odds: np.ndarray
    best: tuple[np.ndarray, np.ndarray]
    answered: list[str]
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `answers`, `prediction`, `probability`, `n_best`, and the texts of `dataset`."""
    exact, f1, odds = array("d"), array("d"), array("d")
    best = array("d"), array("d")
    words: list[str] = []
    lengths: list[str] = []
    answered: list[str] = []
    examples = Examples()
    question = dataset.get("question", "question")
    keys: dict[str, Any] = {
        question: str,
        "answers": (dict, list),
        "prediction": str,
        "probability": reading.NUMBER,
        "n_best": list,
    }
    for number, row in reading.numbered(rows, keys):
        gold = row["answers"].get("text", ()) if isinstance(row["answers"], dict) else row["answers"]
        exact.append(answer_rules.exact_match(row["prediction"], gold))
        f1.append(answer_rules.f1(row["prediction"], gold))
        words.append(_first_word(row[question]))
        lengths.append(_length(gold))
        if dataset.get("unanswerable"):
            odd, text = _null_odds(row["n_best"], number)
            odds.append(odd)
            answered.append(text)
            for values, measure in zip(best, (answer_rules.exact_match, answer_rules.f1), strict=True):
                values.append(measure(text, gold))
        examples.add(
            row,
            gold,
            wrong=not f1[-1],
            badness=reading.number_of(row["probability"]),
            cells=lambda row=row, gold=gold: (  # type: ignore[misc]
                text_of(row, (question,)),
                reading.in_short("; ".join(dict.fromkeys(gold)) or NO_ANSWER),
                reading.in_short(row["prediction"] or NO_ANSWER),
                reading.number_of(row["probability"]),
                text_of(row, (dataset.get("context", "context"),)),
            ),
        )
    each = (np.array(exact), np.array(f1), words, lengths, np.array(odds))
    return Seed(*each, (np.array(best[0]), np.array(best[1])), answered, examples)


def _first_word(question: str) -> str:
    words = (question[start:end] for start, end in word_bounds(question))
    return next(
        (word.casefold() for word in words if word[0].isalnum()), OTHER
    )  # not the mark before a Spanish question


def _length(gold: Sequence[str]) -> str:
    """The group of the first gold answer's number of words."""
    answers = [text for text in gold if answer_rules.normalize(text)]
    if not answers:
        return NO_ANSWER
    words = len(word_bounds(answers[0]))
    return next(name for most, name in _LENGTHS if words <= most)


def _null_odds(n_best: Sequence[Mapping[str, Any]], number: int) -> tuple[float, str]:
    """The score of no answer minus that of the best answer, and the best answer.

    The probabilities are a softmax over the scores of the answers and of no answer, so that is the difference of their logarithms. Where one
    has vanished, below 5e-324, it is taken as that.
    """
    null = [entry["probability"] for entry in n_best if not entry["text"]]
    texts = [entry for entry in n_best if entry["text"]]
    if not null:
        raise reading.wrong(number, "has no probability of no answer, although dataset.unanswerable is true")
    if not texts:
        return -_SMALLEST, ""
    logs = [
        math.log(value) if value else _SMALLEST
        for value in (reading.number_of(null[0]), reading.number_of(texts[0]["probability"]))
    ]
    return logs[0] - logs[1], str(texts[0]["text"])


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    first = seeds[0]
    counts = Counter(first.words)
    common = [
        word
        for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count > 1 and word != OTHER
    ][:FIRST_WORDS]
    words = [word if word in set(common) else OTHER for word in first.words]
    length_names = [NO_ANSWER, *(length for _, length in _LENGTHS)]
    found: list[Part] = [
        *_by_group(
            seeds, words, [*common, OTHER], "first word of the question", split=split, name=f"{name}-first-words"
        ),
        *_by_group(
            seeds, first.lengths, length_names, "words of the answer", split=split, name=f"{name}-answer-lengths"
        ),
    ]
    if len(first.odds):
        found.append(_threshold(seeds, split=split, name=name))
    worst = reading.worst_errors(
        [seed.examples for seed in seeds],
        ["question", "answers", "prediction", "probability", "context"],
        name=name,
        split=split,
        note="Answers with F1 0, the largest probabilities first.",
    )
    return [*found, worst]


def _by_group(
    seeds: Sequence[Seed], members: Sequence[str], names: Sequence[str], unit: str, *, split: str, name: str
) -> list[Part]:
    """A figure and a table of exact match and F1 by group."""
    index = np.array([names.index(member) for member in members])
    occur = [place for place in range(len(names)) if (index == place).any()]
    shown = [names[place] for place in occur]
    sizes = [int((index == place).sum()) for place in occur]
    scores = {
        label: [over_seeds([getattr(seed, score)[index == place].mean() for seed in seeds]) for place in occur]
        for label, score in (("F1", "f1"), ("exact match", "exact"))
    }
    title = f"Answers by {unit} on {split}"
    points = {label: [(score.mean, score.deviation) for score in values] for label, values in scores.items()}
    figure = groups(shown, sizes, points, title=title, x=f"{unit} (number of questions)", y="score (0 to 1)")
    note = f"By the rules of SQuAD.{averaging(len(seeds))}"
    if "answer" in unit:
        note += " Words of the first gold answer; a character each in scripts without spaces."
    table = Table(
        f"{name}-table",
        title,
        [unit, "F1", "exact match", "questions"],
        [[reading.name_of(shown[n]), scores["F1"][n], scores["exact match"][n], sizes[n]] for n in range(len(shown))],
        note=note,
    )
    return [Picture(name, title, figure, f"{note} {key(shown, width=NAME_WIDTH)}".rstrip()), table]


def _threshold(seeds: Sequence[Seed], *, split: str, name: str) -> Part:
    """Scores against the threshold of the null odds; the best F1 is the run's `best_f1`."""
    title = f"Threshold of no answer on {split}"
    odds = np.concatenate([seed.odds for seed in seeds])
    if np.isnan(odds).any():
        return f"{title}: not drawn, for some probabilities are not numbers."
    has_answer = [length != NO_ANSWER for length in seeds[0].lengths]
    curves = {}
    best = [
        answer_rules.best_threshold(seed.odds.tolist(), seed.best[1].tolist(), has_answer, seed.answered)
        for seed in seeds
    ]
    chosen, tops = [threshold for _, threshold in best], [top for top, _ in best]
    mark = float(np.mean(chosen))
    # Values that occur, for the scores change only there, and those with the best scores.
    common = np.quantile(odds, np.linspace(0.01, 0.99, _CURVE), method="lower")
    grid = np.unique([*common, *chosen])
    margin = 0.02 * (grid[-1] - grid[0]) or 1.0
    grid = np.array([grid[0] - margin, *grid, grid[-1] + margin])
    for label, place in (("F1", 1), ("exact match", 0)):
        each = []
        for seed in seeds:
            values, means = answer_rules.threshold_curve(
                seed.odds.tolist(),
                seed.best[place].tolist(),
                has_answer,
                seed.answered,
            )
            each.append(means[np.maximum(np.searchsorted(values, grid, side="right") - 1, 0)])
        curves[label] = (np.mean(each, axis=0), np.std(each, axis=0, ddof=1) if len(seeds) > 1 else None)
    caption = (
        f"Questions with greater null odds are left unanswered. The best F1, {reading.shown(over_seeds(tops))}, is that of the "
        f"threshold {reading.shown(over_seeds(chosen))}. The null odds are the logarithm of the probability of no answer over "
        f"that of the best answer.{averaging(len(seeds))}"
    )
    return Picture(f"{name}-threshold", title, thresholds(grid, curves, best=mark, title=title), caption)
