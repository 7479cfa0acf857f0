"""The W&B run of a sweep, read back from the files that W&B wrote, and as a server receives it; its runs are made up."""

import json
import math
import statistics
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.loggers.offline import Offline
from tests.loggers.test_wandb import services
from tests.loggers.wandb_server import Server
from tests.sweeps.made import call, config_of, end, finish
from tunesmith.report.records import Record, of_sweep
from tunesmith.report.results import write_results
from tunesmith.report.sweep_run import write_sweep_run
from tunesmith.report.wandb_places import places, remember
from tunesmith.storage.verified_folder import FILE as DIGESTS
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

ID = "0a1b2c3d4e"
SCORES = {"0.0001": [0.80, 0.84], "0.001": [0.90, 0.95], "0.01": [0.50, float("nan")]}
HOSTILE = "<img src=x>\x1b[31m=cmd|"


@pytest.fixture(autouse=True)
def account(monkeypatch, tmp_path):
    """No key, no other settings of W&B, and a cache of this test's own."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("TUNESMITH_CACHE", str(tmp_path / "cache"))


def made(place, *words, scores=SCORES, failed=True):
    """A sweep over learning rates and seeds whose last job has failed."""
    folder = SweepFolder.claim(place / "runs/sweeps" / ID, identity=ID, varied=["optimizer.lr", "seed"])
    folder._content |= {"command": "tunesmith train -m optimizer.lr=1e-4,1e-3,1e-2,1 seed=1,2"}
    folder.describe(settings={"sampler": "grid", "space": {}, "seeds": None, "objective": None, "trials": None})
    pairs = [(rate, seed) for rate in [*scores, *["1"] * failed] for seed in (1, 2)]
    jobs = [
        Job(
            number,
            config_of(f"optimizer.lr={rate}", f"seed={seed}", f"output_dir={place}/runs", "logger=wandb", *words),
            {"optimizer.lr": rate, "seed": str(seed)},
        )
        for number, (rate, seed) in enumerate(pairs, 1)
    ]
    folder.freeze(jobs)
    for job, (rate, seed) in zip(jobs, pairs, strict=True):
        if rate in scores:
            value = scores[rate][seed - 1]
            run = finish(job.config, {"validation/accuracy": value, "test/accuracy": value - 0.01}, seconds=seed)
        else:
            run = end(job.config, "failed", error="ValueError: no luck")
        (run.path / "wandb_id.txt").write_text(f"id{job.number}")
    folder.lock.release()
    return folder


def tables(read):
    files = read.file.parent / "files"
    found = {}
    for key, value in read.history[-1].items():
        if key.startswith("tables/"):
            content = json.loads((files / value["path"]).read_text())
            found[key.removeprefix("tables/")] = [
                dict(zip(content["columns"], row, strict=True)) for row in content["data"]
            ]
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A sweep whose W&B run was written by a report, and again at the end of the sweep."""
    folder = made(tmp_path_factory.mktemp("written"))
    called = call("report", folder.path)
    assert called.status == 0 and called.errors == "" and f"offline, tunesmith sync {folder.path}" in called.output
    write_results(folder)  # as a sweep does when it ends
    return folder


