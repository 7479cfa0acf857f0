"""The sweep's own W&B run, if its jobs log to W&B: the results, the best configuration and the search, as in the report.

It is written at the end of the sweep, even of an interrupted one, and again by `tunesmith report`. Whatever is wrong with W&B
is one line, and ends neither. A folder that was handed over chooses no account to send to: `report` sends the run of a
sweep that this user has run here, and writes that of any other one offline.
"""

import dataclasses
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration.identity import digest
from tunesmith.errors.messages import first_line
from tunesmith.report.records import Record
from tunesmith.report.wandb_places import Place, places, remember, remembered
from tunesmith.storage.contained import check_contained
from tunesmith.sweeps.folder import FINISHED, SweepFolder

LOG = logging.getLogger("tunesmith")

MOST_PLACES = 8


def write_sweep_run(
    folder: SweepFolder, records: Sequence[Record], *, ended: bool = False, page: Path | None = None
) -> None:
    """Write the W&B run of a sweep, one in each project that its jobs log to; nothing if they do not log to W&B.

    Args:
        folder: of the sweep.
        records: its runs.
        ended: whether this process has run the sweep.
        page: the report; it is sent if the logger has `upload_report`.
    """
    found = places(records)
    for place, settings in list(found.items())[:MOST_PLACES]:
        try:
            if ended:
                remember(folder, place)
            address = _write(folder, records, place, settings, single=len(found) == 1, page=page)
        except Exception as error:
            remedy = f"tunesmith report {folder.path} writes it"
            print(
                f"Weights & Biases failed: {first_line(error)}; the sweep's own run is not there: {remedy}", flush=True
            )
            LOG.debug("the W&B run of %s was not written", folder.path, exc_info=error)  # a command shows no traceback
        else:
            where = f"offline, tunesmith sync {folder.path} sends it" if address is None else address
            print(f"Weights & Biases, the sweep's own run: {where}", flush=True)
    if len(found) > MOST_PLACES:
        print(f"Its jobs log to {len(found)} projects; its own run is in the first {MOST_PLACES} only", flush=True)


def _write(
    folder: SweepFolder,
    records: Sequence[Record],
    place: Place,
    settings: Mapping[str, Any],
    *,
    single: bool,
    page: Path | None,
) -> str | None:
    from tunesmith.loggers import wandb_summary  # which takes time, as does all that makes the content
    from tunesmith.report.sweep_content import identity_of, sweep_content

    check_contained(folder.path, finished=FINISHED)  # W&B would follow a link
    if not os.access(folder.path, os.W_OK):  # W&B would write to a temporary folder
        raise PermissionError(f"{folder.path} cannot be written")
    mode = settings["mode"]
    if mode == "online" and not remembered(folder, place):
        mode = "offline"
        print(f"{folder.path} was not run by you on this machine: its W&B run is written offline", flush=True)
    id = f"sweep-{identity_of(folder)}" + ("" if single else f"-{digest([place.project, place.entity])}")
    content = sweep_content(folder, records, place, id=id)
    if settings.get("upload_report") is True:
        content = dataclasses.replace(content, page=page)
    return wandb_summary.write(
        content,
        folder.path,
        project=place.project,
        entity=place.entity,
        mode=mode,
        timeout_seconds=settings["timeout_seconds"],
    )
