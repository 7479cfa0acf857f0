"""The views of a dashboard: read back with wandb-workspaces' own classes, and as a server receives them."""

import json
import re

import pytest
import wandb_workspaces.reports.v2 as reports
import wandb_workspaces.workspaces as workspaces
from wandb_workspaces.reports.v2 import internal as report_models
from wandb_workspaces.workspaces import internal as workspace_models

from tests.loggers.wandb_server import Server
from tests.report.test_sweep_run import ID, account, made
from tests.sweeps.made import call, config_of
from tunesmith.sweeps.job import Job

__all__ = ["account"]

HOSTILE = "</script><img src=x onerror=alert(1)> \U0001f525 | `x` \x1b[31m"
ACCURACY = "validation/accuracy"


def read_back(file):
    """The workspace and the report of a file, as wandb-workspaces reads what a server gives."""
    content = json.loads(file.read_text())
    view, report = content["workspace"], content["report"]
    model = workspace_models.View(
        entity=view["entity"] or "",
        project=view["project"],
        display_name=view["title"],
        name="nw-x-v",
        id="",
        spec=workspace_models.WorkspaceViewspec.model_validate_json(json.dumps(view["spec"])),
    )
    place = {"name": report["project"], "entityName": report["entity"] or ""}
    given = {"displayName": report["title"], "project": place, "spec": json.dumps(report["spec"])}
    read = report_models.ReportViewspec.model_validate(given)
    return workspaces.Workspace._from_model(model), reports.Report._from_model(read), content


def test_the_file_is_what_wandb_workspaces_reads(tmp_path):
    folder = made(tmp_path)
    called = call("dashboard", folder.path)
    assert called.status == 0 and "Not sent: there is no API key for " in called.output and called.errors == ""
    workspace, report, content = read_back(folder.path / "dashboard.json")
    assert (
        workspace.name == report.title == f"demo_reviews_random_bert, sweep {ID}" and workspace.project == "tunesmith"
    )
    sections = {section.name: section.panels for section in workspace.sections}
    assert list(sections) == ["Training", "Validation", "Sweep", "System", "Tables"]
    assert workspace.runset_settings.filters == f"Metric(\"Tags\") in ['{ID}']"
    # A band over the runs of a group, which differ in their seed only.
    curve = sections["Validation"][0]
    assert curve.y == [reports.Metric(ACCURACY)] and curve.aggregate is True
    assert (curve.groupby, curve.groupby_aggfunc, curve.groupby_rangefunc) == ("Group", "mean", "stddev")
    parallel, importance, scatter, media = sections["Sweep"]
    rate, score = reports.Config("varied.optimizer_lr"), reports.SummaryMetric(f"final/{ACCURACY}")
    assert [(column.metric, column.log) for column in parallel.columns] == [(rate, True), (score, None)]
    assert importance.with_respect_to == f"final/{ACCURACY}" and "figures/importance" in media.media_keys
    assert (scatter.x, scatter.y, scatter.log_x) == (rate, score, True)
    assert sections["System"][0].y == [reports.Metric("machine/tokens_per_second")]
    assert sections["Tables"][0].table_name == "tables/results"
    texts = [block.text for block in report.blocks if isinstance(block, reports.P | reports.MarkdownBlock)]
    assert texts[0].startswith(
        "8 runs of 4 configurations: 6 done, 2 failed. Ranked by the mean of validation/accuracy"
    )
    assert "`0.001`" in texts[1] or "| 0.001 |" in texts[1]
    grids = [block for block in report.blocks if isinstance(block, reports.PanelGrid)]
    filters = [
        f"Metric(\"Tags\") in ['{ID}'] and Metric(\"JobType\") == '{job}'" for job in ("train", "train", "sweep")
    ]
    assert [grid.runsets[0].filters for grid in grids] == filters
    # What is read is written as it was.
    assert (
        workspace._to_model().spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        == content["workspace"]["spec"]
    )


