"""What a bundle holds and what it does not tell."""

import json
import zipfile

import pytest

from tests.sweeps.made import call, config_of, end, finish
from tunesmith.bundling.unpack import unpack
from tunesmith.report.records import find, of_sweep
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

KEY = "hf_0canary0canary0canary0"


def made_run(output, *words, score=0.5, **manifest):
    config = config_of(f"output_dir={output}", *words)
    run = finish(config, {"validation/accuracy": score, "test/accuracy": None})
    facts = {"command": "tunesmith train", "working_folder": {"path": "/home/anna/work", "git": None}}
    run.write_json("manifest.json", facts | {"data": {"fingerprints": {"train": "abc"}}} | manifest)
    run.write_text("metrics.csv", "step,loss\n1,0.5\n")
    run.write_text("predictions/test.jsonl", '{"id": "1", "text": "fine", "prediction": "positive"}\n')
    run.write_text("train.log", "secret log\n")
    (run.path / "model").mkdir()
    (run.path / "model/model.safetensors").write_bytes(b"weights")
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints/last.ckpt").write_bytes(b"state")
    (run.path / "wandb").mkdir()
    (run.path / "wandb/debug.log").write_text("log")
    run.seal()
    return run


def made_sweep(output, *, seeds=(1, 2)):
    jobs = [
        Job(number, config_of(f"output_dir={output}", f"seed={seed}"), {"seed": str(seed)})
        for number, seed in enumerate(seeds, start=1)
    ]
    folder = SweepFolder.claim(output / "sweeps/0123456789", identity="x", varied=["seed"])
    folder.freeze(jobs)
    folder.lock.release()
    return folder


def contents(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "anna").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    return tmp_path / "anna"


def test_a_run_and_its_files(tmp_path, home):
    run = made_run(home / "runs")
    called = call("bundle", run.path, f"output={tmp_path}/x.zip")
    assert called.status == 0 and "1 run, 7 files" in called.output, called
    found = contents(tmp_path / "x.zip")
    name = f"runs/{run.config()['name']}/{run.path.name}"
    files = ["config.yaml", "digests.json", "manifest.json", "metrics.csv", "metrics.json", "predictions/test.jsonl"]
    assert list(found) == ["bundle.json", *(f"{name}/{file}" for file in [*files, "status.json"])]
    everything = b"".join(found.values()).decode()
    assert str(home) not in everything and "anna" not in everything and '"pid"' not in everything
    listing = json.loads(found["bundle.json"])
    assert listing["data"] == {"demo_reviews": {"train": "abc"}}

    unpack(tmp_path / "x.zip", tmp_path / "there")
    (record,) = find([tmp_path / "there"])
    assert record.state == "done" and record.scores["validation/accuracy"] == 0.5
    copy = RunFolder.open(tmp_path / "there" / name)
    copy.verify("")
    assert copy.status()["state"] == "done" and copy.read_json("metrics.json")["test/accuracy"] is None
    assert copy.config() == run.config() | {"output_dir": "~/runs"}


def test_the_same_runs_give_the_same_bytes(tmp_path):
    run = made_run(tmp_path / "runs")
    for name in ("1.zip", "2.zip"):
        assert call("bundle", run.path, f"output={tmp_path / name}").status == 0
        run.set_state("done")  # at another time, by another process
    first, second = (contents(tmp_path / name) for name in ("1.zip", "2.zip"))
    differing = {name.rpartition("/")[2] for name in first if first[name] != second[name]}
    assert differing <= {"bundle.json", "status.json", "digests.json"}
    assert call("bundle", run.path, f"output={tmp_path}/3.zip").status == 0
    assert (tmp_path / "3.zip").read_bytes() == (tmp_path / "3.zip").read_bytes()
    assert call("bundle", run.path, f"output={tmp_path}/4.zip").status == 0
    assert (tmp_path / "3.zip").read_bytes() == (tmp_path / "4.zip").read_bytes()


