"""A W&B run that is written at once: of a whole sweep, or of a run that was scored again.

That of a sweep has one id, so that writing it again replaces what it showed. The values of each writing are at a step of their
own, the milliseconds since 1970: W&B drops values of a step before the last one that it has, and a run that is written offline again
does not know that step.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tunesmith.documents.document import Cell, Picture, Score, Table
from tunesmith.errors.terminal import safe
from tunesmith.loggers import wandb_session
from tunesmith.loggers.results import pixels


@dataclass(frozen=True)
class SummaryRun:
    """What it holds.

    Attributes:
        id: of the W&B run.
        name: displayed.
        job_type: sweep or evaluate.
        tags: at most 64 characters each.
        config: nested.
        notes: the command.
        state: done, failed, interrupted or running.
        summary: values by name; None for one that is not known.
        tables: shown.
        links: of a table by its name, for each row the W&B ids of runs, for a last column.
        pictures: the figures.
        page: the HTML of the report; None to leave it out.
    """

    id: str
    name: str
    job_type: Literal["sweep", "evaluate"]
    tags: Sequence[str]
    config: Mapping[str, Any]
    notes: str
    state: str
    summary: Mapping[str, Any]
    tables: Sequence[Table] = ()
    links: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    page: Path | None = None


def write(
    content: SummaryRun, folder: Path, *, project: str, entity: str | None, mode: str, timeout_seconds: float
) -> str | None:
    """Write or rewrite the W&B run; returns its address, None if it is offline.

    Args:
        content: what it holds.
        folder: which gets W&B's files, in `wandb/`.
        project: at W&B.
        entity: user or team; None for the account's default.
        mode: offline or online.
        timeout_seconds: how long the start, and the end, wait for the server.

    Raises:
        Exception: whatever is wrong with W&B.
    """
    settings = wandb_session.settings(timeout_seconds=timeout_seconds, reinit="create_new", x_disable_stats=True)
    import wandb as library

    run = wandb_session.start(
        {
            "dir": folder,
            "id": content.id,
            "resume": "allow",
            "project": project,
            "entity": entity,
            "mode": mode,
            "name": safe(content.name),
            "job_type": content.job_type,
            "tags": list(content.tags),
            "notes": safe(content.notes),
            "settings": settings,
        }
    )
    address = None if run.offline else str(run.url)
    try:
        run.config.update(_safe(content.config), allow_val_change=True)
        run.summary.update(_safe(content.summary))
        # W&B keeps all values of an online run in memory while it waits for an answer about a table.
        tables = content.tables if address is None or wandb_session.answers(run) else ()
        media: dict[str, Any] = {
            f"tables/{table.name}": _table(_with_links(table, content.links.get(table.name), address))
            for table in tables
        }
        for picture in content.pictures:
            media[f"figures/{picture.name}"] = library.Image(pixels(picture.figure), caption=safe(picture.title))
        if content.page is not None:
            media["report"] = library.Html(content.page, inject=False)
        if media:
            run.log(media, step=time.time_ns() // 1_000_000)
    except BaseException:
        wandb_session.finish(run, "failed")
        raise
    wandb_session.finish(run, content.state)
    return address


def _with_links(table: Table, links: Sequence[Sequence[str]] | None, address: str | None) -> Table:
    """The table with a last column: where the runs of each row are at W&B, or their ids if this one is offline."""
    if links is None:
        return table
    before = "" if address is None else f"{address.rpartition('/runs/')[0]}/runs/"
    rows = [[*row, " ".join(f"{before}{id}" for id in ids)] for row, ids in zip(table.rows, links, strict=True)]
    return Table(table.name, table.title, [*table.headings, "runs"], rows)


def _table(table: Table) -> Any:
    """W&B's table; a column of scores becomes two, with the mean and with the standard deviation."""
    import wandb as library

    scores = [any(isinstance(row[place], Score) for row in table.rows) for place in range(len(table.headings))]
    headings = [
        part
        for heading, pair in zip(table.headings, scores, strict=True)
        for part in ([heading, f"{heading} std"] if pair else [heading])
    ]
    rows = [
        [part for cell, pair in zip(row, scores, strict=True) for part in _parts(cell, pair=pair)] for row in table.rows
    ]
    return library.Table([safe(heading) for heading in headings], rows, allow_mixed_types=True)


def _parts(cell: Cell, *, pair: bool) -> Iterator[str | int | float | None]:
    yield cell.mean if isinstance(cell, Score) else safe(cell) if isinstance(cell, str) else cell
    if pair:
        yield cell.deviation if isinstance(cell, Score) else None


def _safe(value: Any) -> Any:
    """A nested value whose texts, which may be anybody's, hold no control characters and can be encoded."""
    if isinstance(value, Mapping):
        return {safe(str(key)): _safe(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(part) for part in value]
    return safe(value) if isinstance(value, str) else value
