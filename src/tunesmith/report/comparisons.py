"""The comparison of all configurations with a baseline, as a section of the report."""

from collections.abc import Sequence

from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.report.comparison import Comparison, compare
from tunesmith.report.groups import Group
from tunesmith.report.tables import setting_names

_HEADINGS = [
    "seeds",
    "difference",
    "95 % interval",
    "p",
    "Holm",
    "claim",
    "permutation p",
    "effect g",
    "superiority",
    "ASO",
    "note",
]


def section(groups: Sequence[Group], baseline: Group, score: str) -> Section:
    """A table of the comparisons, and what its columns are.

    Raises:
        UserError: if no completed run has the score.
    """
    found = compare([group for group in groups if group.completed], baseline, score)
    keys = setting_names(groups)
    rows = [[*comparison.group.settings(keys), *_cells(comparison)] for comparison in found]
    named = baseline.label or str(baseline.records[0].path)
    tests = " and ".join(dict.fromkeys(comparison.test for comparison in found if comparison.test))
    tested = sum(comparison.p is not None for comparison in found)
    note = (
        f"Differences of {score} from the baseline. The test is {tests or 'none'}, two-sided; Holm: p corrected for the "
        f"{tested} comparison{'s' * (tested != 1)}, on which the claim at 5 % rests. Beside it, a permutation test "
        "with the smallest p that so few seeds can reach; Hedges' g; the probability that a run is better than one of the baseline; and an "
        "upper bound of the violation ratio of almost stochastic order (Dror et al., 2019): below 0.5 the configuration is better."
    )
    headings = [*keys, *_HEADINGS]
    parts: list[Part] = [
        f"Compared with {named}.",
        Table("comparison", f"Against the baseline, {score}", headings, rows, note),
    ]
    return Section("Comparison with the baseline", parts)


def _cells(comparison: Comparison) -> list[Cell]:
    interval = comparison.interval and f"{comparison.interval[0]:+.4f} to {comparison.interval[1]:+.4f}"
    permutation = comparison.permutation
    same = comparison.seeds == comparison.baseline_seeds
    return [
        comparison.seeds if same else f"{comparison.seeds} and {comparison.baseline_seeds}",
        comparison.difference,
        interval,
        comparison.p,
        comparison.adjusted,
        _claim(comparison),
        None if permutation is None else f"{permutation.p:.4f} (at least {permutation.smallest:.4f})",
        comparison.effect,
        comparison.superiority,
        comparison.violation,
        "; ".join(filter(None, (comparison.reason, *comparison.notes))),
    ]


def _claim(comparison: Comparison) -> str:
    if comparison.adjusted is None:
        return "not tested"
    return "differs" if comparison.claimed else "no difference shown"
