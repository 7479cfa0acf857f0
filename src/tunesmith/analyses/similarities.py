"""Sentence embeddings: cosine similarities of positive pairs and of others."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunesmith.analyses import rows as reading
from tunesmith.analyses.rows import Examples, Row, averaging, number_of, over_seeds
from tunesmith.documents.document import Part, Picture, Table
from tunesmith.figures import similarities as figure
from tunesmith.metrics import regression

CLOSE = 0.8  # a pair is positive from this fraction of the split's largest score, as for the run's alignment


@dataclass(frozen=True)
class Seed:
    """The predictions of a run, (pairs,) each: cosine similarity, score (NaN for pairs without one), and the pairs."""

    similarities: np.ndarray
    scores: np.ndarray
    examples: Examples


def collect(rows: Iterable[Row], dataset: Mapping[str, Any]) -> Seed:
    """Read a run's predictions: `similarity`, which single texts do not have; `score`, if people gave one."""
    similarity, scores = array("d"), array("d")
    examples = Examples()
    for _, row in reading.numbered(rows, {}):
        similarity.append(number_of(row.get("similarity")))
        scores.append(number_of(row.get("score")))
        examples.add(row, row.get("score"), wrong=False, badness=0.0, cells=tuple)
    return Seed(np.array(similarity), np.array(scores), examples)


def parts(seeds: Sequence[Seed], *, split: str, name: str) -> list[Part]:
    """Tables and pictures of the predictions of one configuration's seeds."""
    title = f"Similarities on {split}"
    values, scores = (np.concatenate([getattr(seed, key) for seed in seeds]) for key in ("similarities", "scores"))
    finite = np.isfinite(values)
    if not finite.any():
        return [f"{title}: not drawn, for the predictions have no similarities; single texts have none."]
    found: list[Part] = []
    groups = {"pairs": values[finite]}
    if not np.isnan(scores).any():
        positive = scores >= CLOSE * scores.max()
        groups = {"positive pairs": values[finite & positive], "other pairs": values[finite & ~positive]}
        measures = {"Spearman correlation": regression.spearman, "Pearson correlation": regression.pearson}
        row = [over_seeds([measure(seed.scores, seed.similarities) for seed in seeds]) for measure in measures.values()]
        note = f"Of cosine similarities and scores.{averaging(len(seeds))}"
        found.append(Table(f"{name}-scores", f"Correlations on {split}", list(measures), [row], note=note))
    caption = (
        f"A pair is positive if its score is at least {CLOSE} of the largest."
        if len(groups) > 1
        else "Texts and their positives."
    )
    if not finite.all():
        caption += f" {int((~finite).sum()):,} pairs without a similarity are left out."
    if len(seeds) > 1:
        caption += f" Pairs of {len(seeds)} seeds together."
    drawn = {label: group for label, group in groups.items() if len(group)}
    return [*found, Picture(f"{name}-similarities", title, figure.similarities(drawn, title=title), caption)]
