"""A score of a group by seed: what two groups are compared by, and what had to be left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.report.groups import Group
from tunesmith.runs.recorded import content_of


@dataclass(frozen=True)
class SeedScores:
    """The scores of a group.

    Attributes:
        by_seed: a score for each seed; of a seed with several runs, their mean, for they are not independent.
        notes: on runs without a score and on seeds with several runs.
    """

    by_seed: dict[int, float]
    notes: list[str]

    @property
    def not_finite(self) -> list[int]:
        """Seeds whose score is NaN or infinite."""
        return [seed for seed, value in self.by_seed.items() if not math.isfinite(value)]


def seed_scores(group: Group, score: str) -> SeedScores:
    """The scores of a group's completed runs, by seed.

    Args:
        group: of runs that differ only in their seed.
        score: such as `test/f1`.
    """
    values = group.by_seed(score)
    notes = []
    if without := len(group.records) - sum(map(len, values.values())):
        notes.append(f"{without} of {len(group.records)} runs without {score}")
    notes += [
        f"seed {seed} has {len(found)} runs, which count as one" for seed, found in values.items() if len(found) > 1
    ]
    return SeedScores({seed: sum(values[seed]) / len(values[seed]) for seed in sorted(values)}, notes)


def scored_on_other_data(groups: Sequence[Group], score: str) -> bool:
    """Whether runs of some groups were scored on different data, as far as they recorded it.

    Args:
        groups: to compare.
        score: whose split counts: `test/f1` is that of test data.
    """
    split = score.partition("/")[0]
    contents = {content_of(record.data.get(split, ""), split) for group in groups for record in group.completed}
    return len(contents - {""}) > 1
