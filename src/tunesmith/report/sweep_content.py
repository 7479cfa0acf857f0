"""What the W&B run of a sweep holds: the results of its configurations, the best one, and the search, as in the report."""

import math
import re
from collections.abc import Sequence
from typing import Any

from tunesmith.configuration.monitor import COSTS
from tunesmith.documents.document import Picture, Table
from tunesmith.errors import UserError
from tunesmith.loggers.run_description import tags
from tunesmith.loggers.wandb_summary import SummaryRun
from tunesmith.report import search
from tunesmith.report.answers.bounds import bounds
from tunesmith.report.groups import Group, grouped, ranked, shared_monitor
from tunesmith.report.records import Record
from tunesmith.report.tables import cell, ordered_scores, setting_names, states
from tunesmith.report.trials import objectives_of
from tunesmith.report.wandb_places import Place, run_id
from tunesmith.sweeps.folder import SweepFolder

MOST_ROWS = 1000  # configurations in the table, the best first
_STATES = ("done", "failed", "pruned", "interrupted", "running", "waiting", "missing", "damaged")
_OPEN = ("interrupted", "waiting", "running")
_TAGS = 20
_COMMAND = 10_000  # characters
_SWEEP = re.compile(r"[0-9a-f]{10}")  # as `digest` makes them


def identity_of(folder: SweepFolder) -> str:
    """The id of a sweep, which its runs at W&B have as `sweep_id`.

    Raises:
        UserError: if it is none.
    """
    identity = str(folder.read().get("identity"))
    if not _SWEEP.fullmatch(identity):
        raise UserError(f"{folder.path / 'sweep.json'}: identity is not ten hexadecimal digits, as a sweep writes it")
    return identity


def sweep_content(folder: SweepFolder, records: Sequence[Record], place: Place, *, id: str) -> SummaryRun:
    """The content of the W&B run.

    Args:
        folder: of the sweep.
        records: its runs.
        place: where it is written, whose runs are linked.
        id: of the W&B run.

    Raises:
        UserError: if a file of the sweep is damaged.
    """
    described = folder.read()
    groups = grouped(records)
    scores = ordered_scores(groups)
    score = ranking_score(folder, records)
    groups = ranked(groups, score)
    keys, shown = setting_names(groups), groups[:MOST_ROWS]
    rows = [
        [
            *group.settings(keys),
            len(group.seeds),
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
        id=id,
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
        notes=command(folder),
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
        links={
            "results": [
                [found_id for record in group.records if (found_id := run_id(record, place))] for group in shown
            ]
        },
        pictures=[part for part in section.parts if isinstance(part, Picture)],
    )


def command(folder: SweepFolder) -> str:
    """The command of a sweep, cut if it is long; empty if it is not known."""
    text = str(folder.read().get("command") or "")
    return text if len(text) <= _COMMAND else f"{text[:_COMMAND]}..."


def ranking_score(folder: SweepFolder, records: Sequence[Record]) -> str | None:
    """The score that ranks the configurations: the first objective of a search, or the monitored one that all share."""
    scores = {name for record in records for name in record.scores}
    if wanted := [name for name in objectives_of(folder) if name in scores and name not in COSTS]:
        return wanted[0]
    groups = grouped(records)
    return shared_monitor(groups) if groups else None


def _best(groups: Sequence[Group], score: str | None) -> dict[str, Any]:
    """The best configuration; each value is None if there is none, so that an earlier writing does not show through."""
    first = groups[0] if groups else None
    mean = first.mean(score) if first is not None and score is not None else None
    found: dict[str, Any] = {"best/score": score}
    found |= dict.fromkeys(("best/value", "best/std", "best/seeds", "best/configuration"))
    if first is not None and score is not None and mean is not None and math.isfinite(mean):
        deviation = first.deviation(score)
        found |= {"best/value": mean, "best/seeds": len(first.seeds)}
        found |= {"best/configuration": first.label or "nothing varies"}
        found |= {"best/std": deviation if deviation is not None and math.isfinite(deviation) else None}
    return found


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
    found = dict.fromkeys(tag for record in records if record.config for tag in tags(record.config))
    return [*list(found)[: _TAGS - 1], identity]
