"""Language models: loss, perplexity and accuracy over all predicted tokens, and the texts with the largest loss."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.analyses import rows as reading
from tunesmith.analyses.rows import Examples, Row, averaging, number_of, over_seeds, text_of
from tunesmith.documents.document import Part, Table

_LARGEST = 700  # the logarithm of a perplexity that is still a number


@dataclass(frozen=True)
class Seed:
    """Sums over a run's predicted tokens; its texts or blocks of texts."""

    tokens: int
    loss: float
    right: float
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `tokens`, `loss` and `accuracy` of each text or block, null without tokens."""
    tokens, losses, right = 0, [], []
    examples = Examples()
    for _, row in reading.numbered(rows, {"tokens": int, "loss": reading.NUMBER, "accuracy": reading.NUMBER}):
        count, loss = int(row["tokens"]), number_of(row["loss"])
        if count:
            tokens += count
            losses.append(loss * count)
            right.append(number_of(row["accuracy"]) * count)
        text = dataset.get("text")
        examples.add(
            row,
            None,
            wrong=bool(count) and text in row,
            badness=loss,
            cells=lambda row=row, loss=loss, count=count: (loss, count, text_of(row, (dataset.get("text"),))),  # type: ignore[misc]
        )
    return Seed(tokens, math.fsum(losses), math.fsum(right), examples)


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables of the predictions of one configuration's seeds."""
    if not all(seed.tokens for seed in seeds):
        return [f"No token of {split} was predicted."]
    losses = [seed.loss / seed.tokens for seed in seeds]
    row = [
        len(seeds[0].examples.wrong),
        over_seeds([seed.tokens for seed in seeds]) if len({seed.tokens for seed in seeds}) > 1 else seeds[0].tokens,
        over_seeds(losses),
        over_seeds([math.exp(min(loss, _LARGEST)) for loss in losses]),
        over_seeds([seed.right / seed.tokens for seed in seeds]),
    ]
    headings = ["texts or blocks", "predicted tokens", "loss (nats per token)", "perplexity", "accuracy"]
    note = f"Over all predicted tokens.{averaging(len(seeds))}"
    found: list[Part] = [Table(f"{name}-scores", f"Scores on {split}", headings, [row], note=note)]
    table = reading.worst_table(
        [seed.examples for seed in seeds],
        ["loss", "tokens", "text"],
        name=f"{name}-worst",
        title=f"Largest losses on {split}",
        note="Texts with the largest loss per token.",
        ranked=True,
    )
    return [*found, *([table] if table else [])]
