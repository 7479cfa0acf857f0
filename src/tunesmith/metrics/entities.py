"""Entity scores as conlleval (Tjong Kim Sang & Buchholz, 2000) and seqeval (Nakayama, 2018) define them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

Chunk = tuple[str, int, int]  # type, first and last word


def chunks(tags: Sequence[str]) -> list[Chunk]:
    """Entities of a sentence by conlleval's rules, however its tags are formed: seqeval's default mode.

    BIO, IOB1 and BIOES are all read. An I- or E- begins an entity where none of its type is open; an unknown prefix is inside
    or begins, as its neighbours have it.
    """
    found: list[Chunk] = []
    before, kind, first = "O", "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, name = _parts(tag)
        if before in _DONE or (before in _OPEN and prefix in _CLOSES) or (before not in _NONE and kind != name):
            found.append((kind, first, place - 1))
        if prefix in _BEGINS or (before in _OUT and prefix in _GOES_ON) or (prefix not in _NONE and kind != name):
            first = place
        before, kind = prefix, name
    return found


# Prefixes by what they mean for the border between two words; the letters are those of B, I, E, S and O.
_DONE, _OPEN, _CLOSES, _NONE = "ES", "BI", "BSO", "O."
_BEGINS, _OUT, _GOES_ON = "BS", "ESO", "EI"


def strict_chunks(tags: Sequence[str]) -> list[Chunk]:
    """Entities of a sentence that are well-formed BIO, others being none: seqeval's strict mode with its scheme IOB2."""
    found: list[Chunk] = []
    first, kind = -1, ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, name = _parts(tag)
        if first >= 0 and not (prefix == "I" and name == kind):
            found.append((kind, first, place - 1))
            first = -1
        if prefix == "B":
            first, kind = place, name
    return found


def to_bio(tags: Sequence[str]) -> list[str]:
    """The entities of a sentence, as conlleval reads them, in BIO; of BILOU the L is read as E and the U as S."""
    written = ["O"] * len(tags)
    for kind, first, last in chunks([_BILOU.get(tag[:2], tag[:2]) + tag[2:] for tag in tags]):
        written[first : last + 1] = [f"B-{kind}"] + [f"I-{kind}"] * (last - first)
    return written


_BILOU = {"L-": "E-", "U-": "S-"}


def _parts(tag: str) -> tuple[str, str]:
    """Prefix and type as seqeval takes them apart: the first letter, and what follows the first dash behind it."""
    return tag[:1], tag[1:].split("-", maxsplit=1)[-1] or "_"


