"""The W&B workspace and the W&B report of a sweep, made with W&B's own `wandb-workspaces`.

A panel names values that runs have logged, so it can be made before there are any at W&B. All panels show the runs with the
sweep's tag. Names of others are plain texts here: each panel takes them as data, and Markdown is escaped.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration.monitor import larger_is_better
from tunesmith.documents.markdown_page import as_markdown
from tunesmith.errors.messages import listed
from tunesmith.errors.terminal import safe
from tunesmith.report import wandb_panels as panels
from tunesmith.report.groups import grouped, ranked
from tunesmith.report.records import Record
from tunesmith.report.results import summary
from tunesmith.report.settings import Setting, settings
from tunesmith.report.sweep_content import command, identity_of, ranking_score
from tunesmith.report.tables import ordered_scores
from tunesmith.report.wandb_places import Place
from tunesmith.sweeps.folder import SweepFolder

_SETTINGS = 8  # axes of the parallel coordinates, and panels of one setting against the score
_ROWS = 40  # configurations in the table of the report
_WIDTH = 120  # characters of a title, of which W&B takes 128


@dataclass(frozen=True)
class Dashboard:
    """What is sent.

    Attributes:
        workspace: of the class `Workspace` of wandb-workspaces.
        report: of its class `Report`.
    """

    workspace: Any
    report: Any

    @property
    def content(self) -> dict[str, Any]:
        """What is sent to W&B for each, as JSON: the place, the title and the views."""
        view, report = self.workspace._to_model(), self.report._to_model()
        places = [(view.entity, view.project), (report.project.entity_name, report.project.name)]
        titles = [view.display_name, report.display_name]
        found = zip(("workspace", "report"), places, titles, (view, report), strict=True)
        return {
            name: {
                "entity": entity or None,
                "project": project,
                "title": title,
                "spec": model.spec.model_dump(mode="json", by_alias=True, exclude_none=True),
            }
            for name, (entity, project), title, model in found
        }


def dashboard(folder: SweepFolder, records: Sequence[Record], place: Place) -> Dashboard:
    """The workspace and the report of a sweep.

    Args:
        folder: of the sweep.
        records: its runs.
        place: where its jobs log to; an entity of None is filled in before it is sent.
    """
    import wandb_workspaces.workspaces as workspaces
    from wandb_workspaces.reports import v2

    reports: Any = v2
    identity = identity_of(folder)
    score = ranking_score(folder, records)
    every = _varied(records)
    varied = every[:_SETTINGS]
    names = sorted({str(record.config["name"]) for record in records if record.config})
    title = _title(f"{' and '.join(names[:3])}{' and others' if len(names) > 3 else ''}, sweep {identity}")
    sections = {
        "Training": panels.training(reports),
        "Validation": panels.validation(reports, records, score),
        "Sweep": panels.sweep(reports, varied, score),
        "System": panels.system(reports),
        "Tables": panels.tables(reports),
    }
    pinned = ["run:displayName", "run:state", *([f"summary:final/{score}"] if score else [])]
    workspace = workspaces.Workspace(
        entity=place.entity or "",
        project=place.project,
        name=title,
        sections=[
            workspaces.Section(name=name, panels=found, is_open=name not in ("System", "Tables"))
            for name, found in sections.items()
        ],
        settings=workspaces.WorkspaceSettings(max_runs=panels.RUNS),
        runset_settings=workspaces.RunsetSettings(filters=f"Tags() in ['{identity}']", pinned_columns=pinned),
    )
    workspace._internal_name = f"nw-sweep{identity}-v"  # the same each time, so that it is replaced
    runs = _run_set(reports, identity, "train")
    report = reports.Report(
        entity=place.entity or "",
        project=place.project,
        title=title,
        description=safe(f"tunesmith dashboard {folder.path.name}"),
        width="fluid",
        blocks=[
            *_lead(reports, folder, records, score, left_out=every[_SETTINGS:]),
            reports.H2(text="Settings and score"),
            reports.PanelGrid(runsets=[runs], panels=panels.sweep(reports, varied, score, media=False)),
            reports.H2(text="Validation, mean and standard deviation over the seeds"),
            reports.PanelGrid(
                runsets=[_run_set(reports, identity, "train")], panels=panels.validation(reports, records, score)
            ),
            reports.H2(text="Figures of the search"),
            reports.PanelGrid(
                runsets=[_run_set(reports, identity, "sweep")],
                panels=[
                    panels.figures(reports),
                    panels.results(reports),
                ],
            ),
        ],
    )
    return Dashboard(workspace, report)


def _run_set(reports: Any, identity: str, job_type: str) -> Any:
    """The runs of the sweep, or its own; without a project it is that of the report, which W&B need not be asked for."""
    filters = f"Tags() in ['{identity}'] and Metric('JobType') == '{job_type}'"
    return reports.Runset(name=f"Sweep {identity}, job type {job_type}", filters=filters)


def _varied(records: Sequence[Record]) -> list[Setting]:
    """The settings that vary, with the scale of their axes."""
    return settings(
        [{key: text for key, text in (record.overrides or {}).items() if key != "seed"} for record in records]
    )


def _lead(
    reports: Any, folder: SweepFolder, records: Sequence[Record], score: str | None, *, left_out: Sequence[Setting]
) -> list[Any]:
    """What the sweep is, and its results."""
    groups = ranked(grouped(records), score)
    scores = ordered_scores(groups)
    states = [record.state for record in records]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    text = f"{len(records)} runs of {len(groups)} configurations: {counts}."
    if score is not None:
        better = "larger" if larger_is_better(score) else "smaller"
        text += f" Ranked by the mean of {score} over the seeds; {better} is better."
    if len(groups) > _ROWS:
        text += f" The first {_ROWS} configurations are in the table; tables/results has more."
    if left_out:
        text += f" The panels leave out {listed(setting.key for setting in left_out)}: they show {_SETTINGS} settings."
    blocks = [reports.P(text=safe(text))]
    if typed := command(folder):
        blocks.append(reports.CodeBlock(code=safe(typed), language=None))
    blocks.append(reports.H2(text="Results"))
    blocks.append(reports.MarkdownBlock(text=as_markdown(summary(groups[:_ROWS], scores[:4]))))
    return blocks


def _title(text: str) -> str:
    """A title without symbols, such as emojis, which W&B refuses in the name of a workspace."""
    kept = "".join(
        "?" if unicodedata.category(character) in ("So", "Sk", "Sm", "Sc", "Cs") else character
        for character in safe(" ".join(text.split()))
    )
    return kept if len(kept) <= _WIDTH else f"...{kept[3 - _WIDTH :]}"  # its end has the id
