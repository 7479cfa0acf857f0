"""Offline runs that W&B itself wrote, sent with W&B's own command to a server that is healthy, silent or refusing."""

import shutil
import socket
from pathlib import Path

import pytest

from tests.conftest import TINY, checked
from tests.loggers.test_wandb import wandb
from tests.loggers.wandb_server import Server
from tunesmith import cli
from tunesmith.loggers.offline_runs import marker, offline_runs
from tunesmith.runs.folder import RunFolder

KEY = "0123456789" * 4


@pytest.fixture(autouse=True)
def account(monkeypatch, tmp_path):
    """A key, no file with another one, and no proxy."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two runs; the first was resumed."""
    folder = tmp_path_factory.mktemp("written")
    for name, parts in (("a", (range(1, 4), range(4, 6))), ("b", (range(1, 3),))):
        (folder / name).mkdir()
        for steps in parts:
            logger = wandb(folder / name, "offline")
            for step in steps:
                logger.log_metrics({"train/loss": 1 / step}, step=step)
            logger.close("done")
    return folder


@pytest.fixture
def runs(written, tmp_path):
    shutil.copytree(written, tmp_path / "runs", symlinks=True)
    return tmp_path / "runs"


@pytest.fixture
def sync(runs, monkeypatch, capsys):
    def call(server, *options, folder=runs):
        monkeypatch.setenv("WANDB_BASE_URL", server if isinstance(server, str) else server.address)
        status = cli.run(["sync", str(folder), *options])
        output = capsys.readouterr()
        assert KEY not in output.out + output.err and "Traceback" not in output.err
        return status, output.out, output.err

    return call


def marks(folder):
    return sorted(folder.rglob("*.synced"))


