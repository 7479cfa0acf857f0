"""One light pass over every split of labelled texts: labels, missing cells, empty texts."""

from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.data.encoding.labels import Labels, Problem, learn, split_labels
from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError


def survey_labels(
    source: Any, *, columns: Sequence[str], label: str, problem: Problem, names: Sequence[str] | None
) -> tuple[Labels, Survey]:
    """Read every row of a dataset with one target per example.

    Args:
        source: a source of `tunesmith.data.sources`.
        columns: the columns of the texts.
        label: the column of the label.
        problem: single_label, multi_label or regression.
        names: the label names in the order of their ids; null to infer them from the training split.

    Raises:
        UserError: with the mistakes of all splits: missing or unseen labels, no rows, only one class.
    """
    reader = _Reader(source, columns, label)
    train = reader.values("train") if "train" in source.splits else []
    labels = learn(train, problem=problem) if names is None else Labels(problem, tuple(names))
    if problem != "regression" and len(labels.names) < 2 and reader.rows.get("train"):
        reader.mistakes.append(
            f"the training split has only one label ({', '.join(labels.names)}); a classifier needs two or more"
        )
    for split in source.splits:
        reader.check(split, labels, learnt=names is None)
    if reader.mistakes:
        raise UserError(reader.mistakes)
    summary = f"labels {', '.join(labels.names)}" if labels.names else "labels are numbers"
    return labels, Survey(reader.rows, summary, {"empty texts": reader.empty})


class _Reader:
    def __init__(self, source: Any, columns: Sequence[str], label: str) -> None:
        self.source, self.columns, self.label = source, columns, label
        self.rows: dict[str, int] = {}
        self.empty: dict[str, int] = {}
        self.mistakes: list[str] = []
        self._first_rows: dict[str, dict[Any, int]] = {}

    def values(self, split: str) -> list[Any]:
        """The distinct labels of a split; also counts rows, empty texts and rows without a label."""
        first_rows: dict[Any, int] = {}
        rows = empty = missing = 0
        for row, record in self.source.rows(split):
            rows += 1
            empty += any(record.get(column) in (None, "") or not str(record[column]).strip() for column in self.columns)
            value = record.get(self.label)
            if value is None or value == "":
                missing += 1
                if missing <= SHOWN:
                    self.mistakes.append(
                        f"{self.source.where(split, row)}: no {self.label}; fill the cell or drop the row"
                    )
            else:
                first_rows.setdefault(tuple(value) if isinstance(value, list) else value, row)
        if missing > SHOWN:
            self.mistakes.append(f"... and {missing - SHOWN} more rows of {split} without {self.label}")
        if not rows:
            self.mistakes.append(no_rows(split))
        self.rows[split], self.empty[split], self._first_rows[split] = rows, empty, first_rows
        return list(first_rows)

    def check(self, split: str, labels: Labels, *, learnt: bool) -> None:
        """Report the labels of a split that are not in the label set."""
        if split not in self._first_rows:
            self.values(split)
        wrong = list(self._wrong(split, labels))
        why = "; the training split has no such label" if learnt and labels.problem != "regression" else ""
        self.mistakes += [f"{self.source.where(split, row)}: {text}{why}" for row, text in wrong[:SHOWN]]
        if len(wrong) > SHOWN:
            self.mistakes.append(f"... and {len(wrong) - SHOWN} more wrong labels in {split}")

    def _wrong(self, split: str, labels: Labels) -> Iterator[tuple[int, str]]:
        for value, row in self._first_rows[split].items():
            for part in split_labels(value) if labels.problem == "multi_label" else [value]:
                try:
                    Labels(labels.problem, labels.names).encode([part] if labels.problem == "multi_label" else part)
                except ValueError as error:
                    yield row, str(error)
