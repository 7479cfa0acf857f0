"""The sweep's own W&B run, if its jobs log to W&B: the results, the best configuration and the search, as in the report.

It is written at the end of the sweep, even of an interrupted one, and again by `tunesmith report`. Whatever is wrong with W&B
is one line, and ends neither. A folder that was handed over chooses no account to send to: `report` sends the run of a
sweep that this user has run here, and writes that of any other one offline.
"""

import dataclasses
import logging
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunesmith.configuration import Config
from tunesmith.configuration.identity import digest
from tunesmith.configuration.monitor import COSTS
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.report.records import Record
from tunesmith.report.wandb_places import Place, places, remember, remembered, run_id
from tunesmith.sweeps.folder import FINISHED, SweepFolder

LOG = logging.getLogger("tunesmith")

MOST_ROWS = 1000  # configurations in the table, the best first
_STATES = ("done", "failed", "pruned", "interrupted", "running", "waiting", "missing", "damaged")
_OPEN = ("interrupted", "waiting", "running")
_TAGS = 20
_SWEEP = re.compile(r"[0-9a-f]{10}")  # as `digest` makes them


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
    if not found:
        return
    try:
        _write(folder, records, found, ended=ended, page=page)
    except Exception as error:
        remedy = f"tunesmith report {folder.path} writes it"
        print(f"Weights & Biases failed: {first_line(error)}; the sweep has no W&B run yet: {remedy}", flush=True)
        LOG.warning("the W&B run of %s was not written", folder.path, exc_info=error)


def identity_of(folder: SweepFolder) -> str:
    """The id of a sweep, which its runs at W&B have as `sweep_id`.

    Raises:
        UserError: if it is none.
    """
    identity = str(folder.read().get("identity"))
    if not _SWEEP.fullmatch(identity):
        raise UserError(f"{folder.path / 'sweep.json'}: identity is not ten hexadecimal digits, as a sweep writes it")
    return identity


def _write(
    folder: SweepFolder,
    records: Sequence[Record],
    found: dict[Place, Config],
    *,
    ended: bool,
    page: Path | None,
) -> None:
    from tunesmith.loggers import wandb_summary
    from tunesmith.storage.contained import check_contained

    check_contained(folder.path, finished=FINISHED)  # W&B would follow a link
    if not os.access(folder.path, os.W_OK):  # W&B would write to a temporary folder
        raise PermissionError(f"{folder.path} cannot be written")
    identity = identity_of(folder)
    for place, settings in found.items():
        mode = settings["mode"]
        if ended:
            remember(folder, place)
        elif mode == "online" and not remembered(folder, place):
            mode = "offline"
            print(f"{folder.path} was not run by you on this machine: its W&B run is written offline", flush=True)
        sweep = _content(
            folder,
            records,
            place,
            identity if len(found) == 1 else f"{identity}-{digest([place.project, place.entity])}",
        )
        if page is not None and settings.get("upload_report") is True:
            sweep = dataclasses.replace(sweep, page=page)
        address = wandb_summary.write(
            sweep,
            folder.path,
            project=place.project,
            entity=place.entity,
            mode=mode,
            timeout_seconds=settings["timeout_seconds"],
        )
        where = f"offline, tunesmith sync {folder.path} sends it" if address is None else address
        print(f"Weights & Biases, the sweep's own run: {where}", flush=True)


def _content(folder: SweepFolder, records: Sequence[Record], place: Place, identity: str) -> Any:
    from tunesmith.documents.document import Picture, Table
    from tunesmith.loggers.wandb_summary import SummaryRun
    from tunesmith.report import search
    from tunesmith.report.answers.bounds import bounds
    from tunesmith.report.groups import grouped, ranked
    from tunesmith.report.tables import cell, ordered_scores, setting_names, states
    from tunesmith.report.trials import objectives_of

    described = folder.read()
    groups = grouped(records)
    scores = ordered_scores(groups)
    score = ranking_score(folder, records)
    groups = ranked(groups, score)
    keys, shown = setting_names(groups), groups[:MOST_ROWS]
    rows = [
        [
            *group.settings(keys),
            len(group.completed),
            states(group),
            *(cell(group, name) for name in scores),
            group.seconds,
        ]
        for group in shown
    ]
    results = Table("results", "Results", [*keys, "seeds", "states", *scores, "seconds"], rows)
    section = search.section(records, objectives=objectives_of(folder))
    names = sorted({str(record.config["name"]) for record in records if record.config})
    found = [record.state for record in records]
    settings = described.get("settings")
    return SummaryRun(
        id=f"sweep-{identity}",
        name=f"{names[0] if len(names) == 1 else 'sweep'}/{folder.path.name}",
        job_type="sweep",
        tags=_tags(records, described["identity"]),
        config={
            "sweep_id": described["identity"],
            "space": {bound.key: f"{bound.values} ({bound.kind})" for bound in bounds(folder)},
            "sweep": {key: value for key, value in settings.items() if key != "space"}
            if isinstance(settings, dict)
            else {},
        },
        notes=str(described.get("command", "")),
        state=_state(folder, records),
        summary={
            **_best(groups, score),
            "configurations": len(groups),
            "configurations in the table": len(shown),
            "runs": len(records),
            **{f"runs/{state}": found.count(state) for state in _STATES},
            "remarks": " ".join(part for part in section.parts if isinstance(part, str)),
        },
        tables=[results, *(part for part in section.parts if isinstance(part, Table))],
        links={"results": [[id for record in group.records if (id := run_id(record, place))] for group in shown]},
        pictures=[part for part in section.parts if isinstance(part, Picture)],
    )


def ranking_score(folder: SweepFolder, records: Sequence[Record]) -> str | None:
    """The score that ranks the configurations: the first objective of a search, or the monitored one that all share."""
    from tunesmith.report.groups import grouped, shared_monitor
    from tunesmith.report.trials import objectives_of

    groups = grouped(records)
    scores = {name for record in records for name in record.scores}
    wanted = next((name for name in objectives_of(folder) if name not in COSTS and name in scores), None)
    return wanted or (shared_monitor(groups) if groups else None)


def _best(groups: Sequence[Any], score: str | None) -> dict[str, Any]:
    """The best configuration; each value is None if there is none, so that an earlier writing does not show through."""
    mean = groups[0].mean(score) if groups and score is not None else None
    known = mean is not None and math.isfinite(mean)
    deviation = groups[0].deviation(score) if known else None
    return {
        "best/score": score,
        "best/value": mean if known else None,
        "best/std": deviation if deviation is not None and math.isfinite(deviation) else None,
        "best/seeds": len(groups[0].completed) if known else None,
        "best/configuration": (groups[0].label or "nothing varies") if known else None,
    }


def _state(folder: SweepFolder, records: Sequence[Record]) -> str:
    states = {record.state for record in records}
    if "running" in states:
        return "running"
    settings, jobs = folder.read().get("settings"), folder.entries()
    wanted = settings.get("trials") if isinstance(settings, dict) else None
    tried = {entry.get("trial") for entry in jobs} - {None}
    if states & set(_OPEN) or (isinstance(wanted, int) and tried and len(tried) < wanted):
        return "interrupted"
    return "failed" if states & {"failed", "missing", "damaged"} else "done"


def _tags(records: Sequence[Record], identity: str) -> list[str]:
    """Those of the runs, each once, at most 20."""
    from tunesmith.loggers.run_description import tags

    found = dict.fromkeys(tag for record in records if record.config for tag in tags(record.config))
    return [*list(found)[: _TAGS - 1], identity]
