"""`tunesmith dashboard`: the W&B workspace and the W&B report of a sweep; a file with them where they cannot be sent."""

from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.commands.key_values import KeyValues, unknown_keys
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunesmith.report.records import Record
    from tunesmith.report.wandb_places import Place

_KEYS = ("output", "project", "entity")


def run(arguments: list[str]) -> int:
    """Write what is sent to a file, send it, and print where it is; without a key or network, say so."""
    folder, options = _parsed(arguments)
    from tunesmith.report.records import of_sweep
    from tunesmith.sweeps.folder import FILE, SweepFolder

    if not (folder / FILE).is_file():
        raise UserError(f"{folder} is not the folder of a sweep; expected one with {FILE}, such as runs/sweeps/ID")
    sweep = SweepFolder(folder)
    records = of_sweep(sweep)
    place = _place(records, options)
    from tunesmith.report import dashboard_sending
    from tunesmith.report.dashboard import dashboard
    from tunesmith.storage import files

    made = dashboard(sweep, records, place)
    file = Path(options.get("output", folder / "dashboard.json")).expanduser()
    try:
        files.write_text(file, files.as_json(made.content))
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}; set output=FILE") from error
    print(f"Written: {file}, the workspace and the report as they are sent", flush=True)
    if (reason := dashboard_sending.obstacle()) is not None:
        print(f"Not sent: {reason}")
        return 0
    sent = dashboard_sending.send(made)
    print(f"Workspace: {sent.workspace}\nReport: {sent.report}")
    return 0


def _place(records: "Sequence[Record]", options: dict[str, str]) -> "Place":
    """The project that the jobs log to, or that of the command line.

    Raises:
        UserError: if there is none, or more than one.
    """
    from tunesmith.report.wandb_places import Place, places

    found = list(places(records))
    projects = [options["project"]] if "project" in options else sorted({place.project for place in found})
    if not projects:
        raise UserError(
            "no job of the sweep logs to Weights & Biases; expected logger=wandb or logger=[csv,wandb] in its command, or "
            "project=... of runs that were sent there"
        )
    of_jobs = {place.entity for place in found if place.project == projects[0]} or {None}
    entities = [options["entity"]] if "entity" in options else sorted(of_jobs, key=str)
    if len(projects) > 1 or len(entities) > 1:
        names = listed(f"{place.entity or 'the default entity'}/{place.project}" for place in found)
        raise UserError(f"jobs of the sweep log to several places: {names}; choose one with project=... entity=...")
    return Place(projects[0], entities[0])


def _parsed(arguments: list[str]) -> tuple[Path, dict[str, str]]:
    """The folder, and the values of the keys.

    Raises:
        UserError: with all mistakes.
    """
    given = KeyValues.of(arguments, _KEYS)
    folders, mistakes = given.places, unknown_keys(given.others, _KEYS) + given.mistakes
    if len(folders) != 1:
        mistakes.append(
            f"dashboard needs the folder of one sweep, not {len(folders)}: tunesmith dashboard runs/sweeps/ID"
        )
    if mistakes:
        raise UserError(mistakes)
    return Path(folders[0]).expanduser(), given.values
