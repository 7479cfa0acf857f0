"""One light pass over every split of labelled texts: labels, missing cells, empty texts."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tunesmith.data.encoding.label_lists import is_multi_hot, label_list
from tunesmith.data.encoding.labels import Labels, Problem, learn
from tunesmith.data.encoding.texts import as_text
from tunesmith.data.survey.label_column import question
from tunesmith.data.survey.label_warnings import label_warnings, target_warnings
from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed, shortened


def survey_labels(
    source: Any, *, columns: Sequence[str], label: str, problem: Problem, labels: Labels | None
) -> tuple[Labels, Survey]:
    """Read every row of a dataset with one target per example.

    Args:
        source: a source of `tunesmith.data.sources`.
        columns: the columns of the texts.
        label: the column of the label.
        problem: single_label, multi_label or regression.
        labels: the labels if they are known; None to learn them from the training split.

    Raises:
        UserError: with the mistakes of all splits: missing or unseen labels, no rows, only one class; or if the column
            does not look like one of labels.
    """
    reader = _Reader(source, columns, label, problem)
    for split in source.splits:
        reader.read(split)
    train = reader.cells.get("train", [])
    learnt = labels is None
    if labels is None:
        labels = learn((cell.value for cell in train), problem=problem)
    labels = dataclasses.replace(labels, multi_hot=reader.is_multi_hot(labels))
    if labels.multi_hot and not labels.given:
        raise UserError(reader.mistakes + [reader.unnamed_multi_hot(labels)])
    if learnt and (asked := question(source, label=label, problem=problem, names=labels.names, cells=train)):
        raise UserError(asked)
    targets = {split: reader.targets(split, labels) for split in source.splits}
    mistakes = list(_label_set_mistakes(labels, trained=bool(train)))
    if reader.mistakes or mistakes:
        raise UserError(mistakes + reader.mistakes if labels.names or not reader.mistakes else reader.mistakes)
    notes = {"empty texts": reader.empty}
    if problem == "regression":
        return labels, Survey(reader.rows, "labels are numbers", notes, warnings=list(target_warnings(targets)))
    counts = {split: _count(found, labels) for split, found in targets.items()}
    if problem == "multi_label":
        notes["examples without a label"] = {split: _without(found) for split, found in targets.items()}
    warnings = list(label_warnings(counts, given=labels.given, single=problem == "single_label"))
    return labels, Survey(reader.rows, f"labels {listed(labels.names)}", notes, counts, warnings)


def _label_set_mistakes(labels: Labels, *, trained: bool) -> Iterable[str]:
    if labels.problem == "regression":
        if labels.given:
            yield f"dataset.labels names {listed(labels.given)}, but dataset.problem is regression; set dataset.labels=null"
        return
    if len(labels.names) < 2 and (trained or labels.given):
        where = "dataset.labels" if labels.given else "the training split"
        have = f"only one label ({listed(labels.names)})" if labels.names else "no label"
        yield f"{where} has {have}; a classifier needs two or more"


@dataclasses.dataclass
class Cell:
    """A distinct value of the label's column: its first row, and in how many rows it is."""

    value: Any
    row: int
    rows: int


