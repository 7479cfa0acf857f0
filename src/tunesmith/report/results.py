"""The results of a sweep, or of any runs: a table on the screen; results.csv and results.md in the sweep's folder."""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.documents.comma_separated import as_csv
from tunesmith.documents.document import Cell, Table
from tunesmith.documents.markdown import code, literal
from tunesmith.documents.markdown_page import as_markdown
from tunesmith.report.groups import Group, best, grouped, ranked, shared_monitor
from tunesmith.report.records import Record, named, of_sweep
from tunesmith.report.screen import print_table
from tunesmith.report.sweep_run import write_sweep_run
from tunesmith.report.tables import (
    cell,
    every_number,
    ordered_scores,
    setting_names,
    states,
)
from tunesmith.storage import files
from tunesmith.sweeps.folder import SweepFolder

_PROBLEMS = 10  # runs without scores that are listed on a screen


def write_results(folder: SweepFolder) -> None:
    """Print the results of a sweep that this process has run; write results.csv and results.md, and its own W&B run."""
    records = of_sweep(folder)
    show(records, title=str(folder.path), place=folder.path)
    write_sweep_run(folder, records, ended=True)


def show(records: Sequence[Record], *, title: str, place: Path | None = None) -> None:
    """Print the results table of some runs, and write it to files in `place`, if given."""
    groups = grouped(records)
    groups = ranked(groups, shared_monitor(groups))
    scores = ordered_scores(groups)
    print_table(groups, scores, title=title, rest="the report's table.csv" if place is None else "results.csv")
    problems = [record for record in records if record.state != "done"]
    for record in problems[:_PROBLEMS]:
        error = f": {record.error}" if record.error else ""
        print(f"{record.state}: {named(record)}{error}{f'  {record.log}' if record.log else ''}")
    trials = _failed_trials(problems, place)
    for line in trials[:_PROBLEMS]:
        print(line)
    if len(problems) > _PROBLEMS:
        hidden = len(problems) - _PROBLEMS
        print(f"... and {hidden} more run{'s' * (hidden != 1)} without scores")
    if place is not None and (place / "results.csv").is_file() and not any(group.completed for group in groups):
        print(f"None of the runs was found with scores: the earlier results in {place} are kept")
    elif place is not None:
        listed = [*map(_problem, problems), *(f"- {literal(line)}" for line in trials)]
        try:
            files.write_text(place / "results.csv", as_csv(every_number(groups, scores)))
            files.write_text(
                place / "results.md", "\n".join([as_markdown(summary(groups, scores)), "", *listed]).strip() + "\n"
            )
        except OSError as error:
            print(f"results.md and results.csv cannot be written to {place}: {error.strerror}")
        else:
            print(f"Results: {place / 'results.md'}, {place / 'results.csv'}")


def summary(groups: Sequence[Group], scores: Sequence[str]) -> Table:
    """All scores, mean ± standard deviation; the monitored one of the best configuration in bold."""
    keys, first = setting_names(groups), best(groups)
    rows: list[list[Cell]] = []
    for group in groups:
        found = [cell(group, score, best=group is first and number == 0) for number, score in enumerate(scores)]
        seconds = None if group.seconds is None else f"{group.seconds:.1f} s"
        rows.append([*group.settings(keys), len(group.seeds), *found, seconds, states(group)])
    return Table("results", "Results", [*keys, "seeds", *scores, "time", "state"], rows)


def _failed_trials(problems: Sequence[Record], place: Path | None) -> list[str]:
    """A line for each failed trial of a search none of whose runs has failed: its score is not a number, or it never ran."""
    if place is None or not SweepFolder(place).study.is_file():
        return []
    from tunesmith.sweeps.search.failures import reasons

    known = {record.error for record in problems}
    return [
        f"failed: {trial}: {error}" for trial, error in reasons(SweepFolder(place).study).items() if error not in known
    ]


def _problem(record: Record) -> str:
    log = f" {code(record.log)}" if record.log else ""
    return f"- {literal(record.state)}: {literal(named(record))} {literal(record.error)}".rstrip() + log
