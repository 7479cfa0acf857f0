"""Records of runs in every state, and `tunesmith report` on every kind of folder."""

import random
import shutil
from pathlib import Path

import pytest

from tests.storage import damages
from tests.sweeps.made import call, config_of, end, finish, sweep
from tunesmith.errors import UserError
from tunesmith.report.records import find, of_sweep
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

SCORES = {"validation/accuracy": 0.5, "test/accuracy": 0.25}


def config(place, seed):
    return config_of(f"seed={seed}", f"output_dir={place}/runs")


@pytest.fixture
def started(tmp_path):
    """A sweep in progress: a job of each state, the last one running."""
    folder = SweepFolder.claim(tmp_path / "sweep", identity="", varied=["seed"])
    folder.describe(settings={})
    jobs = [Job(seed, config(tmp_path, seed), {"seed": str(seed)}) for seed in range(1, 8)]
    folder.freeze(jobs)
    finish(jobs[0].config, SCORES, seconds=2.5)
    end(jobs[1].config, "failed", error="ValueError: no luck\nand more\nand more")
    end(jobs[2].config, "pruned", error="Pruned: after epoch 1")
    end(jobs[3].config, "running")  # its process is gone
    end(jobs[4].config, "done")  # its metrics.json is missing
    held = RunFolder.claim(jobs[6].config)
    end(jobs[6].config, "running", step=2, steps=3)
    yield folder
    held.release()
    folder.lock.release()


STATES = ["done", "failed", "pruned", "interrupted", "missing", "waiting", "running"]


def test_states_of_a_sweeps_runs(started):
    records = of_sweep(started)
    assert [record.state for record in records] == STATES
    assert [record.overrides for record in records] == [{"seed": str(seed)} for seed in range(1, 8)]
    assert records[0].scores == SCORES and records[0].seconds == 2.5
    assert not any(record.scores or record.seconds for record in records[1:])
    assert [record.error for record in records] == ["", "ValueError: no luck", "Pruned: after epoch 1", "", "", "", ""]
    logs = [started.log(number) for number in range(1, 8)]
    assert [record.log and record.log.resolve() for record in records] == [*logs[:5], None, logs[6]]
    assert [record.config["seed"] for record in records] == list(range(1, 8))


def test_a_report_of_a_sweep_in_progress_lists_unfinished_runs(started):
    called = call("report", started.path)
    assert called.status == 0 and called.errors == ""
    lines = called.output.splitlines()
    for number, state in enumerate(STATES, 1):
        named = [line for line in lines if line.startswith(f"{state}: seed={number}")]
        assert len(named) == (state != "done")
        assert all(line.endswith(f"/logs/{number:04}.log") for line in named) or state == "waiting"
    assert "failed: seed=2: ValueError: no luck  " in called.output and "waiting: seed=6" in lines
    assert "- waiting: seed=6" in (started.path / "results.md").read_text().splitlines()
    assert (started.path / "results.md").is_file()


def test_a_run_that_left_no_status_is_missing_if_it_was_started(tmp_path):
    folder = SweepFolder.claim(tmp_path / "sweep", identity="", varied=["seed"])
    folder.describe(settings={})
    jobs = [Job(seed, config(tmp_path, seed), {"seed": str(seed)}) for seed in (1, 2, 3)]
    folder.freeze(jobs)
    jobs[0].run.path.mkdir(parents=True)
    folder.log(2).parent.mkdir(exist_ok=True)
    folder.log(2).write_text("killed")
    folder.lock.release()
    assert [record.state for record in of_sweep(folder)] == ["missing", "missing", "waiting"]


def test_a_sweep_is_moved_together_with_the_folder_of_runs_beside_it(tmp_path, monkeypatch):
    (tmp_path / "before").mkdir()
    monkeypatch.chdir(tmp_path / "before")
    folder = SweepFolder.claim(Path("s"), identity="", varied=["seed"])
    folder.describe(settings={})
    job = Job(1, config_of("seed=1", "output_dir=runs"), {"seed": "1"})
    folder.freeze([job])
    finish(job.config, SCORES)
    folder.lock.release()
    monkeypatch.chdir("/")
    (tmp_path / "before").rename(tmp_path / "after")
    (record,) = of_sweep(SweepFolder(tmp_path / "after/s"))
    assert record.state == "done" and record.scores == SCORES


