"""The tables of scores at the end of a run and of an evaluation."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.table import Table
from rich.text import Text

from tunesmith.documents.numbers import score
from tunesmith.errors.terminal import Escaped, console

_REASONS = "ROC AUC needs examples with and without each label, a correlation needs values that differ"


def print_scores(
    scores: Mapping[str, float],
    *,
    title: str,
    first: Sequence[str],
    examples: Mapping[str, int] = MappingProxyType({}),
    note: str = "",
) -> None:
    """Print a row per score and a column per split.

    Args:
        scores: by name, as `validation/accuracy`.
        title: of the table.
        first: scores on top, such as `accuracy`; the first is in bold.
        examples: of each split, as far as they are known: fewer have fewer digits.
        note: a sentence below the table.
    """
    splits = list(dict.fromkeys(key.partition("/")[0] for key in scores))
    names = list(dict.fromkeys(key.partition("/")[2] for key in scores))
    names.sort(key=lambda name: first.index(name) if name in first else len(first))
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    table.add_column("score")
    for split in splits:
        table.add_column(Text(split), justify="right")
    for name in names:
        found = {split: scores.get(f"{split}/{name}") for split in splits}
        cells = ["" if value is None else score(value, examples.get(split)) for split, value in found.items()]
        table.add_row(Text(name), *cells, style="bold" if name in first[:1] else None)
    console().print(Escaped(table))
    if note:
        print(note, flush=True)


def warn_of_undefined(scores: Mapping[str, float]) -> None:
    """Print the names of the scores that are not a number, if there are any."""
    names = [name for name, value in scores.items() if not math.isfinite(value)]
    if names:
        print(f"Warning: not a number: {', '.join(names)} (null in metrics.json); {_REASONS}", flush=True)


def print_label_scores(labels: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Print a table for each split, with a row per label.

    Args:
        labels: split -> label -> precision, recall, f1 and support, and perhaps further scores.
    """
    for split, scores in labels.items():
        table = Table(title=Text(f"{split}, by label"), title_justify="left", title_style="bold")
        table.add_column("label")
        headings = list(next(iter(scores.values())))
        for heading in headings:
            table.add_column(heading, justify="right")
        for label, row in scores.items():
            cells = [f"{row[name]:,}" if name == "support" else score(row[name]) for name in headings]
            table.add_row(Text(label), *cells)
        console().print(Escaped(table))
