"""Is this the label's column? A column whose values hardly repeat is a text or an identifier, not a label."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from tunesmith.data.encoding.label_lists import label_list
from tunesmith.data.encoding.label_names import as_number
from tunesmith.errors.messages import listed

FEWEST = 20  # distinct labels that are never questioned
_ROWS = 1000  # that other columns are judged by


def question(source: Any, *, label: str, problem: str, names: Sequence[str], cells: Sequence[Any]) -> str | None:
    """The question about a label column with more than 20 labels that occur less than twice on average.

    Args:
        source: a source of `tunesmith.data.sources`.
        label: the column.
        problem: single_label, multi_label or regression.
        names: the labels learnt from the training split.
        cells: the column's distinct values, with the number of rows of each.
    """
    occurrences = sum(cell.rows for cell in cells)
    rows = occurrences
    if problem == "multi_label":
        occurrences = sum(cell.rows * _number_of_labels(cell.value) for cell in cells)
    if len(names) <= FEWEST or 2 * len(names) <= occurrences:
        return None
    likely = _likely_columns(source, label)
    column = f"Set dataset.label=COLUMN ({listed(likely)}?)" if likely else "Set dataset.label=COLUMN"
    numbers = all(as_number(name) is not None for name in names)
    regression = ", or dataset.problem=regression if they are quantities" if numbers else ""
    return (
        f"{len(names):,} distinct labels in {rows:,} training rows: is dataset.label={label} the label's column? "
        f"{column}{regression}, or list them in dataset.labels to confirm"
    )


def _number_of_labels(value: Any) -> int:
    try:
        return len(label_list(value, given=()))
    except ValueError:
        return 0


def _likely_columns(source: Any, label: str) -> list[str]:
    """Other columns with at least two, and few, distinct values in the first rows."""
    seen: dict[str, set[str]] = {}
    rows = 0
    for _, record in islice(source.rows("train"), _ROWS):
        rows += 1
        for name, value in record.items():
            seen.setdefault(name, set()).add(str(value))
    few = {name: len(values) for name, values in seen.items() if name != label and 2 <= len(values) <= rows // 2}
    return sorted((name for name in few if few[name] <= 2 * FEWEST), key=lambda name: (few[name], name))