def test_weights_and_predictions_as_asked(tmp_path):
    run = made_run(tmp_path / "runs")
    assert call("bundle", run.path, f"output={tmp_path}/x.zip", "weights=true", "predictions=false").status == 0
    names = {name.split("/", 3)[-1] for name in contents(tmp_path / "x.zip")}
    assert "model/model.safetensors" in names and "predictions/test.jsonl" not in names
    assert not any("checkpoints" in name or "wandb" in name or name.endswith(".log") for name in names)
    unpack(tmp_path / "x.zip", tmp_path / "there")
    (record,) = find([tmp_path / "there"])
    RunFolder(record.path).verify("model/")


def test_a_sweep_is_reported_elsewhere(tmp_path, monkeypatch):
    folder = made_sweep(tmp_path / "runs", seeds=(1, 2, 3))
    made_run(tmp_path / "runs", "seed=1", score=0.25)
    made_run(tmp_path / "runs", "seed=2", score=0.75)
    end(config_of(f"output_dir={tmp_path}/runs", "seed=3"), "failed", error="ValueError: broken")
    called = call("bundle", folder.path, f"output={tmp_path}/x.zip")
    assert called.status == 0 and "is failed" in called.output and "2 runs" in called.output
    unpack(tmp_path / "x.zip", tmp_path / "elsewhere/there")
    (tmp_path / "runs").rename(tmp_path / "gone")
    records = of_sweep(SweepFolder(tmp_path / "elsewhere/there/sweeps/0123456789"))
    assert [(record.state, record.scores.get("validation/accuracy")) for record in records] == [
        ("done", 0.25),
        ("done", 0.75),
        ("waiting", None),
    ]
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert call("report", "there").status == 0
    listing = json.loads((tmp_path / "elsewhere/there/bundle.json").read_text())
    assert len(listing["left_out"]) == 1 and "is failed" in listing["left_out"][0]


def test_the_packers_own_runs_are_not_taken_for_those_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = made_sweep(tmp_path / "runs")
    first, second = (made_run(tmp_path / "runs", f"seed={seed}") for seed in (1, 2))
    second.set_state("interrupted")
    assert call("bundle", folder.path, "output=x.zip").status == 0
    second.set_state("done")
    unpack(tmp_path / "x.zip", tmp_path / "x")
    records = of_sweep(SweepFolder(tmp_path / "x/sweeps/0123456789"))
    assert [record.state for record in records] == ["done", "waiting"]
    assert records[0].path.resolve() != first.path.resolve()


def test_stages_are_packed(tmp_path):
    words = ["dataset=demo_reviews", f"output_dir={tmp_path}/runs"]
    config = config_of(*words, "backbone.after=[demo/dapt,backbone.width=32]")
    stage = finish(config["backbone"]["after"], {"validation/loss": 1.0})
    run = finish(config, {"validation/accuracy": 0.5})
    assert call("bundle", run.path, f"output={tmp_path}/x.zip").status == 0
    names = contents(tmp_path / "x.zip")
    assert {
        f"runs/{config['name']}/{run.path.name}/config.yaml",
        f"runs/demo/dapt/{stage.path.name}/config.yaml",
    } <= names.keys()
    stage.set_state("failed")
    called = call("bundle", run.path, f"output={tmp_path}/y.zip")
    assert called.status == 0 and "Left out: stage demo/dapt" in called.output


