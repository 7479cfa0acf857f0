"""`tunesmith reproduce`: trains again what was recorded, and says whether a difference is noise."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.commands.key_values import KeyValues, key_of, unknown_keys
from tunesmith.errors import UserError
from tunesmith.training import logging_setup

if TYPE_CHECKING:
    from tunesmith.reproducing.expected import Claim
    from tunesmith.reproducing.original import Original
    from tunesmith.reproducing.relocation import Relocation

_OWN = ("run", "output_dir", "check")
_BESIDE = "-reproduced"  # the folder, so that a report on the originals does not find what was repeated
_SHOWN = 20


def run(arguments: list[str]) -> int:
    """Print recorded and repeated scores; exit status 0 if they are identical or differ within the noise of seeds.

    Takes `run=DIR`, or the folder of a sweep, of runs, of an experiment with an expected.json, of an unpacked bundle, or a
    bundle's file. With `check=true` it only says what is missing here.
    """
    place, single, values, others = _parsed(arguments)
    from tunesmith.reproducing.relocation import Relocation, given_places

    relocation = Relocation(given_places(others))
    output_dir = values.get("output_dir")
    logging_setup.configure_libraries()
    claims: list[Claim] = []
    is_run = single or (place.is_dir() and (place / "status.json").is_file())
    if is_run:
        found, left_out = _of_run(place)
    elif not place.is_dir():
        from tunesmith.bundling.unpack import unpack

        root = Path(output_dir).expanduser() if output_dir else place.absolute().parent
        folder = root / (place.stem if place.suffix else f"{place.name}-unpacked")
        _check_no_link(folder)
        unpack(place, folder)
        print(f"Unpacked: {folder}", flush=True)
        found, left_out = _below(folder)
        output_dir = _check_no_link(Path(f"{folder}{_BESIDE}"))
    elif (place / "expected.json").is_file():
        from tunesmith.reproducing.expected import read_expected

        found, claims = read_expected(place)
        found, left_out = [_beside(original) for original in found], []
    else:
        bundle = next((part for part in (place, *place.absolute().parents) if (part / "bundle.json").is_file()), None)
        if bundle is not None:
            from tunesmith.bundling.unpack import verified

            verified(bundle)
            output_dir = output_dir or _check_no_link(Path(f"{bundle.absolute()}{_BESIDE}"))
        found, left_out = _below(place)
        found = [_beside(original) for original in found]
    for line in left_out[:_SHOWN]:
        print(f"Left out: {line}")
    if len(left_out) > _SHOWN:
        print(f"... and {len(left_out) - _SHOWN:,} more")
    if values.get("check") == "true":
        from tunesmith.reproducing.checked import print_checked

        return 0 if print_checked(found, relocation) else 1
    return _reproduced(found, claims, relocation, output_dir, fresh=is_run)


def _reproduced(
    found: "list[Original]", claims: "list[Claim]", relocation: "Relocation", output_dir: str | None, *, fresh: bool
) -> int:
    """Train, compare and print; returns the exit status."""
    from tunesmith.reproducing import printed
    from tunesmith.reproducing.reproduce import prepared, reproduce_all

    configs = prepared(found, relocation, output_dir)
    logging_setup.log_to(None)
    outcomes = list(reproduce_all(found, configs, fresh=fresh))
    if len(outcomes) == 1:
        printed.print_scores(outcomes[0])
    else:
        printed.print_runs(outcomes)
    printed.print_differences(outcomes)
    print(printed.summary(outcomes))
    kept = printed.print_claims(claims, outcomes)
    return 0 if kept and all(outcome.reproduced for outcome in outcomes) else 1


def _parsed(arguments: list[str]) -> tuple[Path, bool, dict[str, str], list[str]]:
    """What to reproduce, whether it is `run=`, the command's own values, and the other words.

    Raises:
        UserError: with all mistakes.
    """
    given = KeyValues.of(arguments, _OWN)
    places, values, others = given.places, given.values, given.others
    mistakes = given.mistakes + unknown_keys((word for word in others if "." not in key_of(word)), _OWN)
    if values.get("check", "true") not in ("true", "false", ""):
        mistakes.append(f"check={values['check']}; expected true or false")
    if len(places) + ("run" in values) != 1:
        mistakes.append(
            "expected one thing to reproduce: run=DIR, or the folder of a sweep or an experiment, or a bundle's file"
        )
    if mistakes:
        raise UserError(mistakes)
    return Path(values["run"] if "run" in values else places[0]).expanduser(), "run" in values, values, others


def _of_run(place: Path) -> "tuple[list[Original], list[str]]":
    """One run; runs beside it with other seeds say how much its scores vary."""
    from tunesmith.report.records import find
    from tunesmith.reproducing.original import originals
    from tunesmith.runs.folder import RunFolder

    path = RunFolder.open(place).path
    beside = sorted(file.parent for file in path.absolute().parent.glob("*/status.json"))
    others = [folder for folder in beside if folder.resolve() != path.resolve() and (folder / "config.yaml").is_file()]
    records = find([path, *others])
    if records[0].state != "done":
        raise UserError(f"{path} is {records[0].state}: {records[0].error}")
    found, left_out = originals(records)
    named = str(records[0].path)
    own = [original for original in found if original.label == named]
    if not own:
        raise UserError(next((line for line in left_out if named in line), f"{path} cannot be read"))
    return own, []


def _below(place: Path) -> "tuple[list[Original], list[str]]":
    from tunesmith.report.records import find
    from tunesmith.reproducing.original import originals

    return originals(find([place]))


def _beside(original: "Original") -> "Original":
    """With the place of its repetition: beside the folder that the runs are in, not in it."""
    root = os.path.abspath(original.config["output_dir"])  # noqa: PTH100 - a link stays the place that was named
    place = _check_no_link(Path(f"{root}{_BESIDE}"))
    return replace(original, config=original.config | {"output_dir": os.path.relpath(place)})


def _check_no_link(place: Path) -> str:
    """Check a folder that the command line does not name: it may have been handed over with what is reproduced.

    Raises:
        UserError: if it is a link, which would lead somewhere else.
    """
    if place.is_symlink():
        raise UserError(
            f"{place} is a link to {place.readlink()}; expected a folder, or none: remove it, or set output_dir=DIR"
        )
    return str(place)
