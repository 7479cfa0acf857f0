"""Tags that are independent labels, such as parts of speech: scores and confusions of words, the sentences with most errors."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.label_tables import by_label_table, confusion_parts
from tunesmith.analyses.rows import Examples, Row
from tunesmith.documents.document import Part
from tunesmith.metrics.confusion import by_label


@dataclass(frozen=True)
class Seed:
    """Counts of a run's words by true and predicted tag; the sentences, and which of them have a wrong tag."""

    confusions: Counter[tuple[str, str]]
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `tokens`, `tags`, `predicted_tags`."""
    seed = Seed(Counter(), Examples())
    for number, row in reading.numbered(rows, {"tokens": list, "tags": list, "predicted_tags": list}):
        tags, predicted = row["tags"], row["predicted_tags"]
        if len(tags) != len(predicted):
            raise reading.wrong(number, f"has {len(tags)} tags, but {len(predicted)} predicted tags")
        pairs = list(zip(tags, predicted, strict=True))
        seed.confusions.update(pairs)
        places = [place for place, (tag, other) in enumerate(pairs) if tag != other]
        seed.examples.add(
            row,
            tags,
            wrong=bool(places),
            badness=len(places),
            cells=lambda row=row, places=places: (  # type: ignore[misc]
                reading.in_short("; ".join(f"{row['tokens'][n]} ({row['tags'][n]})" for n in places)),
                reading.in_short("; ".join(f"{row['tokens'][n]} ({row['predicted_tags'][n]})" for n in places)),
                reading.in_short(" ".join(map(str, row["tokens"]))),
            ),
        )
    return seed


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    tags = sorted({tag for seed in seeds for pair in seed.confusions for tag in pair})
    places = {tag: place for place, tag in enumerate(tags)}
    matrices = np.zeros((len(seeds), len(tags), len(tags)), dtype=np.int64)
    for matrix, seed in zip(matrices, seeds, strict=True):
        for (true, predicted), count in seed.confusions.items():
            matrix[places[true], places[predicted]] = count
    each = [by_label(matrix.diagonal(), matrix.sum(0), matrix.sum(1), tags) for matrix in matrices]
    worst = reading.worst_errors(
        [seed.examples for seed in seeds],
        ["tags", "predicted tags", "text"],
        name=name,
        split=split,
        note="Sentences with most wrong tags.",
    )
    return [
        by_label_table(each, name=f"{name}-labels", title=f"Scores by tag on {split}", unit="tag", note="Of words."),
        *confusion_parts(
            matrices.sum(0),
            tags,
            tags,
            right=np.eye(len(tags), dtype=bool),
            seeds=len(seeds),
            name=f"{name}-confusion",
            title=f"Confusions of tags on {split}",
            unit="tag",
        ),
        worst,
    ]
