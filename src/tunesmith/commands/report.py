"""`tunesmith report`: the results table of a sweep, or of any runs, and a folder with a page, tables and figures."""

from pathlib import Path

from tunesmith.commands.key_values import KeyValues, unknown_keys
from tunesmith.errors import UserError

KEYS = ("output", "baseline", "score", "rows", "columns")


def run(arguments: list[str]) -> int:
    """Print the table, write the report, and print where it is."""
    places, options = _parsed(arguments)
    from tunesmith.report.records import by_place, distinct
    from tunesmith.report.results import show
    from tunesmith.report.sweep_run import write_sweep_run
    from tunesmith.sweeps.folder import FILE, SweepFolder

    found, title = by_place(places), " ".join(map(str, places))
    records = distinct(found.values())
    sweeps = {SweepFolder(place): runs for place, runs in found.items() if (place / FILE).is_file()}
    sweep = places[0] if len(places) == 1 and sweeps else None
    if not any(record.state == "done" for record in records):
        show(records, title=title, place=sweep)
        print("None of the runs has completed: no report is written")
        for folder, runs in sweeps.items():
            write_sweep_run(folder, runs)
        return 0
    from tunesmith.report import appendix
    from tunesmith.report.content import Question, content
    from tunesmith.report.folder import check_target, write

    asked = "output" in options
    target = Path(options.pop("output", places[0] / "report" if len(places) == 1 else "report")).expanduser()
    check_target(target, asked=asked)
    made = content(found, Question(**options))  # which reports mistakes, before anything is written
    show(records, title=title, place=sweep)
    page = write(made, appendix.sections(records, sweeps=appendix.sweeps_of(places)), target, title=title)
    print(f"Report: {page}; table.tex, appendix.tex and figures/ are beside it")
    for folder, runs in sweeps.items():
        write_sweep_run(folder, runs, page=page)
    return 0


def _parsed(arguments: list[str]) -> tuple[list[Path], dict[str, str]]:
    """The folders, and the values of the keys.

    Raises:
        UserError: with all mistakes.
    """
    given = KeyValues.of(arguments, KEYS)
    options, mistakes = given.values, unknown_keys(given.others, KEYS) + given.mistakes
    if "columns" in options and "rows" not in options:
        mistakes.append(f"columns={options['columns']} needs rows: rows=regularization columns={options['columns']}")
    places = [Path(word).expanduser() for word in given.places]
    if not places and not mistakes:
        mistakes.append("report needs at least one folder: tunesmith report runs/sweeps/ID, or runs/")
    if mistakes:
        raise UserError(mistakes)
    return places, options