def test_it_holds_what_the_sweep_has_found(written):
    read = Offline(written.path)
    assert read.run.run_id == f"sweep-{ID}" and read.run.job_type == "sweep"
    assert read.run.display_name == f"demo_reviews_random_bert/{ID}" and read.run.project == "tunesmith"
    assert list(read.run.tags)[-1] == read.config["sweep_id"] == ID and "random_bert" in read.run.tags
    assert read.run.notes == "tunesmith train -m optimizer.lr=1e-4,1e-3,1e-2,1 seed=1,2"
    assert read.config["space"] == {"optimizer.lr": "0.0001, 0.001, 0.01, 1 (choices)"}
    # By hand and by the standard library.
    assert read.summary["best/configuration"] == "optimizer.lr=0.001" and read.summary["best/seeds"] == 2
    assert read.summary["best/value"] == pytest.approx(statistics.mean(SCORES["0.001"]))
    assert read.summary["best/std"] == pytest.approx(statistics.stdev(SCORES["0.001"]))
    assert (read.summary["runs/done"], read.summary["runs/failed"], read.summary["configurations"]) == (6, 2, 4)
    assert read.summary["state"] == "failed" and read.exit_codes == [1]
    rows = tables(read)["results"]
    assert [row["optimizer.lr"] for row in rows] == ["0.001", "0.0001", "0.01", "1"]
    assert [row["runs"] for row in rows] == ["id3 id4", "id1 id2", "id5 id6", "id7 id8"]
    assert rows[1]["validation/accuracy"] == pytest.approx(0.82)
    assert rows[1]["validation/accuracy std"] == pytest.approx(statistics.stdev([0.8, 0.84]))
    assert math.isnan(rows[2]["validation/accuracy"]) and rows[3]["validation/accuracy"] is None
    assert {"figures/expected-performance", "figures/slices"} <= read.keys


def test_each_writing_is_sent_in_order(written, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    with Server() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.address)
        called = call("sync", written.path)
    assert called.status == 0 and "Sent 1 of 1 offline run; 0 left" in called.output
    assert [run for run, _, _ in server.media] == [f"sweep-{ID}"] * 2
    (_, first, names), (_, second, same) = server.media
    assert first < second and names == same  # W&B drops values of a step before the last one


def test_two_projects_two_runs_and_a_job_without_w_and_b(tmp_path, monkeypatch, capsys):
    folder = made(tmp_path, failed=False)
    entries = folder.entries()
    records = []
    for entry, (project, entity, mode) in zip(
        entries,
        [("a", None, "offline"), ("b", "team", "offline"), *[("a", None, "offline")] * 3, ("c", None, "disabled")],
        strict=True,
    ):
        config = folder.frozen(entry).config
        wandb = config["logger"]["wandb"] | {"project": project, "entity": entity, "mode": mode}
        path = tmp_path / entry["run"]
        scores = {"validation/accuracy": 0.5 + entry["number"] / 10}
        records.append(
            Record(path, config | {"logger": {"wandb": wandb}}, "done", "", None, scores, 1.0, entry["overrides"])
        )
    assert [(place.project, place.entity) for place in places(records)] == [("a", None), ("b", "team")]
    write_sweep_run(folder, records)
    runs = {read.run.project: read for read in (Offline(folder.path, number) for number in (0, 1))}
    assert runs["b"].run.entity == "team" and runs["a"].run.run_id != runs["b"].run.run_id
    assert [row["runs"] for row in tables(runs["a"])["results"]] == ["id5", "id3 id4", "id1"]
    assert [row["runs"] for row in tables(runs["b"])["results"]] == ["", "", "id2"]
    monkeypatch.setattr("tunesmith.report.sweep_run.MOST_PLACES", 0)  # configs of somebody else may name any number
    capsys.readouterr()
    write_sweep_run(folder, records)
    assert capsys.readouterr().out == "Its jobs log to 2 projects; its own run is in the first 0 only\n"


def test_the_page_of_the_report_leaves_the_machine_only_if_asked(written, tmp_path):
    assert not list(written.path.rglob("wandb/**/*.html"))
    page, records = written.path / "report/report.html", of_sweep(written)
    asked = [
        replace(
            record,
            config=record.config | {"logger": {"wandb": record.config["logger"]["wandb"] | {"upload_report": True}}},
        )
        for record in records
    ]
    write_sweep_run(written, asked, page=page)
    (sent,) = Offline(written.path).file.parent.rglob("*.html")
    assert sent.read_bytes() == page.read_bytes()


