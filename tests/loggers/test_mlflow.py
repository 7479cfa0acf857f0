"""MLflow runs, read back with MLflow's own client: from a database, after servers that are ill, and from a server for real."""

import csv
import errno
import importlib.util
import math
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.loggers import mlflow as module
from tunesmith.loggers import mlflow_entries
from tunesmith.loggers.mlflow_service import Service, check_address
from tunesmith.loggers.run_description import Launch, RunDescription

pytest.importorskip("mlflow", reason="needs tunesmith[mlflow]")
OPTIONS = {"project": "tests", "worst_errors": 0, "upload_model": False, "timeout_seconds": 20.0}
DESCRIPTION = RunDescription(
    name="lr=3e-5 seed=2",
    group="test 0123456789",
    job_type="train",
    tags=("demo", "own"),
    config={"seed": 2, "optimizer": {"lr": 3e-5}, "sweep_id": "abc", "long": "x" * 9000, "strange (key)": None},
    notes="tunesmith train -m seed=1,2",
    monitor="validation/loss",
    best="min",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A database for all tests: making one takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture(scope="module")
def client(address):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=address)


def logger(folder, address, *, checkpoint=0, **options):
    folder.mkdir(exist_ok=True)
    config = {"output_dir": str(folder.parent)}
    found = module.mlflow(folder, config, checkpoint, tracking_uri=address, **OPTIONS | options)
    found.describe(DESCRIPTION)
    return found


def log(folder, address, steps, state, **options):
    run = logger(folder, address, **options)
    for step in steps:
        run.log_metrics({"train/loss": 1 / step}, step=step)
    run.close(state)


def found(client, folder, project="tests"):
    """The only MLflow run of a run's folder."""
    experiment = client.get_experiment_by_name(project)
    token = (folder / "mlflow_token.txt").read_text()
    (run,) = client.search_runs([experiment.experiment_id], f"tags.`tunesmith.token` = '{token}'")
    return run


def history(client, run, name):
    return [(metric.step, metric.value) for metric in client.get_metric_history(run.info.run_id, name)]


def artifacts(client, run, path=None):
    for entry in client.list_artifacts(run.info.run_id, path):
        yield from artifacts(client, run, entry.path) if entry.is_dir else [entry.path]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, address):
    """A run of a sweep."""
    from tunesmith.training.train import train

    words = [*TINY, "trainer.max_epochs=2", "trainer.log_every_n_steps=2", "logger=[csv,mlflow]"]
    words += ["logger.mlflow.upload_model=true", f"logger.mlflow.tracking_uri={address}"]
    launch = Launch(sweep="0a1b2c3d4e", overrides={"seed": "1"}, command="tunesmith train -m seed=1,2")
    return train(checked([*words, f"output_dir={tmp_path_factory.mktemp('runs')}"]), launch=launch)


def test_a_trained_run_has_its_values_scores_figures_tables_and_model(trained, client):
    run = found(client, trained.path, "tunesmith")
    rows = list(csv.DictReader((trained.path / "metrics.csv").read_text().splitlines()))
    for name in ("train/loss", "train/gradient_norm", "validation/accuracy"):
        assert history(client, run, name) == [(int(row["step"]), float(row[name])) for row in rows if row[name]]
    scores = {name: value for name, value in trained.read_json("metrics.json").items() if isinstance(value, float)}
    assert scores and {name: run.data.metrics[f"final/{name}"] for name in scores} == pytest.approx(scores)
    assert run.info.status == "FINISHED" and run.info.run_name == "seed=1" and run.data.tags["state"] == "done"
    assert run.data.params["optimizer.lr"] == str(trained.config()["optimizer"]["lr"])
    names = set(artifacts(client, run))
    assert {"config.yaml", "figures/test-confusion.png", "tables/test-labels.csv"} <= names
    assert {"model/model.safetensors", "model/head.safetensors"} <= names and not any("worst" in name for name in names)
    assert run.data.tags["data.train"] == trained.read_json("manifest.json")["data"]["fingerprints"]["train"]
    parent = client.get_run(run.data.tags["mlflow.parentRunId"])
    assert parent.info.run_name == "sweep 0a1b2c3d4e" and parent.info.status == "FINISHED"
    assert not list(trained.path.glob(mlflow_entries.FILE)) and "mlflow" not in {t.name for t in threading.enumerate()}


def test_a_run_is_described_and_nothing_is_cut_without_a_word(tmp_path, address, client):
    log(tmp_path / "a", address, [], "done")
    run = found(client, tmp_path / "a")
    assert run.info.run_name == "lr=3e-5 seed=2" and run.data.tags["group"] == "test 0123456789"
    assert (
        run.data.tags["tags"] == "demo, own" and "tunesmith train -m seed=1,2" in run.data.tags["mlflow.note.content"]
    )
    assert run.data.params.keys() == {"seed", "optimizer.lr", "sweep_id", "long", "strange _key_"}
    assert run.data.params["optimizer.lr"] == "3e-05" and len(run.data.params["long"]) == 6000
    assert run.data.params["long"].endswith("(cut; the artifact config.yaml has all of it)")
    config = yaml.safe_load(Path(client.download_artifacts(run.info.run_id, "config.yaml", str(tmp_path))).read_text())
    assert config["long"] == "x" * 9000 and config["strange (key)"] is None


