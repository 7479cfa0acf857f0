"""What is probably not meant about labels and targets that can be read."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tunesmith.data.encoding.label_names import as_number
from tunesmith.errors.messages import listed, shortened

Counts = Mapping[str, Mapping[str, int]]


def label_warnings(counts: Counts, *, given: Sequence[str], single: bool) -> Iterator[str]:
    """Sentences about labels that lack examples or look alike.

    Args:
        counts: for each split the number of examples of each label.
        given: the names in `dataset.labels`.
        single: whether each example has one label.
    """
    trained = {name for name, count in counts.get("train", {}).items() if count}
    if "train" in counts and (never := [name for name in given if name not in trained]):
        yield f"no training example has the label {listed(never)} of dataset.labels; check the names"
    for split, found in counts.items():
        present = [name for name, count in found.items() if count]
        if single and len(present) == 1:
            why = "there is nothing to learn" if split == "train" else "its scores say nothing of other labels"
            yield f"all {found[present[0]]:,} examples of {split} have the label {shortened(present[0])}, so {why}"
        elif lacking := [name for name in found if name in trained and not found[name]]:
            yield f"no example of {split} has the label {listed(lacking)}"
    for group in _alike(dict.fromkeys(name for found in counts.values() for name in found)):
        if len({unicodedata.normalize("NFC", name) for name in group}) < len(group):  # the same on the screen
            group = [ascii(name)[1:-1] for name in group]
        yield f"the labels {listed(group)} are different labels, but look alike; write them the same way if they are one"


def _alike(names: Iterable[str]) -> Iterator[list[str]]:
    """Labels that differ only in case, in Unicode's forms, in blanks, or as ways of writing a number."""
    groups: dict[Any, list[str]] = {}
    for name in names:
        plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
        number = {"true": 1.0, "false": 0.0}.get(plain, as_number(plain))
        groups.setdefault(plain if number is None else number, []).append(name)
    return (group for group in groups.values() if len(group) > 1)


def target_warnings(targets: Mapping[str, Sequence[tuple[float, int]]]) -> Iterator[str]:
    """Sentences about splits in which every target of regression is the same number.

    Args:
        targets: for each split its distinct targets, with the number of examples of each.
    """
    for split, found in targets.items():
        if len({target for target, _ in found}) == 1:
            why = "there is nothing to learn" if split == "train" else "its correlations are not defined"
            yield f"every target of {split} is {found[0][0]:g}, so {why}"
