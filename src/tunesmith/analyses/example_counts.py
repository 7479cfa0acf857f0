"""What each example contributes to a run's scores: counts whose sums give the score, for tests that resample examples.

Accuracy, F1 and exact match are functions of sums over examples (`tunesmith.statistics.summed_scores`). Correlations, areas under
curves and perplexities are not, and have no counts.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xxhash

from tunesmith.analyses import rows as reading
from tunesmith.analyses.rows import Row
from tunesmith.errors import UserError
from tunesmith.metrics import answer_rules
from tunesmith.metrics.chunks import Chunk, chunks, strict_chunks
from tunesmith.statistics import summed_scores as summed
from tunesmith.statistics.examples import Counts
from tunesmith.statistics.summed_scores import Statistic

_DENSE = 20  # labels; with more, most counts of an example are 0
_PREDICTED = {
    "prediction",
    "probabilities",
    "probability",
    "n_best",
    "predicted_tags",
}  # columns that are not the data's
RIGHT_OR_WRONG = {"single_label": ("accuracy",), "multi_label": ("accuracy",), "question_answering": ("exact_match",)}


@dataclass(frozen=True)
class ExampleCounts:
    """The counts of a run.

    Attributes:
        names: of the labels, in the order of their ids; empty for other tasks.
        contents: (examples,) what identifies an example: its id, its texts and its gold annotation.
        ids: of the examples.
        counts: for each score, (examples, kinds), dense or sparse.
    """

    names: tuple[str, ...]
    contents: np.ndarray
    ids: Sequence[str]
    counts: dict[str, Counts]


def kind_of(dataset: Mapping[str, Any]) -> str:
    """The task, or of a classification task its problem, or `tags` that are independent labels."""
    if dataset.get("task") == "text_classification":
        return str(dataset.get("problem", "single_label"))
    if dataset.get("task") == "token_classification" and not dataset.get("entities", True):
        return "tags"
    return str(dataset.get("task"))


def statistics(dataset: Mapping[str, Any], labels: int) -> dict[str, Statistic]:
    """The scores of a task that are functions of summed counts; none for regression, language models and embeddings.

    Args:
        dataset: the `dataset` node of a run's config.
        labels: number of labels of a classification task.
    """
    kind = kind_of(dataset)
    if kind in ("single_label", "multi_label"):
        macro = summed.macro_f1 if kind == "single_label" else summed.mean_f1
        averages = {"macro": macro, "weighted": summed.weighted_f1, "micro": summed.f1, "binary": summed.f1}
        return {"accuracy": summed.share, "f1": averages[average(dataset, labels)]}
    others: dict[str, dict[str, Statistic]] = {
        "token_classification": {"f1": summed.f1, "accuracy": summed.share, "sequence_accuracy": summed.share},
        "tags": {"accuracy": summed.share, "sequence_accuracy": summed.share},
        "question_answering": {"f1": summed.share, "exact_match": summed.share},
    }
    return others.get(kind, {})


def average(dataset: Mapping[str, Any], labels: int) -> str:
    """How F1 is averaged over labels, as `tunesmith.metrics.text_classification` does."""
    two = labels == 2 and kind_of(dataset) == "single_label"
    return str(dataset.get("average") or ("binary" if two else "macro"))


def right_or_wrong(dataset: Mapping[str, Any], score: str) -> bool:
    """Whether the score is the share of examples that are right, so that McNemar's test applies."""
    return score == "sequence_accuracy" or score in RIGHT_OR_WRONG.get(kind_of(dataset), ())


def example_counts(rows: Iterable[Row], dataset: Mapping[str, Any]) -> ExampleCounts:
    """Count what each line of a run's predictions/<split>.jsonl contributes to the scores of `statistics`.

    Args:
        rows: in any order; each is read once.
        dataset: the `dataset` node of the run's config.

    Raises:
        UserError: for rows that are not as the task writes them.
    """
    contents, ids = array("Q"), []

    def noted(rows: Iterable[tuple[int, Row]]) -> Iterable[tuple[int, Row]]:
        for number, row in rows:
            ids.append(str(row.get("id", number)))
            data = {key: value for key, value in row.items() if key not in _PREDICTED} | {"id": ids[-1]}
            contents.append(xxhash.xxh3_64_intdigest(json.dumps(data, sort_keys=True).encode()))
            yield number, row

    names, counts = _COUNT[kind_of(dataset)](lambda keys: noted(reading.numbered(rows, keys)), dataset)
    return ExampleCounts(names, np.array(contents, dtype=np.uint64), ids, counts)