def test_the_state_and_numbers_that_are_none(tmp_path, address, client):
    for state, status in {"pruned": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}.items():
        run = logger(tmp_path / state, address)
        run.log_metrics({"train/loss": math.nan, "train/(odd)//name": 2.0}, step=1)
        run.close(state)
        read = found(client, tmp_path / state)
        assert (read.info.status, read.data.tags["state"]) == (status, state)
        assert math.isnan(read.data.metrics["train/loss"]) and read.data.metrics["train/_odd_/name"] == 2.0


def test_a_resumed_run_is_the_same_one_and_has_nothing_twice(tmp_path, address, client):
    log(tmp_path / "a", address, range(1, 6), "interrupted")
    first = found(client, tmp_path / "a").info.run_id
    log(tmp_path / "a", address, range(4, 8), "done")  # the process was killed after the checkpoint of step 3
    run = found(client, tmp_path / "a")
    assert run.info.run_id == first and run.info.status == "FINISHED"
    assert history(client, run, "train/loss") == [(step, 1 / step) for step in range(1, 8)]


def test_runs_of_a_sweep_that_start_at_once_have_one_parent(tmp_path, address, client):
    barrier, errors = threading.Barrier(4), []

    def begin(number):
        service = Service(address, folder=tmp_path, shared=tmp_path / "shared", timeout_seconds=20)
        start = mlflow_entries.Start(f"race{number}", "tests", "n", {}, {}, "racing", 1)
        barrier.wait()
        try:
            service.begin(start, stopped=lambda: False)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    experiment = client.get_experiment_by_name("tests").experiment_id
    (parent,) = client.search_runs([experiment], "tags.`tunesmith.token` = 'racing'")
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert not errors and len(children) == 4


