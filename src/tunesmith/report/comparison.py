"""Configurations compared with a baseline over their seeds, without claiming more than the seeds show.

Dror et al. (2018), "The Hitchhiker's Guide to Testing Statistical Significance in NLP"; Reimers & Gurevych (2017) on why one
seed shows nothing. The test that decides is Student's paired t test where seeds are shared, else Welch's: they keep the 5 %
level with 3, 5 and 20 seeds (measured by `benchmarks/calibration_of_tests.py`), and can reject with 3. Permutation tests assume
less, but cannot reach 5 % with five pairs, so they are reported beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.configuration.monitor import larger_is_better
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean, listed
from tunesmith.report.groups import Group
from tunesmith.report.seed_scores import SeedScores, scored_on_other_data, seed_scores
from tunesmith.statistics import paired_tests
from tunesmith.statistics.corrections import holm
from tunesmith.statistics.effect_sizes import hedges_g, paired_g, superiority
from tunesmith.statistics.intervals import Interval, t_interval, welch_interval
from tunesmith.statistics.paired_tests import Permutation
from tunesmith.statistics.stochastic_order import violation_bound

LEVEL = 0.05
FEWEST = 3  # seeds, or pairs of them, for a claim


@dataclass(frozen=True)
class Comparison:
    """A group compared with the baseline.

    Attributes:
        group: compared.
        seeds: number of its seeds that were compared.
        baseline_seeds: number of the baseline's; the same if paired.
        paired: whether the scores were paired by seed.
        difference: mean of the group minus that of the baseline, over the seeds that were compared.
        interval: of the difference, 95 %.
        test: by its name; empty if there was none.
        p: of the test, two-sided; None without a test.
        adjusted: p with Holm's correction for all groups that were compared.
        permutation: the outcome of a permutation test, beside.
        effect: Hedges' g of the difference, paired or not; None also if nothing varies.
        superiority: probability that a run of the group is better than one of the baseline.
        violation: upper bound of the violation ratio; below 0.5 the group is almost stochastically better, by a bound that few
            seeds do not make safe: it is no claim.
        reason: why there is no test; else empty.
        notes: what was left out, and what else to know.
    """

    group: Group
    seeds: int
    baseline_seeds: int
    paired: bool
    difference: float | None = None
    interval: Interval | None = None
    test: str = ""
    p: float | None = None
    adjusted: float | None = None
    permutation: Permutation | None = None
    effect: float | None = None
    superiority: float | None = None
    violation: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def claimed(self) -> bool:
        """Whether a difference is claimed, at the level of 5 % over all comparisons."""
        return self.adjusted is not None and self.adjusted <= LEVEL


def compare(groups: Sequence[Group], baseline: Group, score: str) -> list[Comparison]:
    """Each group but the baseline, compared with it; p values are corrected for all of them.

    Scores are paired by seed if at least three seeds are shared, and else all scores of both are compared. No test is made with fewer
    than three seeds of either, if a score is not finite, or if the runs were scored on other data.

    Args:
        groups: in the order of the result.
        baseline: which may be one of them.
        score: such as `test/f1`.

    Raises:
        UserError: if no completed run has the score.
    """
    _check(score, [*groups, baseline])
    others = [group for group in groups if group is not baseline]
    found = [_compared(group, baseline, score) for group in others]
    adjusted = holm([comparison.p for comparison in found])
    return [replace(comparison, adjusted=p) for comparison, p in zip(found, adjusted, strict=True)]


def indistinguishable(groups: Sequence[Group], score: str) -> list[Group]:
    """The group with the best mean, first, then those that were tested against it and cannot be told from it at 5 %.

    The best was chosen by the scores that test it, so the correction is that for all pairs of groups: corrected only for
    the comparisons made, a worse group would be claimed among ten equal ones in 8 to 15 % of the reports, not in 5 %.
    A group that cannot be tested, of two seeds for example, is not among them: nothing is known about it.

    Args:
        groups: to choose from; one with a score that is not finite is never the best.
        score: such as `test/f1`.

    Raises:
        UserError: if no completed run has the score.
    """
    _check(score, groups)
    sign = 1 if larger_is_better(score) else -1
    scores = [(group, seed_scores(group, score)) for group in groups]
    usable = [(group, found) for group, found in scores if found.by_seed and not found.not_finite]
    if not usable:
        return []
    best, _ = max(usable, key=lambda pair: sign * float(np.mean([*pair[1].by_seed.values()])))
    others = [group for group, _ in usable if group is not best]
    ps = [_p(_Values.of(group, best, score)) for group in others]
    tested = 1 + sum(p is not None for p in ps)
    adjusted = holm(ps, family=tested * (tested - 1) // 2)
    return [best, *(group for group, p in zip(others, adjusted, strict=True) if p is not None and p > LEVEL)]


@dataclass(frozen=True)
class _Values:
    """The scores of a group and of the baseline that are compared, and why they cannot be tested, or an empty reason."""

    group: np.ndarray
    baseline: np.ndarray
    paired: bool
    reason: str
    notes: list[str]

    @classmethod
    def of(cls, group: Group, baseline: Group, score: str) -> "_Values":
        first, second = seed_scores(group, score), seed_scores(baseline, score)
        notes = [*first.notes, *(f"baseline: {note}" for note in second.notes)]
        shared = [seed for seed in first.by_seed if seed in second.by_seed]
        reason = _reason(group, baseline, score, first, second)
        paired = len(shared) >= FEWEST and not reason
        if paired and len(shared) < max(len(first.by_seed), len(second.by_seed)):
            counts = f"{len(first.by_seed)} and {len(second.by_seed)} seeds"
            notes.append(f"only the {len(shared)} seeds that both have are compared, of {counts}")
        elif shared and not paired and not reason:
            notes.append(f"not paired: only {len(shared)} of the seeds {'is' if len(shared) == 1 else 'are'} in both")
        seeds = (shared, shared) if paired else ([*first.by_seed], [*second.by_seed])
        scores = [
            np.array([found.by_seed[seed] for seed in kept]) for found, kept in zip((first, second), seeds, strict=True)
        ]
        return cls(scores[0], scores[1], paired, reason, notes)


def _reason(group: Group, baseline: Group, score: str, first: SeedScores, second: SeedScores) -> str:
    """Why two groups cannot be compared by a test; empty if they can."""
    if scored_on_other_data([group, baseline], score):
        return f"the runs were scored on different data: the content of the {score.partition('/')[0]} split differs"
    for name, found in (("", first), ("the baseline: ", second)):
        if found.not_finite:
            return f"{name}{score} is not a finite number for seed {listed(map(str, found.not_finite))}"
        if len(found.by_seed) < FEWEST:
            count = len(found.by_seed)
            return f"{name}{count or 'no'} seed{'s' * (count != 1)} with {score}; a claim needs at least {FEWEST}"
    return ""


def _p(values: _Values) -> float | None:
    """The p of the test that decides; None where there is none."""
    if values.reason:
        return None
    test = paired_tests.paired_t if values.paired else paired_tests.welch
    return test(values.group, values.baseline)


def _compared(group: Group, baseline: Group, score: str) -> Comparison:
    values = _Values.of(group, baseline, score)
    first, second, paired = values.group, values.baseline, values.paired
    found = Comparison(group, len(first), len(second), paired, reason=values.reason, notes=tuple(values.notes))
    if (
        len(first)
        and len(second)
        and np.isfinite([*first, *second]).all()
        and not scored_on_other_data([group, baseline], score)
    ):
        found = replace(found, difference=float(first.mean() - second.mean()))
    if values.reason:
        return found
    interval = t_interval(first - second) if paired else welch_interval(first, second)
    if interval is None:
        constant = "the differences of all seeds are equal" if paired else "neither group's scores vary"
        found = replace(
            found, notes=(*found.notes, f"{constant}: there is no interval, and p is that of the permutation test")
        )
    better, worse = (first, second) if larger_is_better(score) else (-first, -second)
    return replace(
        found,
        interval=interval,
        test="paired t" if paired else "Welch's t",
        p=_p(values),
        permutation=(paired_tests.sign_flips if paired else paired_tests.permutation)(first, second),
        effect=(paired_g if paired else hedges_g)(first, second),
        superiority=superiority(better, worse),
        violation=violation_bound(better, worse),
    )


def _check(score: str, groups: Sequence[Group]) -> None:
    names = dict.fromkeys(name for group in groups for record in group.completed for name in record.scores)
    if score not in names:
        have = f"they have {listed(names)}" if names else "none of them has completed"
        raise UserError(f"score={score}: expected a score of these runs; {have}{did_you_mean(score, names)}")
