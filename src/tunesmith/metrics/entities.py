"""Entity scores as defined by conlleval (Tjong Kim Sang & Buchholz, 2000) and seqeval (Nakayama, 2018)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from tunesmith.metrics.chunks import BEGINS, CLOSES, CONTINUES, ENDS, NONE, OPEN, OUT, parts
from tunesmith.metrics.confusion import LabelScores, by_label
from tunesmith.metrics.strict_entities import StrictScheme, strict_entities
from tunesmith.metrics.tag_schemes import PREFIXES


class EntityScores(Metric):
    """Precision, recall and F1 of entities, and accuracy of tags and of sentences.

    The state holds sums only, which are sum-reduced over ranks.

    Args:
        labels: tags in the order of their ids.
        strict: only well-formed entities count.
        scheme: the scheme that they should follow.
        settings: torchmetrics' options.
    """

    full_state_update = False
    counts: Tensor  # (correct, predicted, true) x types
    totals: Tensor  # correct and all words; correct and all sentences; the same of sentences with a predicted entity

    def __init__(self, labels: Sequence[str], *, strict: bool, scheme: StrictScheme = "bio", **settings: Any) -> None:
        super().__init__(**settings)
        split = [parts(tag) for tag in labels]
        if strict and (wrong := [tag for tag in labels if tag[:1] not in {"O", *PREFIXES[scheme]}]):
            raise ValueError(f"{', '.join(wrong)}: not tags of the scheme {scheme}; expected O and {PREFIXES[scheme]}")
        self._types = sorted({name for prefix, name in split if prefix != "O"})
        numbers = {name: number for number, name in enumerate(self._types)}
        self._prefixes = np.array([prefix for prefix, _ in split])
        self._kinds = np.array([numbers[name] if prefix != "O" else -1 for prefix, name in split])
        self._strict, self._scheme = strict, scheme
        self.add_state("counts", torch.zeros(3, len(self._types), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("totals", torch.zeros(6, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, targets: Tensor, lengths: Tensor) -> None:
        """Accumulate a batch of sentences.

        Args:
            predictions: (sentences, words) tag ids.
            targets: (sentences, words) the true tag ids.
            lengths: (sentences,) number of words; the rest is padding.
        """
        guess, gold = predictions.cpu().numpy(), targets.cpu().numpy()
        mask = np.arange(guess.shape[1]) < lengths.cpu().numpy()[:, None]
        guessed, true = self._entities(guess, mask), self._entities(gold, mask)
        both = np.intersect1d(guessed, true)
        types = max(len(self._types), 1)
        counts = [np.bincount(found % types, minlength=len(self._types)) for found in (both, guessed, true)]
        self.counts += self.counts.new_tensor(np.stack(counts))
        correct = (guess == gold) & mask
        whole = correct.sum(1) == mask.sum(1)
        answered = np.zeros(len(guess), dtype=bool)
        answered[guessed // (types * (guess.shape[1] + 1) ** 2)] = True  # undoes _entities' encoding
        sums = [correct.sum(), mask.sum(), whole.sum(), len(whole), (whole & answered).sum(), answered.sum()]
        self.totals += self.totals.new_tensor([int(value) for value in sums])

    def _entities(self, tags: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """An integer code for each entity, from its sentence, first word, last word and type."""
        sentences, words = tags.shape
        # All sentences in one row, each followed by a word outside of any entity.
        prefixes = np.full((sentences, words + 1), "O")
        kinds = np.full((sentences, words + 1), -1)
        prefixes[:, :-1][mask], kinds[:, :-1][mask] = self._prefixes[tags[mask]], self._kinds[tags[mask]]
        prefix, kind = prefixes.ravel(), kinds.ravel()
        if self._strict:
            first, last = strict_entities(prefix, kind, self._scheme)
        else:
            first, last = _lenient_entities(prefix, kind)
        width = words + 1
        found: np.ndarray = (first * width + last % width) * max(len(self._types), 1) + kind[last]
        return found

    def compute(self) -> dict[str, Tensor]:
        """`precision`, `recall`, `f1` over all entities, `..._macro` over types, `f1_<type>`, `accuracy` of tags, `sequence_accuracy`.

        `sequence_precision` is the proportion of sentences with a predicted entity whose tags are all correct. Division
        by zero gives 0.
        """
        correct, guessed, true = self.counts.double()
        occur = (guessed + true) > 0
        precision, recall = _ratio(correct, guessed), _ratio(correct, true)
        f1 = _ratio(2 * correct, guessed + true)
        values = {
            "precision": _ratio(correct.sum(), guessed.sum()),
            "recall": _ratio(correct.sum(), true.sum()),
            "f1": _ratio(2 * correct.sum(), guessed.sum() + true.sum()),
        }
        for name, each in (("precision", precision), ("recall", recall), ("f1", f1)):
            values[f"{name}_macro"] = each[occur].mean() if occur.any() else torch.tensor(0.0)
        words, sentences, answered = (_ratio(*self.totals[n : n + 2].double()) for n in (0, 2, 4))
        values |= {"accuracy": words, "sequence_accuracy": sentences, "sequence_precision": answered}
        return values | {f"f1_{name}": f1[n] for n, name in enumerate(self._types) if occur[n]}

    def by_type(self) -> LabelScores:
        """Precision, recall, F1 and support of each entity type that occurs or was predicted, as in seqeval's report."""
        both, predicted, true = self.counts.numpy()
        found = by_label(both, predicted, true, self._types)
        occur = (self.counts[1:].sum(0) > 0).tolist()
        return {name: row for (name, row), yes in zip(found.items(), occur, strict=True) if yes}


def _lenient_entities(prefix: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last positions of the entities in a row of words, as `chunks` finds them."""
    before, last_kind = np.concatenate([["O"], prefix[:-1]]), np.concatenate([[-1], kind[:-1]])
    changed = kind != last_kind
    begins = _among(prefix, BEGINS) | (_among(before, OUT) & _among(prefix, CONTINUES))
    begins |= ~_among(prefix, NONE) & changed
    ends = _among(before, ENDS) | (_among(before, OPEN) & _among(prefix, CLOSES))
    ends |= ~_among(before, NONE) & changed
    latest = np.maximum.accumulate(np.where(begins, np.arange(len(prefix)), 0))
    last = np.flatnonzero(ends) - 1
    return latest[last], last


def _among(prefixes: np.ndarray, letters: str) -> np.ndarray:
    return np.isin(prefixes, list(letters))


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return part / whole.clamp(min=1)  # the whole is 0 only if the part is