def test_runs_found_through_several_folders_count_once(tmp_path):
    runs = [finish(config(tmp_path / name, seed), SCORES) for name in "ab" for seed in (1, 2)]
    end(config(tmp_path / "a", 3), "failed", error="ValueError: x")
    records = find([tmp_path / "a", runs[0].path, tmp_path / "b/runs"])
    assert sorted(record.path.resolve() for record in records if record.state == "done") == sorted(
        run.path for run in runs
    )
    (failed,) = (record for record in records if record.state == "failed")
    assert failed.log.name == "train.log" and failed.overrides is None
    called = call("report", tmp_path / "a", tmp_path / "b", f"output={tmp_path / 'out'}")
    assert called.status == 0 and "4 done, 1 failed" in called.output
    assert not list(tmp_path.rglob("results.*"))


def test_a_single_run(tmp_path):
    called = call("report", finish(config(tmp_path, 1), SCORES).path)
    assert called.status == 0 and "0.5000" in called.output and "1 done" in called.output


@pytest.mark.parametrize("manifest", [None, "{", "{}"])
def test_a_run_whose_manifest_is_lost_has_no_run_time(tmp_path, manifest):
    run = finish(config(tmp_path, 1), SCORES)
    (run.path / "manifest.json").unlink()
    if manifest is not None:
        (run.path / "manifest.json").write_text(manifest)
    (record,) = find([tmp_path])
    assert record.state == "done" and record.scores == SCORES and record.seconds is None