class EntityScores(Metric):
    """Precision, recall and F1 of entities, and the share of right tags and of right sentences.

    Sums are all that is kept, so that several processes add theirs up.

    Args:
        labels: tags in the order of their numbers.
        strict: only well-formed BIO entities count.
        settings: of torchmetrics.
    """

    full_state_update = False
    counts: Tensor  # (right, predicted, true) x types
    totals: (
        Tensor  # right words, words; right sentences, sentences; right sentences with an entity predicted, all of those
    )

    def __init__(self, labels: Sequence[str], *, strict: bool, **settings: Any) -> None:
        super().__init__(**settings)
        parts = [_parts(tag) for tag in labels]
        self._types = sorted({name for prefix, name in parts if prefix != "O"})
        numbers = {name: number for number, name in enumerate(self._types)}
        self._prefixes = np.array([prefix for prefix, _ in parts])
        self._kinds = np.array([numbers.get(name, -1) if prefix != "O" else -1 for prefix, name in parts])
        self._strict = strict
        self.add_state("counts", torch.zeros(3, len(self._types), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("totals", torch.zeros(6, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, targets: Tensor, lengths: Tensor) -> None:
        """Count some sentences.

        Args:
            predictions: (sentences, words) tag numbers.
            targets: likewise, the true ones.
            lengths: (sentences,) words of each; what lies beyond is padding.
        """
        guess, gold = predictions.cpu().numpy(), targets.cpu().numpy()
        mask = np.arange(guess.shape[1]) < lengths.cpu().numpy()[:, None]
        guessed, true = self._entities(guess, mask), self._entities(gold, mask)
        both = np.intersect1d(guessed, true, assume_unique=True)
        types = max(len(self._types), 1)
        counts = [np.bincount(found % types, minlength=len(self._types)) for found in (both, guessed, true)]
        self.counts += torch.from_numpy(np.stack(counts)).to(self.counts)
        right = (guess == gold) & mask
        whole = right.sum(1) == mask.sum(1)
        answered = np.zeros(len(guess), dtype=bool)
        answered[guessed // (types * (guess.shape[1] + 1) ** 2)] = True  # an entity's number begins with its sentence's
        sums = [right.sum(), mask.sum(), whole.sum(), len(whole), (whole & answered).sum(), answered.sum()]
        self.totals += torch.tensor([int(value) for value in sums]).to(self.totals)

    def _entities(self, tags: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """A number for each entity, made of its sentence, first word, last word and type."""
        sentences, words = tags.shape
        # One row of all sentences, each with a word outside of all entities behind it.
        prefixes = np.full((sentences, words + 1), "O")
        kinds = np.full((sentences, words + 1), -1)
        prefixes[:, :-1][mask], kinds[:, :-1][mask] = self._prefixes[tags[mask]], self._kinds[tags[mask]]
        prefix, kind = prefixes.ravel(), kinds.ravel()
        before, last_kind = np.concatenate([["O"], prefix[:-1]]), np.concatenate([[-1], kind[:-1]])
        changed, places = kind != last_kind, np.arange(len(prefix))
        if self._strict:
            begins = prefix == "B"
            inside = (prefix == "I") & ~changed & _among(before, _OPEN)
            outside = np.maximum.accumulate(np.where(~begins & ~inside, places, -1))  # the last place that breaks a run
            is_open = np.maximum.accumulate(np.where(begins, places, -1)) > outside
            ends = np.concatenate([[False], is_open[:-1]]) & ~inside
        else:
            begins = _among(prefix, _BEGINS) | (_among(before, _OUT) & _among(prefix, _GOES_ON))
            begins |= ~_among(prefix, _NONE) & changed
            ends = _among(before, _DONE) | (_among(before, _OPEN) & _among(prefix, _CLOSES))
            ends |= ~_among(before, _NONE) & changed
        latest = np.maximum.accumulate(np.where(begins, places, 0))
        last = np.flatnonzero(ends) - 1
        first, width = latest[last], words + 1
        found: np.ndarray = (first * width + last % width) * max(len(self._types), 1) + kind[last]
        return found

    def compute(self) -> dict[str, Tensor]:
        """`precision`, `recall`, `f1` over all entities, `..._macro` over types, `f1_<type>`, `accuracy` of tags, `sequence_accuracy`.

        `sequence_precision` is the share of sentences that are right in every tag among those in which an entity was
        predicted. What would be divided by nothing is 0.
        """
        right, guessed, true = self.counts.double()
        occur = (guessed + true) > 0
        precision, recall = _share(right, guessed), _share(right, true)
        f1 = _share(2 * right, guessed + true)
        values = {
            "precision": _share(right.sum(), guessed.sum()),
            "recall": _share(right.sum(), true.sum()),
            "f1": _share(2 * right.sum(), guessed.sum() + true.sum()),
        }
        for name, each in (("precision", precision), ("recall", recall), ("f1", f1)):
            values[f"{name}_macro"] = each[occur].mean() if occur.any() else torch.tensor(0.0)
        words, sentences, answered = (_share(*self.totals[n : n + 2].double()) for n in (0, 2, 4))
        values |= {"accuracy": words, "sequence_accuracy": sentences, "sequence_precision": answered}
        return values | {f"f1_{name}": f1[n] for n, name in enumerate(self._types) if occur[n]}


def _among(prefixes: np.ndarray, letters: str) -> np.ndarray:
    return np.isin(prefixes, list(letters))


def _share(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part / whole.clamp(min=1), 0.0)
