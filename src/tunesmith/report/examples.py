"""Configurations compared with a baseline on the examples of a split, from the predictions that their runs left.

Dror et al. (2018), "The Hitchhiker's Guide to Testing Statistical Significance in NLP". p is that of approximate randomisation, for
the paired bootstrap claims too often on small test sets (6.5 % for entity F1 on 50 examples, measured by `benchmarks/calibration_of_tests.py`); it is shown beside, and
so is McNemar's exact test of two single runs. The interval is the paired bootstrap's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tunesmith.analyses.example_counts import (
    ExampleCounts,
    aligned,
    average,
    example_counts,
    kind_of,
    right_or_wrong,
    statistics,
)
from tunesmith.analyses.predictions import predictions
from tunesmith.analyses.rows import over_seeds
from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.report.groups import Group
from tunesmith.report.records import Record
from tunesmith.report.tables import setting_names
from tunesmith.runs.folder import RunFolder
from tunesmith.statistics.corrections import holm
from tunesmith.statistics.examples import mcnemar, paired_bootstrap, randomisation
from tunesmith.statistics.summed_scores import Statistic

MOST = 20  # configurations compared
LEVEL = 0.05
_FEW = 200  # examples, with fewer of which the intervals are too narrow
_NAMED = 5  # problems that are listed
_TOLERANCE = 1e-4  # of a recorded score, which was computed in single precision


@dataclass
class _Read:
    """The counts of a group's runs, and the runs that had to be left out."""

    group: Group
    runs: list[ExampleCounts] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def section(groups: Sequence[Group], baseline: Group, *, split: str) -> Section:
    """Tables of the comparisons on a split, one for each score that is a function of counts over examples.

    A run whose predictions are missing, damaged, of other examples, or do not give its recorded scores is left out and named.

    Args:
        groups: the best first, of which the first 20 are compared; the baseline may be one of them.
        baseline: that they are compared with.
        split: whose predictions are read.
    """
    title = f"Comparison on the examples of {split}"
    others = [group for group in groups if group is not baseline]
    if not others:
        return Section(title, ["There is no other configuration than the baseline."])
    if not baseline.completed:
        return Section(title, ["Not tested: the baseline has no completed run."])
    dataset = baseline.completed[0].config["dataset"]
    if not statistics(dataset, 2):
        return Section(title, [_untested(dataset, ())])
    first = _read(baseline, dataset, split, None)
    if not first.runs:
        return Section(title, ["Not tested: the baseline has no predictions that can be used.", *_named([first])])
    found = [first, *(_read(group, dataset, split, first.runs[0]) for group in others[:MOST])]
    compared = [each for each in found[1:] if each.runs]
    scores = statistics(dataset, len(first.runs[0].names))
    tables: list[Part] = []
    if compared:
        for name, statistic in scores.items():
            tables.append(_table(compared, first, name, statistic, dataset, split))
    examples = len(first.runs[0].ids)
    parts: list[Part] = [
        f"Compared with {_named_group(baseline)} on {examples:,} example{'s' * (examples != 1)}. These tests speak of the trained "
        "models themselves: whether a larger sample of such examples would show the same difference. They do not say whether "
        "training with other seeds would, for which the comparison over seeds is made.",
        *tables,
        *([] if compared else ["Not tested: no other configuration has predictions that can be used."]),
        *_remarks(compared, first, dataset, scores),
        *_named(found),
    ]
    if left := len(others) - MOST:
        parts += [f"The first {MOST} configurations are compared; {left} more are left out."] if left > 0 else []
    return Section(title, parts)


def _read(group: Group, dataset: Mapping[str, Any], split: str, first: ExampleCounts | None) -> _Read:
    """The runs of a group, their examples in the order of the first run of the baseline."""
    found = _Read(group)
    if not group.completed:
        found.problems.append(f"{_named_group(group)} has no completed run")
    for record in group.seeds:
        try:
            found.runs.append(_counts(record, dataset, split, first or next(iter(found.runs), None)))
        except UserError as error:
            found.problems.append(str(error))
    return found


def _counts(record: Record, dataset: Mapping[str, Any], split: str, first: ExampleCounts | None) -> ExampleCounts:
    own = record.config["dataset"]
    if _scored_by(own) != _scored_by(dataset):
        raise UserError(f"{record.path} is scored by other rules; expected the same task and options of its scores")
    counts = example_counts(predictions(RunFolder(record.path, writes=False), split), own)
    for name, statistic in statistics(own, len(counts.names)).items():
        score = _score(counts, name, statistic)
        recorded = record.scores.get(f"{split}/{name}", score)
        if not math.isclose(score, recorded, abs_tol=_TOLERANCE):
            raise UserError(
                f"{record.path}: its predictions give {split}/{name} {score:.4f}, but metrics.json has {recorded:.4f}; score it "
                f"again: tunesmith evaluate run={record.path} output=DIR"
            )
    if first is None:
        return counts
    try:
        return aligned(counts, first)
    except UserError as error:
        raise UserError(f"{record.path}/predictions/{split}.jsonl {error}") from None


