"""Checklist item C3: descriptive statistics, with the validation score beside each test score."""

import math
from collections.abc import Iterator, Sequence

from tunesmith.configuration.monitor import COSTS, monitored
from tunesmith.documents.document import Cell, Part, Score, Section, Table
from tunesmith.report.answers.studies import Comparable, Study, plural
from tunesmith.report.groups import Group
from tunesmith.report.seed_scores import seed_scores
from tunesmith.report.trials import Trial

_ROWS = 20  # configurations


def section(studies: Sequence[Study]) -> Section:
    """For each study the scores of its best configuration, then those of all."""
    parts: list[Part] = [
        "C3: Scores are means over seeds with the sample standard deviation (n - 1); runs with the same seed count as one. A score without a "
        "deviation is of a single seed: how it varies is not known. The number of seeds is in the tables."
    ]
    for number, study in enumerate(studies, 1):
        for part, comparable in enumerate(study.comparable, 1):
            parts += _part(study, comparable, f"{number}-{part}" if len(study.comparable) > 1 else str(number))
        if damaged := sum(not run.record.config for run in study.runs):
            parts.append(f"C3: {plural(damaged, 'damaged run')} of {study.name} cannot be read and is in no score.")
    return Section("Results (C3)", parts)


def _part(study: Study, comparable: Comparable, name: str) -> Iterator[Part]:
    where = f"{study.name} on {comparable.dataset}"
    best = comparable.best
    if best is not None:
        scored = sum(math.isfinite(trial.values[0]) for trial in comparable.trials)
        several = scored > 1
        title = f"Scores of {'the best' if several else 'the only'} configuration of {where}"
        note = "Each test score beside the validation score of the same name; an empty cell is a score that was not computed."
        if several:
            note += f" It was chosen by {comparable.score} among {scored}, so that score is optimistic."
        yield Table(
            f"appendix-scores-{name}", title, ["score", "validation", "test", "seeds"], _scores(best.group), note
        )
    seeds = [len(trial.group.seeds) for trial in comparable.trials]
    if best is not None and seeds[0] < max(seeds):
        yield (
            f"C3: The best configuration of {where} has {plural(seeds[0], 'completed seed')}, others up to {max(seeds)}: its mean is less certain than theirs."
        )
    # An objective may be a cost, such as seconds, which has no splits.
    cost = comparable.score in COSTS
    validation = monitored(comparable.trials[0].group.records[0].config) if cost else comparable.score
    test = f"test/{validation.partition('/')[2]}"
    rows = [
        [
            _named(trial),
            _cell(trial.group, validation),
            _cell(trial.group, test),
            _seeds(trial.group, validation),
            _states(trial),
        ]
        for trial in comparable.trials[:_ROWS]
    ]
    note = "From the best to the worst, then those without a score."
    if left := len(comparable.trials) - len(rows):
        note += f" {plural(left, 'further configuration')} left out."
    yield Table(
        f"appendix-configurations-{name}",
        f"Configurations of {where}",
        ["configuration", validation, test, "seeds", "runs"],
        rows,
        note,
    )
    undefined = sum(trial.state == "done" and not math.isfinite(trial.values[0]) for trial in comparable.trials)
    if undefined:
        yield (
            f"C3: {plural(undefined, 'configuration')} of {where} completed, but {comparable.score} of some seed is not a number or not recorded; "
            "none of them is the best."
        )


def _scores(group: Group) -> list[list[Cell]]:
    """A row for each score, with validation and test side by side."""
    names = dict.fromkeys(name for record in group.completed for name in record.scores)
    scores = dict.fromkeys(name.partition("/")[2] for name in names if name.startswith(("validation/", "test/")))
    rows: list[list[Cell]] = []
    for score in scores:
        pair = [f"validation/{score}", f"test/{score}"]
        seeds = [len(seed_scores(group, name).by_seed) for name in pair if name in names]
        shown: Cell = seeds[0] if len(set(seeds)) == 1 else " and ".join(map(str, seeds))
        rows.append([score, *(_cell(group, name) for name in pair), shown])
    return rows


def _cell(group: Group, score: str) -> Cell:
    """Mean and sample standard deviation over the seeds; None if no completed run has the score."""
    values = list(seed_scores(group, score).by_seed.values())
    if not values:
        return None
    mean = math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan
    if len(values) < 2 or math.isnan(mean):
        return Score(mean)
    return Score(mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)))


def _seeds(group: Group, score: str) -> int:
    return len(seed_scores(group, score).by_seed)


def _states(trial: Trial) -> str:
    return ", ".join(f"{count} {state}" for state, count in trial.group.states.items())


def _named(trial: Trial) -> str:
    return " ".join(f"{key}={value}" for key, value in trial.settings.items()) or str(
        trial.group.records[0].config["name"]
    )