@pytest.fixture(params=["silent", "closed"])
def ill(request):
    """The address of a server that takes connections and never answers, or of none."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    if request.param == "closed":
        listening.close()
    yield f"http://127.0.0.1:{port}"
    listening.close()


def test_a_server_without_an_answer_delays_no_step_and_what_is_unsent_is_sent_later(
    ill, tmp_path, address, client, capsys
):
    folder = tmp_path / "a"
    run = logger(folder, ill, timeout_seconds=1.0)
    started = time.perf_counter()
    for step in range(1, 1001):
        run.log_metrics({"train/loss": 1 / step}, step=step)
    assert time.perf_counter() - started < 0.5  # not one request
    run.close("done")
    assert time.perf_counter() - started < 4
    printed = capsys.readouterr().out
    assert printed.count("MLflow did not take everything") == 1 and f"tunesmith sync {folder}" in printed
    assert cli.run(["sync", str(tmp_path)]) == 1 and "give tracking_uri=" in capsys.readouterr().out
    for left in (1, 0):
        words = [f"tracking_uri={ill}", "timeout_seconds=1"] if left else [f"tracking_uri={address}"]
        assert cli.run(["sync", str(tmp_path), *words]) == left
    assert "Sent 1 of 1 run to MLflow; 0 left" in capsys.readouterr().out
    run = found(client, folder)
    assert run.info.status == "FINISHED" and "config.yaml" in set(artifacts(client, run))
    assert history(client, run, "train/loss") == [(step, 1 / step) for step in range(1, 1001)]
    assert not (folder / mlflow_entries.FILE).exists()


def test_a_disk_that_becomes_full_ends_the_logging_and_is_reported(tmp_path, address, client, monkeypatch, capsys):
    def full(*arguments, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    run = logger(tmp_path / "a", address)
    deadline = time.monotonic() + 20
    while not run._delivery._service._run_id and time.monotonic() < deadline:
        time.sleep(0.05)
    monkeypatch.setattr(Service, "send", full)
    monkeypatch.setattr(mlflow_entries, "save", full)
    run.log_metrics({"train/loss": 0.5}, step=1)
    run.close("done")
    printed = capsys.readouterr().out
    assert (
        "No space left on device); the rest is lost" in printed and printed.count("the run continues without it") == 1
    )
    assert found(client, tmp_path / "a").info.status == "RUNNING"


def test_what_an_earlier_attempt_could_not_send_is_sent_before_the_rest(tmp_path, address, client):
    log(tmp_path / "a", "http://127.0.0.1:1", range(1, 5), "interrupted", timeout_seconds=2.0)
    assert (tmp_path / "a" / mlflow_entries.FILE).exists()
    log(tmp_path / "a", address, range(3, 6), "done", checkpoint=2)  # steps 3 and 4 were after the checkpoint
    run = found(client, tmp_path / "a")
    assert run.info.status == "FINISHED" and not (tmp_path / "a" / mlflow_entries.FILE).exists()
    assert history(client, run, "train/loss") == [(step, 1 / step) for step in range(1, 6)]


@pytest.mark.parametrize("answers", [True, False])
def test_a_process_that_is_killed_loses_nothing_before_its_checkpoint(answers, tmp_path, address, client):
    process = multiprocessing.get_context("fork").Process(
        target=_killed, args=(tmp_path / "a", address if answers else "http://127.0.0.1:1")
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    log(tmp_path / "a", address, range(4, 6), "done", checkpoint=3)
    assert history(client, found(client, tmp_path / "a"), "train/loss") == [(step, 1 / step) for step in range(1, 6)]


def _killed(folder, address):
    run = logger(folder, address)
    time.sleep(2.5)  # the first attempt to send has been made
    for step in (1, 2, 3):
        run.log_metrics({"train/loss": 1 / step}, step=step)
    run.save()
    run.log_metrics({"train/loss": 1 / 4}, step=4)
    os.kill(os.getpid(), signal.SIGKILL)


START = '{"token":"t","experiment":"tests","name":"n","tags":{},"params":{},"sweep":"","milliseconds":5,"kind":"start"}'


@pytest.mark.parametrize(
    "lines,message",
    [
        ("not json", "line 1: Invalid JSON"),
        ('{"kind":"model"}', "does not begin with the only start"),
        (START + '\n{"kind":"artifact","name":"../../.bashrc","content":"AA=="}', "line 2: Value error, leads out"),
        (START + '\n{"kind":"artifact","name":"/etc/x","content":"AA=="}', "line 2: Value error, leads out"),
        (START + '\n{"kind":"code","name":"x"}', "line 2: Input tag 'code'"),
        (START.replace('"t"', '"\' OR 1=1"'), "line 1: String should match pattern"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused(lines, message, tmp_path, address, capsys):
    (tmp_path / mlflow_entries.FILE).write_text(lines)
    assert cli.run(["sync", str(tmp_path), f"tracking_uri={address}"]) == 1
    assert message in capsys.readouterr().out and (tmp_path / mlflow_entries.FILE).exists()


@pytest.mark.parametrize("link", ["model", "model/weights"])
def test_a_link_out_of_the_run_is_not_followed(link, tmp_path, address, client, capsys):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key").write_text("secret")
    (tmp_path / "run" / link).parent.mkdir(parents=True)
    (tmp_path / "run" / link).symlink_to(tmp_path / "private")
    (tmp_path / "run" / mlflow_entries.FILE).write_text(START.replace('"t"', f'"{link[-5:]}"') + '\n{"kind":"model"}')
    assert cli.run(["sync", str(tmp_path / "run"), f"tracking_uri={address}"]) == 1
    assert f"links that lead out of it, pipes or devices: {link}" in capsys.readouterr().out
    experiments = [found.experiment_id for found in client.search_experiments()]
    assert not client.search_runs(experiments, f"tags.`tunesmith.token` = '{link[-5:]}'")


@pytest.fixture
def server(tmp_path):
    """The address of MLflow's own server, which takes artifacts too."""
    if importlib.util.find_spec("flask") is None:
        pytest.skip("needs MLflow's own server: pip install flask flask-cors huey graphene, or mlflow")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = ["-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{tmp_path}/s.db", "--artifacts-destination", str(tmp_path / "store")]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *words], stdout=stream, stderr=stream, env=environment, start_new_session=True
        )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.mlflow_server
def test_a_server_for_real(server, tmp_path):
    from mlflow.tracking import MlflowClient

    log(tmp_path / "a", server, range(1, 1502), "interrupted")
    log(tmp_path / "a", server, range(1400, 1601), "done")
    client = MlflowClient(tracking_uri=server)
    run = found(client, tmp_path / "a")
    assert run.info.status == "FINISHED" and run.data.params["seed"] == "2"
    assert history(client, run, "train/loss") == [(step, 1 / step) for step in range(1, 1601)]
    assert set(artifacts(client, run)) == {"config.yaml"} and list((tmp_path / "store").rglob("config.yaml"))
    assert client.get_run(run.data.tags["mlflow.parentRunId"]).info.run_name == "sweep abc"


def test_mistakes(monkeypatch, tmp_path):
    for wrong in ("runs", "file:///tmp/x", "htp://localhost"):
        with pytest.raises(UserError, match="expected a server, such as"):
            check_address(wrong)
    with pytest.raises(UserError, match="has a user or a password") as raised:
        check_address("https://anna:geheim@server")
    assert "geheim" not in str(raised.value)
    for name in ("mlflow", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=r"not installed; run: pip install 'tunesmith\[mlflow\]'"):
        module.mlflow(tmp_path, {"output_dir": "runs"}, 0, tracking_uri=None, **OPTIONS)