def test_names_of_others_are_data(tmp_path, monkeypatch):
    folder = made(tmp_path)
    content = folder.read()
    for entry in content["jobs"]:
        entry["overrides"] = {HOSTILE: entry["overrides"]["optimizer.lr"], "seed": entry["overrides"]["seed"]}
    folder._content = content | {"command": HOSTILE}
    folder.describe(settings={"objective": HOSTILE})
    assert call("dashboard", folder.path).status == 0
    workspace, report, _ = read_back(folder.path / "dashboard.json")
    parallel = next(section for section in workspace.sections if section.name == "Sweep").panels[0]
    shown = HOSTILE.replace("\x1b", "\\u001b")
    assert parallel.columns[0].display_name == shown
    assert next(block.code for block in report.blocks if isinstance(block, reports.CodeBlock)) == shown
    (table,) = (block.text for block in report.blocks if isinstance(block, reports.MarkdownBlock))
    assert "\x1b" not in table and "\\<img" in table and re.search(r"(?<!\\)[<`]", table) is None  # escaped


def test_both_are_sent_as_in_the_file_and_replaced_the_next_time(tmp_path, monkeypatch):
    folder = made(tmp_path, "logger.wandb.project=tests")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    with Server() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.address)
        for _ in (1, 2):
            called = call("dashboard", folder.path, f"output={tmp_path / 'views.json'}")
            assert called.status == 0 and called.errors == "", called.output + called.errors
    assert f"Workspace: {server.address}/someone/tests?nw=sweep{ID}" in called.output
    content = json.loads((tmp_path / "views.json").read_text())
    sent = {view["type"]: view for view in server.views.values()}
    assert len(server.views) == 2 and sent.keys() == {"project-view", "runs"}
    for kind, name in (("project-view", "workspace"), ("runs", "report")):
        assert json.loads(sent[kind]["spec"]) == content[name]["spec"]
        assert sent[kind]["entityName"] == "someone" and sent[kind]["displayName"] == content[name]["title"]


@pytest.mark.parametrize(
    "mode,message", [("refusing", "user is not logged in"), ("silent", "Failed to execute API request")]
)
def test_a_server_that_refuses_or_does_not_answer(mode, message, tmp_path, monkeypatch):
    folder = made(tmp_path)
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    monkeypatch.setattr("wandb.apis.public.api.Api._HTTP_TIMEOUT", 2)
    with Server(mode) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.address)
        called = call("dashboard", folder.path)
    assert called.status == 2 and "Written: " in called.output and "Traceback" not in called.errors
    assert message in called.errors and "0123456789" not in called.errors + called.output
    assert len(called.errors.strip().splitlines()) == 1, called.errors


def test_settings_that_the_panels_leave_out_are_named(tmp_path):
    folder = made(tmp_path)
    content = folder.read()
    for entry in content["jobs"]:
        entry["overrides"] = {f"key.{number}": str(number + entry["number"]) for number in range(10)}
    folder._content = content
    folder.describe()
    assert call("dashboard", folder.path).status == 0
    workspace, report, _ = read_back(folder.path / "dashboard.json")
    columns = next(section for section in workspace.sections if section.name == "Sweep").panels[0].columns
    assert [column.display_name for column in columns[:-1]] == [f"key.{number}" for number in range(8)]
    assert "The panels leave out key.8, key.9: they show 8 settings." in report.blocks[0].text


def test_jobs_that_log_to_several_projects(tmp_path):
    folder = made(tmp_path)
    other = config_of(
        f"output_dir={tmp_path}/runs", "logger=wandb", "logger.wandb.project=b", "logger.wandb.entity=team"
    )
    folder.freeze([Job(1, other, {"optimizer.lr": "0.0001", "seed": "1"})])
    called = call("dashboard", folder.path)
    assert called.status == 2 and "log to several places: team/b, the default entity/tunesmith; choose" in called.errors
    for words, entity, project in (
        (["project=b"], "team", "b"),
        (["project=tunesmith", "entity=me"], "me", "tunesmith"),
    ):
        assert call("dashboard", folder.path, *words).status == 0
        content = json.loads((folder.path / "dashboard.json").read_text())
        assert {(view["entity"], view["project"]) for view in content.values()} == {(entity, project)}


@pytest.mark.parametrize(
    "arguments,message",
    [
        ([], "needs the folder of one sweep, not 0"),
        (["missing"], "missing is not the folder of a sweep; expected"),
        (["s", "outputs=x"], "did you mean output?"),
        (["s", "output="], "output is empty"),
        (["s"], "no job of the sweep logs to Weights & Biases; expected logger=wandb"),
    ],
)
def test_mistakes(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "no job" in message:
        made(tmp_path, "logger=csv").path.rename("s")
    called = call("dashboard", *arguments)
    assert called.status == 2 and message in called.errors, called.errors
