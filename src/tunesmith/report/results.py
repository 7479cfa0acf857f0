"""The results table of a sweep or any runs: one row per configuration, on the screen, as CSV and as Markdown."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from tunesmith.configuration.monitor import monitored
from tunesmith.documents.markdown import code, literal
from tunesmith.errors.terminal import Escaped, console
from tunesmith.report.groups import Group, best, grouped
from tunesmith.report.records import Record, of_sweep
from tunesmith.storage import files
from tunesmith.sweeps.folder import SweepFolder

_SHOWN = 2  # scores on a screen
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDTH = 160  # characters per line in a file
_ROWS = 40  # configurations on a screen
_PROBLEMS = 10  # runs without scores that are listed on a screen


def write_results(folder: SweepFolder) -> None:
    """Print a sweep's results, and write results.csv and results.md to its folder."""
    show(of_sweep(folder), title=str(folder.path), place=folder.path)


def show(records: Sequence[Record], *, title: str, place: Path | None = None) -> None:
    """Print the results table of some runs, and write it to files in `place`, if given."""
    groups = grouped(record for record in records if record.config)
    first = best(groups)
    scores = ordered_scores(groups)
    _print(groups, scores, first, title)
    problems = [record for record in records if record.state != "done"]
    for record in problems[:_PROBLEMS]:
        error = f": {record.error}" if record.error else ""
        print(f"{record.state}: {_words(record)}{error}{f'  {record.log}' if record.log else ''}")
    trials = _failed_trials(problems, place)
    for line in trials[:_PROBLEMS]:
        print(line)
    if len(problems) > _PROBLEMS:
        hidden = len(problems) - _PROBLEMS
        print(f"... and {hidden} more run{'s' * (hidden != 1)} without scores")
    if place is not None and (place / "results.csv").is_file() and not any(group.completed for group in groups):
        print(f"None of the runs was found with scores: the earlier results in {place} are kept")
    elif place is not None:
        try:
            files.write_text(place / "results.csv", as_csv(groups, scores))
            files.write_text(place / "results.md", as_markdown(groups, scores, first, problems) + _listed(trials))
        except OSError as error:
            print(f"results.md and results.csv cannot be written to {place}: {error.strerror}")
        else:
            print(f"Results: {place / 'results.md'}, {place / 'results.csv'}")


def _failed_trials(problems: Sequence[Record], place: Path | None) -> list[str]:
    """A line for each failed trial of a search none of whose runs has failed: its score is not a number, or it never ran."""
    if place is None or not SweepFolder(place).study.is_file():
        return []
    from tunesmith.sweeps.search.failures import reasons

    known = {record.error for record in problems}
    return [
        f"failed: {trial}: {error}" for trial, error in reasons(SweepFolder(place).study).items() if error not in known
    ]


def _listed(lines: Sequence[str]) -> str:
    return "".join(f"- {literal(line)}\n" for line in lines)


def ordered_scores(groups: Sequence[Group]) -> list[str]:
    """Names of all scores: the monitored one, the same on the test split, then the others."""
    names = dict.fromkeys(name for group in groups for record in group.completed for name in record.scores)
    first = [monitored(record.config) for group in groups for record in group.records]
    first += [f"test/{name.partition('/')[2]}" for name in first]
    return [name for name in dict.fromkeys(first) if name in names] + [name for name in names if name not in first]


def as_csv(groups: Sequence[Group], scores: Sequence[str]) -> str:
    """One row per configuration, every number in full precision."""
    keys = list(dict.fromkeys(key for group in groups for key in group.varied))
    columns = [*keys, "seeds", "states"]
    columns += [part for score in scores for part in (score, f"{score} std")] + ["seconds", "runs"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_cell, columns))
    for group in groups:
        numbers = [value for score in scores for value in (group.mean(score), group.deviation(score))]
        cells = [_cell(group.varied.get(key, "")) for key in keys] + [str(len(group.completed)), _cell(states(group))]
        cells += ["" if number is None else repr(number) for number in [*numbers, group.seconds]]
        writer.writerow([*cells, _cell(" ".join(str(record.path) for record in group.records))])
    return text.getvalue()


def _cell(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before what could begin one.

    Predictions are written without it, for they are data that has to be read back the same.
    """
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text[:1] in _FORMULA else text
    return text


def as_markdown(groups: Sequence[Group], scores: Sequence[str], first: Group | None, problems: Sequence[Record]) -> str:
    """One row per configuration, mean ± standard deviation, the best in bold; then runs without scores, with logs."""
    keys = list(dict.fromkeys(key for group in groups for key in group.varied))
    lines = [
        _row([*map(literal, [*keys, "seeds", *scores]), "time", "state"]),
        _row(["---"] * (len(keys) + len(scores) + 3)),
    ]
    for group in groups:
        mark = "**" if group is first else ""
        cells = [f"{mark}{literal(cell)}{mark}" if cell else "" for cell in _cells(group, keys, scores)]
        lines.append(_row(cells))
    lines += ["", *map(_problem, problems)]
    return "\n".join(lines).strip() + "\n"


def _problem(record: Record) -> str:
    log = f" {code(record.log)}" if record.log else ""
    return f"- {literal(record.state)}: {literal(_words(record))} {literal(record.error)}".rstrip() + log


def states(group: Group) -> str:
    """Such as `3 done` or `2 done, 1 failed`."""
    return ", ".join(f"{count} {state}" for state, count in group.states.items())


def _print(groups: Sequence[Group], scores: Sequence[str], first: Group | None, title: str) -> None:
    keys = list(dict.fromkeys(key for group in groups for key in group.varied))
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for key in keys:
        table.add_column(Text(key), overflow="fold", min_width=len(key))
    for heading in ("seeds", *scores[:_SHOWN], "time", "state"):
        table.add_column(Text(heading), justify="right")
    ranked = sorted(groups, key=lambda group: group is not first) if len(groups) > _ROWS else groups
    for group in ranked[:_ROWS]:
        table.add_row(*map(Text, _cells(group, keys, scores[:_SHOWN])), style="bold green" if group is first else None)
    screen = console()
    (screen if screen.is_terminal else console(width=_WIDTH)).print(Escaped(table))
    if len(groups) > _ROWS:
        hidden = len(groups) - _ROWS
        print(f"... and {hidden} more configuration{'s' * (hidden != 1)} in results.csv")
    if first is not None and len(groups) > 1:
        named = " ".join(f"{key}={value}" for key, value in first.varied.items())
        print(f"Best by {monitored(first.records[0].config)}: {named}  {first.completed[0].path}")


def _cells(group: Group, keys: Sequence[str], scores: Sequence[str]) -> list[str]:
    seconds = "" if group.seconds is None else f"{group.seconds:.1f} s"
    numbers = [_with_deviation(group.mean(score), group.deviation(score)) for score in scores]
    return [*(group.varied.get(key, "") for key in keys), str(len(group.completed)), *numbers, seconds, states(group)]


def _with_deviation(mean: float | None, deviation: float | None) -> str:
    if mean is None:
        return ""
    return f"{mean:.4f}" if deviation is None or math.isnan(deviation) else f"{mean:.4f} ± {deviation:.4f}"


def _words(record: Record) -> str:
    if record.overrides:
        return " ".join(f"{key}={value}" for key, value in record.overrides.items())
    return str(record.path)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