def test_keys_are_blanked_in_records_and_refused_in_data(tmp_path):
    run = made_run(
        tmp_path / "runs", command=f"tunesmith train x={KEY}", packages={"secretstorage": "3.3.1", "a-token": "x9"}
    )
    called = call("bundle", run.path, f"output={tmp_path}/x.zip")
    assert called.status == 0 and "Blanked" in called.output
    found = contents(tmp_path / "x.zip")
    manifest = json.loads(next(content for name, content in found.items() if name.endswith("manifest.json")))
    assert manifest["command"] == "tunesmith train x=***" and manifest["packages"] == {
        "secretstorage": "3.3.1",
        "a-token": "***",
    }
    assert KEY.encode() not in b"".join(found.values())
    run.write_text("predictions/test.jsonl", json.dumps({"text": "fine"}) + "\n" + json.dumps({"text": KEY}) + "\n")
    called = call("bundle", run.path, f"output={tmp_path}/y.zip")
    assert called.status == 2 and "test.jsonl, line 2, holds what looks like a key" in called.errors
    assert KEY not in called.errors and not (tmp_path / "y.zip").exists()
    assert call("bundle", run.path, f"output={tmp_path}/y.zip", "predictions=false").status == 0


def test_a_damaged_run_is_left_out(tmp_path):
    first, second = (made_run(tmp_path / "runs", f"seed={seed}") for seed in (1, 2))
    (first.path / "predictions/test.jsonl").write_text("changed\n")
    called = call("bundle", tmp_path / "runs", f"output={tmp_path}/x.zip")
    assert called.status == 0 and f"{first.path.name} is damaged" in called.output and "1 run," in called.output
    assert any(second.path.name in name for name in contents(tmp_path / "x.zip"))


def test_runs_of_one_name_from_two_folders(tmp_path):
    first, second = made_run(tmp_path / "a"), made_run(tmp_path / "b", score=0.75)
    assert call("bundle", first.path, second.path, f"output={tmp_path}/x.zip").status == 0
    unpack(tmp_path / "x.zip", tmp_path / "x")
    assert sorted(record.scores["validation/accuracy"] for record in find([tmp_path / "x"])) == [0.5, 0.75]


def test_a_report_beside_the_runs(tmp_path):
    run = made_run(tmp_path / "runs")
    report = tmp_path / "report"
    (report / "figures").mkdir(parents=True)
    (report / "report.html").write_text("<p>fine</p>")
    (report / "figures/a.png").write_bytes(b"\x89PNG")
    (report / "notes.bin").write_bytes(b"x")
    assert call("bundle", run.path, report, f"output={tmp_path}/x.zip").status == 0
    names = [name for name in contents(tmp_path / "x.zip") if name.startswith("report/")]
    assert names == ["report/figures/a.png", "report/report.html"]


def test_a_link_in_a_run_is_refused(tmp_path):
    run = made_run(tmp_path / "runs")
    (tmp_path / "private").write_text("private\n")
    (run.path / "predictions/validation.jsonl").symlink_to(tmp_path / "private")
    called = call("bundle", run.path, f"output={tmp_path}/x.zip")
    assert called.status == 2 and "links that lead out" in called.errors


@pytest.mark.parametrize(
    "words,expected",
    [
        ([], ["at least one folder", "output=paper.zip"]),
        (["runs"], ["output=; expected"]),
        (["runs", "output"], ["output=; expected"]),
        (["runs", "output=x.tar"], ["output=x.tar; expected"]),
        (["runs", "output=taken.zip"], ["taken.zip exists"]),
        (["runs", "output=none/x.zip"], ["there is no folder none"]),
        (["runs", "output=x.zip", "weights=yes"], ["weights=yes; expected true or false"]),
        (["runs", "output=x.zip", "weight=true"], ["unknown key weight; did you mean weights?"]),
        (["runs", "output=x.zip", "output=y.zip"], ["output is given 2 times"]),
        (["runs", "output=x.zip"], ["there is no completed run in runs", "is failed"]),
        (["empty", "output=x.zip"], ["empty contains no runs"]),
        (["none", "output=x.zip"], ["none is not a folder"]),
    ],
)
def test_bad_input(tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    end(config_of("output_dir=runs"), "failed", error="ValueError: broken")
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken.zip").write_text("mine")
    called = call("bundle", *words)
    assert called.status == 2 and all(part in called.errors for part in expected), called
    assert not (tmp_path / "x.zip").exists() and (tmp_path / "taken.zip").read_text() == "mine"