@pytest.mark.parametrize("name", ["metrics.json", "status.json", "config.yaml", "digests.json"])
@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
def test_a_report_goes_on_without_a_damaged_run(name, damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = [finish(config(tmp_path, seed), SCORES) for seed in (1, 2)]
    damage(runs[1].path / name, random.Random(1))
    called = call("report", tmp_path / "runs")
    assert called.status == 0 and "0.5000" in called.output and "1 done" in called.output
    assert " is damaged: " in called.output or "2 done" in called.output  # a flip in an earlier digest is harmless


def test_folders_without_runs(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as raised:
        find([tmp_path / "empty", tmp_path / "none", tmp_path / "file"])
    assert [mistake.split(" ", 1)[1].split(";")[0] for mistake in raised.value.mistakes] == [
        "contains no runs",
        "is not a folder",
        "is not a folder",
    ]


@pytest.mark.parametrize(
    "name,expected", [("empty", "empty contains no runs; expected"), ("none", "none is not a folder;")]
)
def test_a_report_without_runs(tmp_path, name, expected):
    (tmp_path / "empty").mkdir()
    called = call("report", tmp_path / name)
    assert called.status == 2 and expected in called.errors and called.errors.count("\n") == 1 and not called.output


def test_a_report_without_folders():
    called = call("report")
    assert called.status == 2 and "report needs at least one folder" in called.errors


def test_a_report_prints_the_same_as_the_sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    swept = sweep("seed=1,2", "output_dir=runs", "sweep.folder=s")
    assert swept.status == 0
    written = {file.name: file.read_text() for file in (tmp_path / "s").glob("results.*")}
    assert set(written) == {"results.csv", "results.md"}
    called = call("report", "s")
    *table, page = called.output.splitlines()
    assert called.status == 0 and swept.output.splitlines()[-len(table) :] == table
    assert page.startswith("Report: s/report/report.html; ") and (tmp_path / "s/report/report.html").is_file()
    assert {file.name: file.read_text() for file in (tmp_path / "s").glob("results.*")} == written
    monkeypatch.chdir("/")
    assert "0.5" in call("report", tmp_path / "s").output and "2 done" in call("report", tmp_path / "s").output


def test_a_copy_of_a_sweep_shows_its_own_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = SweepFolder.claim(Path("runs/sweeps/s"), identity="", varied=["seed"])
    folder.describe(settings={})
    job = Job(1, config_of("seed=1", "output_dir=runs"), {"seed": "1"})
    folder.freeze([job])
    finish(job.config, SCORES)
    folder.lock.release()
    shutil.copytree("runs", "copy")
    RunFolder(tmp_path / "copy" / job.run.path.relative_to("runs")).write_json("metrics.json", {"test/accuracy": 0.75})
    (of_copy,) = find(["copy/sweeps/s"])
    (of_original,) = find(["runs/sweeps/s"])
    assert of_copy.scores == {"test/accuracy": 0.75} and of_original.scores == SCORES


@pytest.mark.parametrize("output_dir", ["runs", "deep/er/runs", "ABSOLUTE/runs"])
@pytest.mark.parametrize("moved", ["elsewhere", "elsewhere/other_name"])
def test_a_sweep_that_was_moved_finds_its_runs_beside_it(tmp_path, monkeypatch, output_dir, moved):
    output_dir = output_dir.replace("ABSOLUTE", str(tmp_path / "before"))
    (tmp_path / "before").mkdir()
    monkeypatch.chdir(tmp_path / "before")
    folder = SweepFolder.claim(Path(output_dir) / "sweeps/s", identity="", varied=["seed"])
    folder.describe(settings={})
    jobs = [Job(seed, config_of(f"seed={seed}", f"output_dir={output_dir}"), {"seed": str(seed)}) for seed in (1, 2, 3)]
    folder.freeze(jobs)
    for job in jobs[:2]:
        finish(job.config, SCORES)
    folder.lock.release()
    called = call("report", folder.path)
    assert "2 done, 1 waiting" in called.output
    results = (folder.path / "results.csv").read_text()

    target = tmp_path / moved
    target.parent.mkdir(exist_ok=True)
    shutil.move(Path(output_dir), target)
    monkeypatch.chdir("/")
    shutil.rmtree(tmp_path / "before")
    called = call("report", target / "sweeps/s")
    assert called.status == 0 and "2 done, 1 waiting" in called.output
    written = (target / "sweeps/s/results.csv").read_text()
    assert written.partition("0.5")[0] == results.partition("0.5")[0]

    shutil.move(target / "sweeps/s", tmp_path / "alone")  # without its runs
    called = call("report", tmp_path / "alone")
    assert called.status == 0 and "the earlier results in" in called.output
    assert (tmp_path / "alone/results.csv").read_text() == written


@pytest.mark.parametrize(
    "manifest,expected",
    [
        ('{"seconds": 0}', 0.0),
        ('{"seconds": 1.5}', 1.5),
        ('{"seconds": 1099511627775}', 2.0**40 - 1),
        ('{"seconds": 1099511627776}', None),
        ('{"seconds": -1}', None),
        ('{"seconds": NaN}', None),
        ('{"seconds": "1"}', None),
        ('{"seconds": null}', None),
        ("[1]", None),
    ],
)
def test_a_run_time_is_a_number_of_seconds(tmp_path, manifest, expected):
    run = finish(config(tmp_path, 1), SCORES)
    run.write_text("manifest.json", manifest)
    (record,) = find([tmp_path])
    assert record.seconds == expected and type(record.seconds) is type(expected)


def test_damaged_runs_of_a_sweep_keep_their_place_overrides_and_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = SweepFolder.claim(Path("sweep"), identity="", varied=["seed"])
    folder.describe()
    jobs = [Job(seed, config(tmp_path, seed), {"seed": str(seed)}) for seed in (1, 2, 3)]
    folder.freeze([Job(-1, config(tmp_path, 4), {}, stage=True), *jobs])  # a stage is no run of its own in a report
    for job in jobs:
        finish(job.config, SCORES)
    folder.lock.release()
    (folder.path / "jobs/0001.yaml").write_text("seed: 9\n")
    (jobs[2].run.path / "metrics.json").write_text("{}")
    first, second, third = of_sweep(folder)
    assert second.state == "done" and second.scores == SCORES
    for record, number, damaged in ((first, 1, "jobs/0001.yaml"), (third, 3, "metrics.json")):
        assert (record.state, record.config, record.scores, record.seconds) == ("damaged", {}, {}, None)
        assert f"{damaged} is damaged: " in record.error and record.overrides == {"seed": str(number)}
        assert record.path == jobs[number - 1].run.path.relative_to(tmp_path)
        assert record.log == Path(f"sweep/logs/{number:04}.log")


def test_a_damaged_run_alone_keeps_its_place_and_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole, *others = [finish(config(tmp_path, seed), SCORES) for seed in (1, 2, 3)]
    (others[0].path / "config.yaml").write_text("seed: 9\n")
    (others[1].path / "metrics.json").unlink()
    (tmp_path / "runs/no_run").mkdir()
    (tmp_path / "runs/no_run/status.json").write_text("{}")  # of another program: there is no config.yaml
    records = {record.path: record for record in find(["runs"])}
    places = [run.path.relative_to(tmp_path) for run in (whole, *others)]
    assert [records.pop(place).state for place in places] == ["done", "damaged", "damaged"] and not records
    record = next(record for record in find([others[0].path]))
    assert (record.config, record.scores, record.seconds, record.overrides) == ({}, {}, None, None)
    assert "config.yaml is damaged: " in record.error and record.log == places[1] / "train.log"


def test_runs_below_a_folder_are_in_the_order_of_their_paths(tmp_path):
    for name in ("b", "a", "c"):
        finish(config_of(f"name={name}", f"output_dir={tmp_path}"), SCORES)
    assert [record.config["name"] for record in find([tmp_path])] == ["a", "b", "c"]


def test_a_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    finish(config(tmp_path, 1), SCORES)
    assert [record.state for record in find(["~/runs"])] == ["done"]
    with pytest.raises(UserError) as raised:
        find(["~/none"])
    assert raised.value.mistakes == [
        "~/none is not a folder; expected the folder of a run or a sweep, or one with runs below it, such as runs/"
    ]


def test_a_run_that_has_failed_since_has_neither_scores_nor_a_run_time(tmp_path):
    finish(config(tmp_path, 1), SCORES).set_state("failed")
    (record,) = find([tmp_path])
    assert (record.state, record.scores, record.seconds) == ("failed", {}, None)


def test_runs_are_looked_for_where_the_sweep_ran(tmp_path, monkeypatch):
    """Its own folder is elsewhere, and so is the report."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder = SweepFolder.claim(tmp_path / "elsewhere/s", identity="", varied=["seed"])
    folder.describe()
    jobs = [Job(seed, config_of(f"seed={seed}", "output_dir=runs"), {"seed": str(seed)}) for seed in (1, 2)]
    folder.freeze(jobs)
    finish(jobs[0].config, SCORES)
    folder.lock.release()
    paths = [job.run.path.absolute() for job in jobs]
    monkeypatch.chdir(tmp_path)
    records = of_sweep(SweepFolder(tmp_path / "elsewhere/s"))
    assert [record.state for record in records] == ["done", "waiting"]
    assert [record.path.absolute() for record in records] == paths


@pytest.mark.parametrize(
    "data,expected",
    [
        ({"fingerprints": {"test": "abc-all"}}, {"test": "abc-all"}),
        ({}, {}),
        ({"fingerprints": None}, {}),
        ("damaged", {}),
    ],
)
def test_the_data_of_a_run_as_far_as_it_is_recorded(tmp_path, data, expected):
    run = finish(config(tmp_path, 1), SCORES)
    run.write_json("manifest.json", {"seconds": 2.0, "data": data})
    (record,) = find([run.path])
    assert record.data == expected and record.seconds == 2.0