def _scored_by(dataset: Mapping[str, Any]) -> tuple[Any, ...]:
    """What decides how counts become scores."""
    return kind_of(dataset), dataset.get("average"), bool(dataset.get("strict"))


def _score(counts: ExampleCounts, name: str, statistic: Statistic) -> float:
    return float(statistic(np.asarray(counts.counts[name].sum(axis=0), dtype=np.float64)))


def _table(
    compared: Sequence[_Read],
    baseline: _Read,
    name: str,
    statistic: Statistic,
    dataset: Mapping[str, Any],
    split: str,
) -> Table:
    groups = [[run.counts[name] for run in each.runs] for each in compared]
    reference = [run.counts[name] for run in baseline.runs]
    bootstrapped = paired_bootstrap(groups, reference, statistic)
    ps = randomisation(groups, reference, statistic)
    adjusted = holm(ps)
    keys = setting_names([each.group for each in (*compared, baseline)])
    # McNemar's test is of single models.
    exact = right_or_wrong(dataset, name) and any(len(each.runs) == len(baseline.runs) == 1 for each in compared)
    theirs = over_seeds([_score(run, name, statistic) for run in baseline.runs])
    rows: list[list[Cell]] = []
    for number, each in enumerate(compared):
        outcome, corrected = bootstrapped[number], adjusted[number]
        runs = (len(each.runs), len(baseline.runs))
        cells: list[Cell] = [
            runs[0] if runs[0] == runs[1] else f"{runs[0]} and {runs[1]}",
            over_seeds([_score(run, name, statistic) for run in each.runs]),
            theirs,
            outcome.difference,
            f"{outcome.low:+.4f} to {outcome.high:+.4f}",
            ps[number],
            corrected,
            "differs" if corrected is not None and corrected <= LEVEL else "no difference shown",
            outcome.p,
        ]
        if exact:
            single = runs == (1, 1)
            cells.append(mcnemar(*(counts[0][:, 0] == 1 for counts in (groups[number], reference))) if single else None)
        rows.append([*each.group.settings(keys), *cells])
    headings = ["runs", name, "baseline", "difference", "95 % interval", "p", "Holm", "claim", "bootstrap p"]
    tests = f"{len(compared)} comparison{'s' * (len(compared) != 1)}"
    note = (
        "The interval is the paired bootstrap's, by percentiles; p is that of approximate randomisation, two-sided; Holm: p corrected "
        f"for the {tests} of this table, on which the claim at 5 % rests. Beside it, the paired bootstrap's p, which claims somewhat "
        f"too often on small test sets{', and of single runs the exact p of McNemar' * exact}.{_averaged(dataset, name, baseline.runs[0].names)}"
    )
    headings = [*keys, *headings, *(["McNemar p"] if exact else [])]
    return Table(
        f"{split}-examples-{name}", f"Against the baseline on the examples of {split}: {name}", headings, rows, note
    )


def _averaged(dataset: Mapping[str, Any], name: str, names: Sequence[str]) -> str:
    """A sentence on what F1 is of."""
    if name != "f1" or not names:
        return ""
    how = average(dataset, len(names))
    return " F1 is that of the second label." if how == "binary" else f" F1 is the {how} average over the labels."


def _remarks(
    compared: Sequence[_Read], first: _Read, dataset: Mapping[str, Any], scores: Mapping[str, Statistic]
) -> list[Part]:
    remarks: list[Part] = []
    if len(first.runs[0].ids) < _FEW:
        remarks.append(
            f"There are fewer than {_FEW} examples: with 50, the intervals covered the truth in 92 to 96 % of simulated test sets, depending on the score."
        )
    several = any(len(each.runs) > 1 for each in (*compared, first))
    if several and any(right_or_wrong(dataset, name) for name in scores):
        remarks.append(
            "McNemar's test compares two single models: an example that some seeds have right and others wrong is neither, so groups "
            "of several runs are compared by their mean scores only."
        )
    untested = _untested(dataset, scores)
    return [*remarks, *([untested] if untested else [])]


def _untested(dataset: Mapping[str, Any], scores: Any) -> str:
    names = [name for name in dataset.get("metrics", ()) if name not in scores]
    which = f"Not tested on examples: {listed(names)}. " if names else ""
    if not names and scores:
        return ""
    return f"{which}Only accuracy, F1 and exact match are tested, which are functions of counts summed over examples."


def _named(found: Sequence[_Read]) -> list[Part]:
    problems = [problem for each in found for problem in each.problems]
    more = len(problems) - _NAMED
    parts: list[Part] = [f"Left out: {problem}" for problem in problems[:_NAMED]]
    return parts + ([f"Left out, too: {more} more runs or configurations."] if more > 0 else [])


def _named_group(group: Group) -> str:
    return group.label or str(group.records[0].path)
