"""The panels of a W&B workspace and of a W&B report, by section; `reports` is the module `wandb_workspaces.reports.v2`.

Each names values as `tunesmith.loggers` logs them. A band is the standard deviation over the runs of a W&B group, which are those
of one configuration with different seeds.
"""

from collections.abc import Sequence
from typing import Any

from tunesmith.configuration.monitor import larger_is_better, monitorable
from tunesmith.errors.terminal import safe
from tunesmith.loggers.run_description import axis_key
from tunesmith.report.groups import grouped
from tunesmith.report.records import Record
from tunesmith.report.settings import Setting
from tunesmith.report.tables import ordered_scores

FIGURES = ("parallel-coordinates", "importance", "slices", "contour", "expected-performance", "pareto")
RUNS = 100  # drawn in a panel; W&B draws ten unless it is told
_SCORES = 6  # panels of the validation section
_WHOLE = 24  # columns of a report's grid


def training(reports: Any) -> list[Any]:
    """Loss and its terms, learning rates and norms."""
    return [
        reports.LinePlot(title="Loss", y=["train/loss"], max_runs_to_show=RUNS),
        reports.LinePlot(title="Terms of the loss", metric_regex=r"train/(loss|penalty)_.*", max_runs_to_show=RUNS),
        reports.LinePlot(title="Learning rate", metric_regex=r"train/learning_rate.*", max_runs_to_show=RUNS),
        reports.LinePlot(title="Norm of the gradient", y=["train/gradient_norm"], log_y=True, max_runs_to_show=RUNS),
        reports.LinePlot(title="Norm of the weights", y=["train/weight_norm"], max_runs_to_show=RUNS),
    ]


def validation(reports: Any, records: Sequence[Record], score: str | None) -> list[Any]:
    """Each score by the group of the runs, which is their configuration without the seed."""
    names = dict.fromkeys(name for record in records if record.config for name in monitorable(record.config["dataset"]))
    first = [score] if score is not None and score.startswith("validation/") else []
    shown = list(dict.fromkeys([*first, *names]))[:_SCORES]
    grouping = {"groupby": "Group", "groupby_aggfunc": "mean", "groupby_rangefunc": "stddev"}
    lines = [
        reports.LinePlot(title=safe(name), y=[name], title_x="optimizer steps", max_runs_to_show=RUNS, **grouping)
        for name in shown
    ]
    finals = [name for name in ordered_scores(grouped(records)) if score and name.endswith(score.partition("/")[2])]
    bars = [
        reports.BarPlot(title=safe(f"final {name}"), metrics=[f"final/{name}"], max_runs_to_show=RUNS, **grouping)
        for name in finals[:2]
    ]
    return [*lines, *bars]


def sweep(reports: Any, varied: Sequence[Setting], score: str | None, *, media: bool = True) -> list[Any]:
    """How the score depends on what varies; nothing of it without a score or if nothing varies."""
    drawn = [figures(reports)] if media else []
    if score is None or not varied:
        return drawn or [reports.MarkdownPanel(markdown="Nothing varies but the seed, or the runs share no score.")]
    target = reports.SummaryMetric(f"final/{score}")
    axes = {setting.key: reports.Config(f"varied.{axis_key(setting.key)}") for setting in varied}
    columns = [
        reports.ParallelCoordinatesPlotColumn(
            metric=axes[setting.key], display_name=safe(setting.key), log=setting.axis.log or None
        )
        for setting in varied
    ]
    columns.append(
        reports.ParallelCoordinatesPlotColumn(
            metric=target, display_name=safe(score), inverted=None if larger_is_better(score) else True
        )
    )
    scatter = [
        reports.ScatterPlot(
            title=safe(f"{score} by {setting.key}"), x=axes[setting.key], y=target, log_x=setting.axis.log or None
        )
        for setting in varied
    ]
    return [
        reports.ParallelCoordinatesPlot(title="Settings and score of each run", columns=columns),
        reports.ParameterImportancePlot(with_respect_to=f"final/{score}"),
        *scatter,
        *drawn,
    ]


def figures(reports: Any) -> Any:
    """The figures of the sweep's own run, which are those of `tunesmith report`."""
    return reports.MediaBrowser(
        title="Figures of tunesmith report",
        media_keys=[f"figures/{name}" for name in FIGURES],
        num_columns=2,
        layout=reports.Layout(w=_WHOLE, h=20),
    )


def system(reports: Any) -> list[Any]:
    """Speed and memory."""
    titles = {
        "tokens_per_second": "Tokens a second",
        "examples_per_second": "Examples a second",
        "peak_share": "Share of the GPU's peak, from below",
        "padding": "Share of padding",
        "memory_gib": "Memory (GiB)",
        "gpu_memory_gib": "Memory of the GPU, peak (GiB)",
        "seconds": "Seconds of training",
    }
    return [
        reports.LinePlot(title=title, y=[f"machine/{name}"], max_runs_to_show=RUNS) for name, title in titles.items()
    ]


def tables(reports: Any) -> list[Any]:
    """The tables of the sweep's own run, and the differences between configs."""
    return [
        reports.WeavePanelSummaryTable(table_name="tables/results"),
        reports.WeavePanelSummaryTable(table_name="tables/search"),
        reports.RunComparer(diff_only="split"),
    ]


def results(reports: Any) -> Any:
    """The table of the sweep's own run, over the whole width of a report."""
    return reports.WeavePanelSummaryTable(table_name="tables/results", layout=reports.Layout(w=_WHOLE, h=12))