def aligned(run: ExampleCounts, first: ExampleCounts) -> ExampleCounts:
    """A run's counts with the examples in another's order.

    Raises:
        UserError: if the runs have not predicted the same examples, or with ids that occur twice in another order.
    """
    if run.names != first.names:
        raise UserError("has other labels, or in another order; expected the same data")
    if np.array_equal(run.contents, first.contents):
        return ExampleCounts(first.names, first.contents, first.ids, run.counts)  # one copy of the ids of many runs
    ours, theirs = np.argsort(run.contents, kind="stable"), np.argsort(first.contents, kind="stable")
    if not np.array_equal(run.contents[ours], first.contents[theirs]):
        raise UserError(_difference(run, first))
    if len(set(run.ids)) < len(run.ids):
        raise UserError("has the examples in another order, and ids that occur more than once; expected unique ids")
    order = np.empty_like(ours)
    order[theirs] = ours
    counts = {name: each[order] for name, each in run.counts.items()}
    return ExampleCounts(first.names, first.contents, first.ids, counts)


def _difference(run: ExampleCounts, first: ExampleCounts) -> str:
    ours, theirs = set(run.ids), set(first.ids)
    if len(run.ids) != len(first.ids):
        what = f"has {len(run.ids):,} examples instead of {len(first.ids):,}"
    elif ours != theirs:
        what = f"has {len(ours - theirs):,} examples with other ids"
    else:
        what = f"has {len(np.setdiff1d(run.contents, first.contents)):,} examples with other texts or labels"
    return f"{what}; expected predictions for the same examples"


Read = Any  # the keys that rows must have -> their numbers and rows
Found = tuple[tuple[str, ...], dict[str, Counts]]


def _single_label(read: Read, dataset: Mapping[str, Any]) -> Found:
    names: tuple[str, ...] = ()
    places: dict[str, int] = {}
    labels, predicted = array("q"), array("q")
    for number, row in read({"label": str, "prediction": str, "probabilities": dict}):
        names = names or tuple(row["probabilities"])
        places = places or {name: place for place, name in enumerate(names)}
        _check_labels(number, row, names, (row["label"], row["prediction"]))
        labels.append(places[row["label"]])
        predicted.append(places[row["prediction"]])
    gold, guess = np.array(labels), np.array(predicted)
    right = gold == guess
    averaged = average(dataset, len(names))
    if averaged == "binary":
        f1: Counts = _columns((gold == 1) & (guess == 1), guess == 1, gold == 1)
    elif averaged == "micro":
        f1 = _columns(right, np.ones_like(right), np.ones_like(right))
    else:
        f1 = _ones([np.where(right, 3 * gold, -1), 3 * guess + 1, 3 * gold + 2], 3 * len(names))
    return names, {"accuracy": _shares(right), "f1": f1}


def _multi_label(read: Read, dataset: Mapping[str, Any]) -> Found:
    names: tuple[str, ...] = ()
    labels, predicted = bytearray(), bytearray()
    for number, row in read({"label": list, "prediction": list, "probabilities": dict}):
        names = names or tuple(row["probabilities"])
        _check_labels(number, row, names, (*row["label"], *row["prediction"]))
        labels.extend(name in row["label"] for name in names)
        predicted.extend(name in row["prediction"] for name in names)
    gold, guess = (np.frombuffer(each, dtype=bool).reshape(-1, max(len(names), 1)) for each in (labels, predicted))
    kinds = [gold & guess, guess, gold]
    if average(dataset, len(names)) == "micro":
        f1: Counts = np.stack([kind.sum(1) for kind in kinds], axis=1).astype(np.int32)
    else:
        f1 = np.stack(kinds, axis=-1).reshape(len(gold), -1).astype(np.int8)
        if len(names) > _DENSE:
            from scipy.sparse import csr_array

            f1 = csr_array(f1)
    return names, {"accuracy": _shares((gold == guess).all(1)), "f1": f1}