def children(folder):
    """Processes that send a file below a folder, or serve one that does."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found.append(line)
    return found


def id_of(runs, name):
    return (runs / name / "wandb_id.txt").read_text()


def test_every_run_is_sent_once_and_a_resumed_one_in_order(runs, sync):
    with Server() as server:
        status, output, _ = sync(server)
        first, second = id_of(runs, "a"), id_of(runs, "b")
        assert status == 0 and "Sent 2 of 2 offline runs; 0 left" in output
        # What was logged, from the test's own formula.
        assert server.rows == [
            *((first, step, 1 / step) for step in range(1, 6)),
            *((second, step, 1 / step) for step in range(1, 3)),
        ]
        assert len(marks(runs)) == 3 and "config.yaml" in server.files
        requests = server.requests
        status, output, _ = sync(server)
        assert status == 0 and "2 offline runs, 2 sent before, 0 to send" in output and server.requests == requests


def test_a_run_without_an_answer_is_left_and_named_and_the_others_are_sent(runs, sync):
    with Server() as server:
        server.silent_for = {id_of(runs, "a")}
        status, output, _ = sync(server, "timeout_seconds=4")
        assert (
            status == 1
            and f"{runs / 'a'} ({id_of(runs, 'a')}): left, the server did not take all of it in time" in output
        )
        assert "Sent 1 of 2 offline runs; 1 left:" in output and output.splitlines()[-1].strip() == str(runs / "a")
        assert [file.name for file in marks(runs)] == [f"run-{id_of(runs, 'b')}.wandb.synced"]
        assert not children(runs)
        server.silent_for, server.rows = set(), []
        status, output, _ = sync(server)
        assert status == 0 and "1 sent before, 1 to send" in output and len(server.rows) == 5


@pytest.mark.parametrize("mode", ["without_values", "without_files"])
def test_a_run_whose_data_did_not_arrive_is_left_although_w_and_b_marks_it(runs, sync, mode):
    shutil.rmtree(runs / "b")
    with Server(mode) as server:
        status, output, _ = sync(server)
        assert status == 1 and f"{runs / 'a'} ({id_of(runs, 'a')}): left, W&B: " in output and not marks(runs)
        server.mode, server.rows = "healthy", []
        assert sync(server)[0] == 0 and len(server.rows) == 5


def test_a_key_that_the_server_refuses(runs, sync):
    with Server("refusing") as server:
        status, _, error = sync(server)
    assert status == 2 and "refuses the API key (401); expected a key of an account there" in error
    assert "sent 0, left 2 of 2" in error and not marks(runs)


@pytest.mark.parametrize("key,message", [(None, "No API key configured"), ("short", "must have 40+ characters")])
def test_no_key_or_none_that_is_one(runs, sync, monkeypatch, key, message):
    monkeypatch.delenv("WANDB_API_KEY") if key is None else monkeypatch.setenv("WANDB_API_KEY", key)
    with Server() as server:
        status, _, error = sync(server)
    assert status == 2 and message in error and "run wandb login" in error and not marks(runs)
    assert len(error.strip().splitlines()) == 1


def test_no_network(runs, sync):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    status, _, error = sync(f"http://127.0.0.1:{port}")
    assert status == 2 and "no connection to the Weights & Biases server" in error and "refused" in error
    assert not marks(runs) and "left 2 of 2" in error


def test_a_run_that_is_still_being_written_is_left_for_later(runs, sync):
    running = RunFolder(runs / "a")
    running.lock()
    with Server() as server:
        status, output, _ = sync(server)
        assert status == 1 and f"{runs / 'a'} ({id_of(runs, 'a')}): left, is still being written" in output
        assert {row[0] for row in server.rows} == {id_of(runs, "b")}
        running.release()
        assert sync(server)[0] == 0 and len(marks(runs)) == 3


def test_a_damaged_file_is_left_and_named(runs, sync):
    file = next(runs.glob("b/wandb/offline-run-*/run-*.wandb"))
    file.write_bytes(b"")
    with Server() as server:
        status, output, _ = sync(server)
    assert status == 1 and f"{runs / 'b'} ({id_of(runs, 'b')}): left, W&B: Failed to read" in output
    assert "Sent 1 of 2" in output and not marker(file).exists()


def test_links_are_not_followed(runs, sync, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "run").symlink_to(runs / "a")
    file = next(runs.glob("b/wandb/offline-run-*/run-*.wandb"))
    below = tmp_path / "links/wandb/offline-run-20260101_000000-x"
    below.mkdir(parents=True)
    (below / file.name).symlink_to(file)
    status, _, error = sync("http://127.0.0.1:1", folder=tmp_path / "links")
    assert status == 2 and "contains no offline run of Weights & Biases; expected" in error


@pytest.mark.parametrize(
    "arguments,message",
    [
        ([], "needs one folder, not 0"),
        (["a", "b"], "needs one folder, not 2"),
        (["missing"], "missing is not a folder; expected"),
        ([".", "timeout_second=3"], "did you mean timeout_seconds?"),
        ([".", "timeout_seconds=nan"], "timeout_seconds=nan; expected seconds"),
        ([".", "timeout_seconds=0"], "timeout_seconds=0; expected seconds"),
        ([".", "timeout_seconds=2", "timeout_seconds=3"], "given 2 times"),
    ],
)
def test_mistakes(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["sync", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_run_of_tunesmith_arrives(tmp_path, sync):
    from tunesmith.training.train import train

    run = train(checked([*TINY, "logger=wandb", "logger.wandb.mode=offline", f"output_dir={tmp_path / 'trained'}"]))
    (found,) = offline_runs(tmp_path / "trained")
    assert found.folder == run.path and len(found.unsent) == 1
    with Server("without_artifacts") as server:
        status, output, _ = sync(server, "timeout_seconds=20", folder=tmp_path / "trained")
        assert status == 1 and "left, W&B: " in output and len(found.unsent) == 1
        server.mode = "healthy"
        status, output, _ = sync(server, "timeout_seconds=20", folder=tmp_path / "trained")
    assert status == 0 and "1 offline run, 0 sent before" in output and "wandb-summary.json" in server.files
    assert not list(tmp_path.glob("wandb*")) and not found.unsent