def test_names_of_others_are_text_and_at_most_a_thousand_rows(tmp_path, capsys):
    folder = made(tmp_path, failed=False)
    config = folder.frozen(folder.entries()[0]).config
    records = [
        Record(
            tmp_path / str(number),
            config | {"name": f"{HOSTILE}\ud800", "monitor": f"validation/{HOSTILE}", "seed": number}
            | {"optimizer": config["optimizer"] | {"lr": number + 1}},
            "done", "", None, {f"validation/{HOSTILE}": number / 1100}, 1.0, {HOSTILE: f"{HOSTILE}{number}"},
        )
        for number in range(1100)
    ]  # fmt: skip
    write_sweep_run(folder, records)
    assert "failed" not in capsys.readouterr().out
    read = Offline(folder.path)
    assert read.summary["configurations"] == 1100 and read.summary["configurations in the table"] == 1000
    rows = tables(read)["results"]
    shown = "<img src=x>\\u001b[31m=cmd|"  # as a terminal shows it
    assert len(rows) == 1000 and rows[0][shown] == f"{shown}1099" and rows[-1][shown] == f"{shown}100"
    assert read.run.display_name.startswith(shown) and read.summary["best/configuration"] == f"{shown}={shown}1099"


def test_a_sweep_that_the_user_ran_is_sent_and_one_that_was_handed_over_is_not(tmp_path, monkeypatch, capsys):
    folder = made(tmp_path, "logger.wandb.mode=online", "logger.wandb.timeout_seconds=20")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    with Server() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.address)
        records = of_sweep(folder)
        write_sweep_run(folder, records)
        assert "was not run by you on this machine" in capsys.readouterr().out and not server.requests
        remember(folder, next(iter(places(records))))
        write_sweep_run(folder, records)
    output, errors = capsys.readouterr()
    assert f"/someone/tests/runs/sweep-{ID}" in output and errors == "", output + errors
    assert {run for run, _, _ in server.media} == {f"sweep-{ID}"}
    assert {"tables/results", "figures/slices"} <= {name for _, _, names in server.media for name in names}


def test_a_setting_that_is_no_text_is_refused(tmp_path):
    folder = made(tmp_path)
    content = (folder.path / "sweep.json").read_text().replace('"optimizer.lr":', r'"optimizer.lr\ud800":')
    (folder.path / "sweep.json").write_text(content)
    (folder.path / DIGESTS).unlink()  # as an earlier version wrote it, or an attacker
    called = call("report", folder.path)
    assert called.status == 2 and "sweep.json is not as a sweep writes it" in called.errors


@pytest.mark.parametrize("trouble", ["no key", "link"])
def test_trouble_with_w_and_b_is_one_line(trouble, tmp_path, capsys):
    folder = made(tmp_path, "logger.wandb.mode=online")
    if trouble == "link":
        (tmp_path / "elsewhere").mkdir()
        (folder.path / "wandb").symlink_to(tmp_path / "elsewhere")
    write_sweep_run(folder, of_sweep(folder), ended=True)
    output, errors = capsys.readouterr()
    (line,) = output.splitlines()
    assert errors == ""
    assert line.endswith(f"the sweep's own run is not there: tunesmith report {folder.path} writes it")
    assert ("run wandb login" if trouble == "no key" else "lead out of it") in line
    assert not services()
    assert not list(tmp_path.glob("elsewhere/*"))


def test_nothing_of_w_and_b_is_imported_where_it_is_not_chosen(tmp_path):
    folder = made(tmp_path, "logger=csv")
    code = (
        "import sys; from tunesmith.report.results import write_results; "
        "from tunesmith.sweeps.folder import SweepFolder; from pathlib import Path; "
        f"write_results(SweepFolder(Path({str(folder.path)!r}))); "
        "print('loaded:', sorted({'wandb', 'torch', 'tunesmith.loggers.wandb_summary'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "loaded: []" in result.stdout and not (folder.path / "wandb").exists(), result.stdout + result.stderr