def _check_labels(number: int, row: Row, names: tuple[str, ...], used: Iterable[Any]) -> None:
    if tuple(row["probabilities"]) != names:
        raise reading.wrong(number, "has probabilities of other labels than the first")
    if missing := [label for label in used if not isinstance(label, str) or label not in row["probabilities"]]:
        raise reading.wrong(number, f"has the label {reading.name_of(missing[0])}, but no probability of it")


def _tags(read: Read, dataset: Mapping[str, Any]) -> Found:
    entities = kind_of(dataset) != "tags"
    found, words = array("i"), array("i")
    for number, row in read({"tokens": list, "tags": list, "predicted_tags": list}):
        tags, guesses = row["tags"], row["predicted_tags"]
        if len(tags) != len(guesses):
            raise reading.wrong(number, f"has {len(tags)} tags, but {len(guesses)} predicted tags")
        if not all(isinstance(tag, str) for tag in (*tags, *guesses)):
            raise reading.wrong(number, "has tags that are no texts")
        words.extend((sum(map(str.__eq__, tags, guesses)), len(tags)))
        if entities:
            strict = bool(dataset.get("strict"))
            gold, guess = _entities(tuple(tags), strict), _entities(tuple(guesses), strict)
            found.extend((len(gold & guess), len(guess), len(gold)))
    by_words = np.array(words, dtype=np.int32).reshape(-1, 2)
    counts = {"accuracy": by_words, "sequence_accuracy": _shares(by_words[:, 0] == by_words[:, 1])}
    return (), counts | ({"f1": np.array(found, dtype=np.int32).reshape(-1, 3)} if entities else {})


@lru_cache(maxsize=2**16)  # the gold tags of all runs are the same, and most predicted ones
def _entities(tags: tuple[str, ...], strict: bool) -> frozenset[Chunk]:
    if all(tag == "O" for tag in tags):
        return frozenset()
    return frozenset((strict_chunks if strict else chunks)(tags))


def _answers(read: Read, dataset: Mapping[str, Any]) -> Found:
    scores = array("d")
    for number, row in read({"answers": (dict, list), "prediction": str}):
        gold = row["answers"].get("text", ()) if isinstance(row["answers"], dict) else row["answers"]
        if not all(isinstance(text, str) for text in gold):
            raise reading.wrong(number, "has answers that are no texts")
        scores.extend(_scored(row["prediction"], tuple(gold)))
    exact, f1 = np.array(scores).reshape(-1, 2).T
    return (), {"f1": _shares(f1), "exact_match": _shares(exact == 1)}


@lru_cache(maxsize=2**16)  # many runs give the same answer
def _scored(prediction: str, gold: tuple[str, ...]) -> tuple[float, float]:
    return answer_rules.exact_match(prediction, gold), answer_rules.f1(prediction, gold)


_COUNT = {
    "single_label": _single_label,
    "multi_label": _multi_label,
    "token_classification": _tags,
    "tags": _tags,
    "question_answering": _answers,
}


def _columns(*columns: np.ndarray) -> np.ndarray:
    return np.stack(columns, axis=1).astype(np.int8)


def _shares(values: np.ndarray) -> np.ndarray:
    """(examples, 2) a value between 0 and 1, and 1."""
    both = np.stack([values, np.ones(len(values), dtype=values.dtype)], axis=1)
    return both.astype(np.int8) if values.dtype == bool else both


def _ones(columns: Sequence[np.ndarray], kinds: int) -> Counts:
    """(examples, kinds), 1 in some columns of each example; -1 is none."""
    places = np.stack(columns, axis=1)
    rows = np.broadcast_to(np.arange(len(places))[:, None], places.shape)
    kept = places >= 0
    if kinds <= 3 * _DENSE:
        dense = np.zeros((len(places), kinds), dtype=np.int8)
        dense[rows[kept], places[kept]] = 1
        return dense
    from scipy.sparse import csr_array

    ones = np.ones(kept.sum(), dtype=np.int8)
    return csr_array((ones, (rows[kept], places[kept])), shape=(len(places), kinds))