class _Reader:
    def __init__(self, source: Any, columns: Sequence[str], label: str, problem: Problem) -> None:
        self.source, self.columns, self.label, self.problem = source, columns, label, problem
        self.rows: dict[str, int] = {}
        self.empty: dict[str, int] = {}
        self.mistakes: list[str] = []
        self.cells: dict[str, list[Cell]] = {}

    def read(self, split: str) -> None:
        """Collect the distinct values of the label; count rows, empty texts and rows without a label."""
        cells: dict[Any, Cell] = {}
        rows = empty = missing = wrong = 0
        for row, record in self.source.rows(split):
            rows += 1
            try:
                texts = [as_text(record.get(column)) for column in self.columns]
                empty += not all(text.strip() for text in texts)
            except ValueError as error:
                wrong += 1
                if wrong <= SHOWN:
                    self.mistakes.append(f"{self.source.where(split, row)}: {error}")
            value = record.get(self.label)
            if self._is_missing(value):
                missing += 1
                if missing <= SHOWN:
                    remedy = (
                        "write [] for no label" if self.problem == "multi_label" else "fill the cell or drop the row"
                    )
                    self.mistakes.append(f"{self.source.where(split, row)}: no {self.label}; {remedy}")
                continue
            key = value if isinstance(value, str) else (repr(value),)  # 1, 1.0 and True would be one key
            cells.setdefault(key, Cell(value, row, 0)).rows += 1
        if missing > SHOWN:
            self.mistakes.append(f"... and {missing - SHOWN} more rows of {split} without {self.label}")
        if wrong > SHOWN:
            self.mistakes.append(f"... and {wrong - SHOWN} more rows of {split} without a text")
        if not rows:
            self.mistakes.append(no_rows(split))
        self.rows[split], self.empty[split], self.cells[split] = rows, empty, list(cells.values())

    def _is_missing(self, value: Any) -> bool:
        if self.problem == "multi_label":
            return value is None
        return value is None or (isinstance(value, str) and not value.strip())

    def is_multi_hot(self, labels: Labels) -> bool:
        """Whether the rows hold a 0 or 1 for each label; names that are numbers rule it out."""
        if self.problem != "multi_label" or (labels.given and not labels.numbers_are_indices):
            return False
        return is_multi_hot((found for _, _, found in self._lists(labels)), labels=len(labels.given))

    def _lists(self, labels: Labels) -> Iterator[tuple[str, Cell, list[Any]]]:
        for split, cells in self.cells.items():
            for cell in cells:
                with contextlib.suppress(ValueError):  # which `targets` reports
                    yield split, cell, label_list(cell.value, given=labels.given)

    def unnamed_multi_hot(self, labels: Labels) -> str:
        """The message for multi-hot rows whose labels have no names."""
        lists = self._lists(labels)
        split, cell = next((split, cell) for split, cell, found in lists if is_multi_hot([found], labels=0))
        return (
            f"{self.source.where(split, cell.row)}: {self.label} is {cell.value}, a 0 or 1 for each label; name the labels "
            "in their order with dataset.labels=[NAME,...]"
        )

    def targets(self, split: str, labels: Labels) -> list[tuple[Any, int]]:
        """Distinct targets of a split with their number of examples; values that are none become mistakes."""
        found, wrong = [], 0
        written: dict[str, Cell] = {}  # the first cell with a name, and with an index
        for cell in self.cells[split]:
            try:
                found.append((labels.encode(cell.value), cell.rows))
                for how in labels.written_as(cell.value):
                    written.setdefault(how, cell)
            except ValueError as error:
                wrong += 1
                if wrong <= SHOWN:
                    why = (
                        "; the training split has no such label"
                        if not labels.given and "is not one of" in str(error)
                        else ""
                    )
                    self.mistakes.append(f"{self.source.where(split, cell.row)}: {error}{why}")
        if wrong > SHOWN:
            self.mistakes.append(f"... and {wrong - SHOWN} more wrong labels in {split}")
        if len(written) > 1:
            name, number = written["name"], written["number"]
            self.mistakes.append(
                f"{self.source.where(split, name.row)}: {self.label} is {shortened(str(name.value))}, a name, but in "
                f"{self.source.where(split, number.row)} it is {shortened(str(number.value))}, the number of one in "
                "dataset.labels; write names in all rows, or numbers"
            )
        return found


def _count(targets: Iterable[tuple[Any, int]], labels: Labels) -> dict[str, int]:
    """Number of examples with each label, in the order of the ids."""
    counts = dict.fromkeys(labels.names, 0)
    for target, rows in targets:
        found = labels.decode(target)
        for name in found if isinstance(found, list) else [found]:
            counts[name] += rows
    return counts


def _without(targets: Iterable[tuple[Any, int]]) -> int:
    return sum(rows for target, rows in targets if not any(target))
