"""`tunesmith report`: the results table of a sweep, or of any runs."""

from pathlib import Path

from tunesmith.errors import UserError


def run(arguments: list[str]) -> int:
    """Print the table; that of a sweep is also written to its folder."""
    if not arguments:
        raise UserError("report needs at least one folder: tunesmith report runs/sweeps/ID, or runs/")
    from tunesmith.report.records import find
    from tunesmith.report.results import show

    place = Path(arguments[0]).expanduser()
    is_sweep = len(arguments) == 1 and (place / "sweep.json").is_file()
    show(find(arguments), title=" ".join(arguments), place=place if is_sweep else None)
    return 0
