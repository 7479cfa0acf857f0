"""What a search cost and found: its trials, the best of them, and how the score depends on the settings."""

import json
import math
from collections.abc import Sequence

from tunesmith.configuration import Config
from tunesmith.configuration.monitor import larger_is_better
from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.documents.durations import duration
from tunesmith.report.groups import grouped
from tunesmith.report.records import Record
from tunesmith.report.search_pictures import pareto_picture, pictures
from tunesmith.report.trials import STATES, Trial, monitored_by, trials

# Settings of a dataset that change how a model reads it, not on which examples it is scored.
NOT_DATA = {"max_length", "stride", "batch_size", "max_tokens", "eval_batch_size"}


def section(records: Sequence[Record], *, objectives: Sequence[str] = ()) -> Section:
    """The section of one sweep; what cannot be said of it is said in a sentence.

    Args:
        records: its runs, in any state.
        objectives: of its search, see `tunesmith.report.trials.objectives_of`; empty for the monitored score.
    """
    groups = grouped(records)
    monitors = monitored_by(groups)
    comparable = len(monitors) == 1 and len({_data(group.records[0].config) for group in groups}) == 1
    wanted = list(objectives or monitors[:1])
    found = trials(groups, wanted if comparable else [])
    if not comparable:
        parts: list[Part] = [_summary(records, found, None, "")]
        why = (
            f"monitor different scores ({', '.join(monitors)})" if len(monitors) > 1 else "are scored on different data"
        )
        parts.append(
            f"The trials {why}, so no best one and no picture is given."
            if groups
            else "No config of a run could be read, so nothing can be said of the search."
        )
        return Section("Search", parts)
    score = wanted[0]
    larger = larger_is_better(score)
    found.sort(key=lambda trial: _order(trial, larger=larger))
    scored = [trial for trial in found if math.isfinite(trial.values[0])]
    parts = [_summary(records, found, scored[0] if scored else None, score)]
    if not scored:
        parts.append(f"No trial has completed with a number for {score}, so there is nothing to draw.")
        return Section("Search", parts)
    parts += pictures(found, score, larger=larger)
    parts += pareto_picture(found, wanted if len(wanted) > 1 else [score, "seconds"])
    return Section("Search", parts)


def _order(trial: Trial, *, larger: bool) -> tuple[float, int]:
    """Best first, then trials without a score."""
    value = trial.values[0]
    if math.isfinite(value):
        return (-value if larger else value, 0)
    return (math.inf, [*STATES, "open"].index(trial.state))


def _data(config: Config) -> str:
    """What identifies the data that a run is scored on."""
    return json.dumps({key: value for key, value in config["dataset"].items() if key not in NOT_DATA}, sort_keys=True)


def _summary(records: Sequence[Record], found: Sequence[Trial], best: Trial | None, score: str) -> Table:
    states = [trial.state for trial in found]
    rows: list[list[Cell]] = [["trials", len(found)], ["completed", states.count("done")]]
    partly = sum(trial.state == "done" and set(trial.group.states) != {"done"} for trial in found)
    undefined = sum(
        trial.state == "done" and bool(trial.values) and not math.isfinite(trial.values[0]) for trial in found
    )
    damaged = sum(record.state == "damaged" for record in records)
    rows += [
        [name, count]
        for name, count in (
            ("completed, of some seeds only", partly),
            (f"completed, but {score} is not a number", undefined),
            ("pruned", states.count("pruned")),
            ("failed", states.count("failed")),
            ("interrupted, waiting, running or lost", states.count("open")),
            ("damaged runs", damaged),
        )
        if count
    ]
    times = [record.seconds for record in records if record.seconds is not None]
    if times:
        rows += [["time of all completed runs", duration(math.fsum(times))], ["runs with a known time", len(times)]]
        rows += [["mean time of a run", duration(math.fsum(times) / len(times))]]
    if best is not None:
        settings = " ".join(f"{key}={value}" for key, value in best.settings.items())
        rows += [["best trial", settings or "nothing varies"], [f"its {score}", best.values[0]]]
        rows += [["seeds of the best trial", len(best.group.seeds)]]
    note = "A trial is one configuration; its score is the mean over its completed seeds."
    if best is not None and len(found) > 1:
        note += " The best of many scores is optimistic: report the best trial on other data, or with new seeds."
    if len(times) < len(records):
        note += " The time of runs that did not complete is not recorded."
    return Table("search", "What the search cost and found", ["", "value"], rows, note)
