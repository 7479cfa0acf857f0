"""One light pass over every split of texts, pairs, triplets and scored pairs."""

from typing import Any

from tunesmith.data.survey.survey import SHOWN, Survey, no_rows
from tunesmith.errors import UserError

NEED_SCORES = ("spearman", "pearson")  # metrics that compare with human scores


def survey_pairs(source: Any, task: Any) -> Survey:
    """Read every row.

    Args:
        source: a source of `tunesmith.data.sources`.
        task: a `Contrastive`.

    Raises:
        UserError: with the mistakes of all splits: missing texts or scores, too few rows, metrics that lack their data.
    """
    reader = _Reader(source, task)
    for split in source.splits:
        reader.read(split)
    if mistakes := reader.mistakes or _metric_mistakes(source, task, reader.scored):
        raise UserError(mistakes)
    kinds = {2: "pairs", 3: "triplets"}.get(len(task.columns), "plain texts")
    scored = [split for split, yes in reader.scored.items() if yes]
    summary = kinds + (f", scored pairs in {' and '.join(scored)}" if scored else "")
    return Survey(reader.rows, summary, {"empty texts": reader.empty})


class _Reader:
    """Counts and mistakes, split by split."""

    def __init__(self, source: Any, task: Any) -> None:
        self.source, self.task = source, task
        self.rows: dict[str, int] = {}
        self.empty: dict[str, int] = {}
        self.scored: dict[str, bool] = {}
        self.mistakes: list[str] = []

    def read(self, split: str) -> None:
        """Check the rows of a split."""
        count = wrong = self.empty[split] = 0
        scores: set[float] = set()
        for row, record in self.source.rows(split):
            if not count:
                self.scored[split] = self.task.is_scored(record)
            count += 1
            try:
                texts, score = self._checked(record, split)
            except ValueError as error:
                wrong += 1
                if wrong <= SHOWN:
                    self.mistakes.append(f"{self.source.where(split, row)}: {error}")
                continue
            self.empty[split] += not all(text.strip() for text in texts)
            if score is not None and len(scores) < 2:
                scores.add(score)
        self.rows[split] = count
        if wrong > SHOWN:
            self.mistakes.append(f"... and {wrong - SHOWN} more rows of {split}")
        if not count:
            self.mistakes.append(no_rows(split))
        elif count == 1:
            self.mistakes.append(f"the {split} split has 1 row; contrastive training needs 2 or more")
        elif not wrong and self.scored[split] and len(scores) < 2:
            self.mistakes.append(
                f"every {self.task.score_column} in {split} is {next(iter(scores))}; a correlation needs two different ones"
            )

    def _checked(self, record: dict[str, Any], split: str) -> tuple[list[str], float | None]:
        task, columns = self.task, self.task.columns
        if self.scored[split]:
            if not task.is_scored(record):
                raise ValueError(f"no {task.score_column}; fill it or drop the row")
            if split == "train" and columns != [task.first, task.second]:
                raise ValueError(
                    f"a scored pair (it has {task.score_column}) is not a training example; expected {', '.join(columns)}"
                )
        else:
            if task.is_scored(record):
                raise ValueError(
                    f"a scored pair (it has {task.score_column}) among rows of {', '.join(columns)}; expected rows of one kind"
                )
            for column in columns:
                if column not in record:
                    raise ValueError(f"no {column}; fill it or drop the row")
        texts: tuple[list[str], float | None] = task.read(record)
        return texts


def _metric_mistakes(source: Any, task: Any, scored: dict[str, bool]) -> list[str]:
    """Metrics that cannot be computed on the validation split."""
    if "validation" not in source.splits or scored["validation"]:
        return []
    lacking = [name for name in task.metric_names if name in NEED_SCORES]
    lacking += [name for name in task.metric_names if name == "alignment" and len(task.columns) == 1]
    columns = ", ".join((task.first, task.second, task.score_column))
    return [
        f"dataset.metrics: {name} needs scored pairs in the validation split, which has none; set dataset.validation=FILE "
        f"with the columns {columns}, or dataset.metrics=[loss]"
        for name in lacking
    ]
