"""One light pass over every split before anything heavy is loaded: labels, missing cells, empty texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.data.labels import Labels, Problem, learn, split_labels
from tunesmith.errors import UserError

_SHOWN = 5  # mistakes of a split that a message names one by one


@dataclass(frozen=True)
class Survey:
    """What the splits hold: their label set, and for each split the rows and the empty texts."""

    labels: Labels
    rows: dict[str, int]
    empty: dict[str, int]


def survey(source: Any, *, columns: Sequence[str], label: str, problem: Problem, names: Sequence[str] | None) -> Survey:
    """Read every row once.

    Args:
        source: a source of `tunesmith.data.sources`.
        columns: the columns of the texts.
        label: the column of the label.
        problem: what a label is.
        names: the label names in the order of their numbers; null to learn them from the training split.

    Raises:
        UserError: with every split's mistakes: missing labels, labels that training lacks, no rows, one class only.
    """
    reader = _Reader(source, columns, label)
    train = reader.values("train") if "train" in source.splits else []
    labels = learn(train, problem=problem) if names is None else Labels(problem, tuple(names))
    if problem != "regression" and len(labels.names) < 2 and reader.rows.get("train"):
        reader.mistakes.append(
            f"the training split has one label only ({', '.join(labels.names)}); a classifier needs two or more"
        )
    for split in source.splits:
        reader.check(split, labels, learnt=names is None)
    if reader.mistakes:
        raise UserError(reader.mistakes)
    return Survey(labels, reader.rows, reader.empty)


class _Reader:
    def __init__(self, source: Any, columns: Sequence[str], label: str) -> None:
        self.source, self.columns, self.label = source, columns, label
        self.rows: dict[str, int] = {}
        self.empty: dict[str, int] = {}
        self.mistakes: list[str] = []
        self._first_place: dict[str, dict[Any, int]] = {}

    def values(self, split: str) -> list[Any]:
        """The distinct labels of a split; counts rows, empty texts and rows without a label on the way."""
        places: dict[Any, int] = {}
        rows = empty = missing = 0
        for row, record in self.source.rows(split):
            rows += 1
            empty += any(record.get(column) in (None, "") or not str(record[column]).strip() for column in self.columns)
            value = record.get(self.label)
            if value is None or value == "":
                missing += 1
                if missing <= _SHOWN:
                    self.mistakes.append(
                        f"{self.source.where(split, row)}: no {self.label}; fill the cell or drop the row"
                    )
            else:
                places.setdefault(tuple(value) if isinstance(value, list) else value, row)
        if missing > _SHOWN:
            self.mistakes.append(f"... and {missing - _SHOWN} more rows of {split} without {self.label}")
        if not rows:
            self.mistakes.append(
                f"the {split} split has no rows; expected at least one (two for a held-out validation)"
            )
        self.rows[split], self.empty[split], self._first_place[split] = rows, empty, places
        return list(places)

    def check(self, split: str, labels: Labels, *, learnt: bool) -> None:
        """Name the labels of a split that are not in the label set."""
        if split not in self._first_place:
            self.values(split)
        wrong = list(self._wrong(split, labels))
        why = "; training has no such label" if learnt and labels.problem != "regression" else ""
        self.mistakes += [f"{self.source.where(split, row)}: {text}{why}" for row, text in wrong[:_SHOWN]]
        if len(wrong) > _SHOWN:
            self.mistakes.append(f"... and {len(wrong) - _SHOWN} more wrong labels in {split}")

    def _wrong(self, split: str, labels: Labels) -> Iterator[tuple[int, str]]:
        for value, row in self._first_place[split].items():
            for part in split_labels(value) if labels.problem == "multi_label" else [value]:
                try:
                    Labels(labels.problem, labels.names).encode([part] if labels.problem == "multi_label" else part)
                except ValueError as error:
                    yield row, str(error)
