"""W&B runs: read back from disk, with servers that accept connections and are otherwise ill, and with a full disk."""

import os
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.loggers.offline import Offline
from tests.loggers.wandb_server import Server
from tunesmith import cli
from tunesmith.documents.document import Table
from tunesmith.errors import UserError
from tunesmith.loggers import wandb as module
from tunesmith.loggers.run_description import RunDescription

OPTIONS = {
    "project": "tests",
    "entity": None,
    "tags": ["own"],
    "timeout_seconds": 1.0,
    "worst_errors": 0,
    "upload_model": False,
    "upload_patch": False,
    "upload_report": False,
}
DESCRIPTION = RunDescription(
    name="lr=3e-5 seed=2",
    group="test 0123456789",
    job_type="train",
    tags=("demo", "own"),
    config={"seed": 2, "optimizer": {"lr": 3e-5}, "sweep_id": "abc"},
    notes="tunesmith train -m seed=1,2",
    monitor="validation/loss",
    best="min",
)


def wandb(folder, mode, description=DESCRIPTION, **options):
    logger = module.wandb(folder, {}, 0, mode=mode, **OPTIONS | options)
    logger.describe(description)
    return logger


STATES = {"done": 0, "pruned": 0, "failed": 1, "interrupted": 255}


def services():
    """W&B's processes that this one has started."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = file.read_text().partition(" (")[2].rpartition(") ")
        except OSError:
            continue
        if name.startswith("wandb") and rest.split()[1] == str(os.getpid()):
            found.append(name)
    return found


def threads():
    return {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("state", STATES)
def test_a_run_ends_with_its_state_and_leaves_nothing_behind(state, tmp_path):
    before = threads()
    logger = wandb(tmp_path, "offline")
    for step in (1, 2):
        logger.log_metrics({"train/loss": 1 / step}, step=step)
    assert services()
    logger.close(state)
    assert not services() and threads() == before
    read = Offline(tmp_path)
    assert read.rows == 2 and "train/loss" in read.keys
    assert read.exit_codes == [STATES[state]] and read.summary["state"] == state


def test_a_run_is_described_by_the_terms_of_w_and_b(tmp_path):
    logger = wandb(tmp_path, "offline")
    for step, loss in ((1, 0.5), (2, 0.25), (3, 0.75)):
        logger.log_metrics({"train/loss": loss}, step=step)
        logger.log_metrics({"validation/loss": loss}, step=step)
    logger.close("done")
    read = Offline(tmp_path)
    assert read.run.display_name == "lr=3e-5 seed=2" and read.run.run_group == "test 0123456789"
    assert read.run.job_type == "train" and read.run.notes == "tunesmith train -m seed=1,2"
    assert list(read.run.tags) == ["own", "demo"]
    assert {"seed": 2, "optimizer": {"lr": 3e-5}, "sweep_id": "abc"}.items() <= read.config.items()
    for pattern in ("train/*", "validation/*", "machine/*", "validation/loss"):
        assert read.metrics[pattern].step_metric == "step"
    assert read.metrics["validation/loss"].summary.min and not read.metrics["validation/loss"].summary.max
    assert read.summary["validation/loss"] == {"min": 0.25, "last": 0.75}
    rows = [(row["_step"], row["step"], row["train/loss"], row["validation/loss"]) for row in read.history]
    assert rows == [(1, 1, 0.5, 0.5), (2, 2, 0.25, 0.25), (3, 3, 0.75, 0.75)]


def test_a_resumed_run_continues_the_same_w_and_b_run(tmp_path):
    for steps, state in ((range(1, 4), "interrupted"), (range(4, 6), "done")):
        logger = wandb(tmp_path, "offline")
        for step in steps:
            logger.log_metrics({"train/loss": 1 / step}, step=step)
        logger.close(state)
    read = Offline(tmp_path)
    assert len(read.files) == 2 and {file.stem for file in read.files} == {f"run-{read.run.run_id}"}
    assert [row["_step"] for row in read.history] == [4, 5]


@pytest.mark.parametrize("asked", [True, False])
def test_the_patch_leaves_the_machine_only_if_asked(asked, tmp_path):
    (tmp_path / "code.patch").write_text("+x = 1\n")
    logger = wandb(tmp_path, "offline", upload_patch=asked)
    logger.close("failed")
    read = Offline(tmp_path)
    assert ("code.patch" in read.saved) is asked
    found = list(read.file.parent.rglob("code.patch"))
    assert [file.read_text() for file in found] == ["+x = 1\n"] * asked


def test_a_disabled_run_writes_nothing(tmp_path):
    logger = wandb(tmp_path, "disabled")
    logger.log_metrics({"train/loss": 0.5}, step=1)
    logger.close("done")
    assert not list(tmp_path.rglob("*.wandb")) and not services()


@pytest.fixture(params=["silent", "dropping"])
def server(request, monkeypatch):
    """Accepts connections, and answers none or drops each."""
    listening, connections = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        while True:
            try:
                connections.append(listening.accept()[0])
            except OSError:
                return
            if request.param == "dropping":
                connections.pop().close()

    threading.Thread(target=serve, daemon=True, name="server").start()
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    yield listening
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_a_server_that_does_not_answer_delays_a_run_and_does_not_end_it(server, tmp_path, capsys):
    started = time.monotonic()
    logger = wandb(tmp_path, "online")
    logger.log_metrics({"train/loss": 0.5}, step=1)
    logger.close("done")
    assert time.monotonic() - started < 30  # W&B adds a grace of a few seconds; its own limit is 90 s
    output = capsys.readouterr().out
    assert output.count("Weights & Biases does not answer") == 1 and f"tunesmith sync {tmp_path}" in output
    read = Offline(tmp_path)
    assert read.rows == 1 and read.exit_codes == [0] and not services()


def test_a_server_that_falls_silent_delays_the_end_and_sync_sends_what_it_did_not_take(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    expected = [(step, 1 / step) for step in range(1, 4)]
    table = Table("test-labels", "Labels", ("label", "f1"), [["positive", 0.5]])  # W&B asks the server about it
    results = SimpleNamespace(final={"final/test/f1": 0.5}, pictures=[], tables=lambda texts: [table], step=3)
    with Server() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.address)
        for name, mode in (("healthy", "healthy"), ("silent", "silent")):
            (tmp_path / name).mkdir()
            logger = wandb(tmp_path / name, "online")
            server.mode = mode
            for step in range(1, 4):
                logger.log_metrics({"train/loss": 1 / step}, step=step)
            started = time.monotonic()
            logger.complete(results)
            logger.close("done")
            assert time.monotonic() - started < 5 and not services()
        printed = capsys.readouterr().out
        assert f"send them later: tunesmith sync {tmp_path / 'silent'}" in printed
        assert printed.count("tables and the model are left out there") == 1
        assert [row[1:] for row in server.rows] == expected  # of the healthy one
        server.mode, server.rows = "healthy", []
        for _ in range(2):  # each once
            assert cli.run(["sync", str(tmp_path)]) == 0
        assert [row[1:] for row in server.rows] == expected
    assert "1 offline run, 1 sent before, 0 to send" in capsys.readouterr().out


def test_without_an_api_key(server, tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"logger\.wandb: .*; run wandb login, or set logger\.wandb\.mode=offline"):
        wandb(tmp_path, "online")


def test_a_service_process_that_is_killed_ends_the_logging(tmp_path, capsys):
    logger = wandb(tmp_path, "offline")
    logger.experiment._interface  # noqa: B018 - started
    from wandb.sdk.wandb_setup import singleton

    singleton().ensure_service()._proc._process.kill()
    deadline = time.monotonic() + 20
    while not logger._failures.occurred and time.monotonic() < deadline:
        logger.log_metrics({"train/loss": 0.5}, step=1)
        time.sleep(0.05)
    logger.log_metrics({"train/loss": 0.5}, step=2)
    logger.close("done")
    assert capsys.readouterr().out.count("Weights & Biases failed") == 1
    later = wandb(tmp_path, "offline")
    later.log_metrics({"train/loss": 0.5}, step=1)
    later.close("done")
    assert "failed" not in capsys.readouterr().out
