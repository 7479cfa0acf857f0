"""Offline runs that W&B itself wrote, sent with W&B's own command to a server that is healthy, silent or refusing."""

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.loggers.test_wandb import wandb
from tests.loggers.wandb_server import Server
from tunesmith import cli
from tunesmith.documents.document import Table
from tunesmith.loggers.wandb_offline_runs import marker
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
    """Three runs: the first was resumed, the last has a table, which is an artifact."""
    table = Table("test-labels", "Labels", ("label", "f1"), [["positive", 0.5]])
    results = SimpleNamespace(final={"final/test/f1": 0.5}, pictures=[], tables=lambda texts: [table], step=1)
    folder = tmp_path_factory.mktemp("written")
    for name, parts in (("a", (range(1, 4), range(4, 6))), ("b", (range(1, 3),)), ("c", (range(1, 2),))):
        (folder / name).mkdir()
        for steps in parts:
            logger = wandb(folder / name, "offline")
            for step in steps:
                logger.log_metrics({"train/loss": 1 / step}, step=step)
            if name == "c":
                logger.complete(results)
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


def files_of(runs, name):
    return sorted(runs.glob(f"{name}/wandb/*run-*/run-*.wandb"))


def test_each_run_is_sent_once_whatever_the_others_do_and_what_is_left_is_named(runs, sync):
    """One long story, for each file is sent by a process of W&B's own, which takes a second."""
    a, b, c = (id_of(runs, name) for name in "abc")
    for name in ("busy", "cut", "damaged"):
        shutil.copytree(runs / "b", runs / name, symlinks=True)
    (damaged,), (cut,) = files_of(runs, "damaged"), files_of(runs, "cut")
    damaged.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:-3])  # its process was killed
    (runs / "cut").rename(runs / "a-cut")  # before the others of its id have no answer
    running = RunFolder(runs / "busy")
    running.lock()
    # What was logged, from the test's own formula.
    of_a, of_b = [(a, step, 1 / step) for step in range(1, 6)], [(b, step, 1 / step) for step in range(1, 3)]
    with Server() as server:
        server.modes = {c: "without_values"}
        status, output, _ = sync(server, "timeout_seconds=20")
        assert status == 1 and "0 sent before, 6 to send" in output
        assert server.rows == [*of_a, *of_b, *of_b] and "config.yaml" in server.files  # a in order, a-cut, b
        assert f"{runs / 'a-cut'} ({b}): sent, without its last record, which is incomplete: " in output
        assert f"{runs / 'b'} ({b}): sent\n" in output
        assert f"{runs / 'busy'} ({b}): left, is still being written" in output
        assert f"{runs / 'c'} ({c}): left, W&B: " in output and not marker(files_of(runs, "c")[0]).exists()
        assert f"{runs / 'damaged'} ({b}): left, W&B: Failed to read" in output and not marker(damaged).exists()
        assert "Sent 3 of 6 offline runs; 3 left:" in output
        assert output.splitlines()[-3:] == [f"  {runs / name}" for name in ("busy", "c", "damaged")]
        assert len(marks(runs)) == 4

        # No answer for one of two; the other is sent.
        shutil.rmtree(runs / "damaged")
        running.release()
        server.modes, server.rows = {b: "silent", c: "without_files"}, []
        status, output, _ = sync(server, "timeout_seconds=3")
        assert status == 1 and f"{runs / 'busy'} ({b}): left, the server did not take all of it in time" in output
        assert f"{runs / 'c'} ({c}): left, W&B: " in output and len(marks(runs)) == 4 and not children(runs)

        server.modes, server.rows = {c: "without_artifacts"}, []  # which tables are
        status, output, _ = sync(server)
        assert status == 1 and f"{runs / 'c'} ({c}): left, W&B: " in output
        assert "Sent 1 of 2 offline runs; 1 left:" in output and of_b[0] in server.rows

        server.modes, server.rows, server.files = {}, [], []
        assert sync(server)[0] == 0 and server.rows == [(c, 1, 1.0)] and "wandb-summary.json" in server.files
        requests = server.requests
        status, output, _ = sync(server)
        assert status == 0 and "5 offline runs, 5 sent before, 0 to send" in output and server.requests == requests


@pytest.mark.parametrize("length", [0, 7, 20])
def test_a_file_of_a_process_that_was_killed_as_it_started_does_not_hold_back_the_resumed_run(length, runs, sync):
    """W&B's header has 7 bytes; nothing has been logged yet."""
    shutil.rmtree(runs / "a")
    shutil.rmtree(runs / "c")
    (file,) = files_of(runs, "b")
    folder = file.parent.with_name(f"offline-run-20200101_000000-{id_of(runs, 'b')}")
    folder.mkdir()
    killed = folder / file.name
    killed.write_bytes(file.read_bytes()[:length])
    with Server() as server:
        status, output, _ = sync(server)
        assert server.rows == [(id_of(runs, "b"), step, 1 / step) for step in range(1, 3)]
        assert status == 0 and "1 offline run, 0 sent before, 1 to send" in output and "Sent 1 of 1" in output
        assert marker(killed).exists() == (length > 7)  # or else nothing of it was sent
        status, output, _ = sync(server)
        assert status == 0 and "1 offline run, 1 sent before, 0 to send" in output


def test_a_key_that_the_server_refuses(runs, sync):
    with Server("refusing") as server:
        status, _, error = sync(server)
    assert status == 2 and "refuses the API key (401); expected a key of an account there" in error
    assert "sent 0, left 3 of 3" in error and not marks(runs)


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
    assert not marks(runs) and "left 3 of 3" in error


def test_links_are_not_followed(runs, sync, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "run").symlink_to(runs / "a")
    file = next(runs.glob("b/wandb/offline-run-*/run-*.wandb"))
    below = tmp_path / "links/wandb/offline-run-20260101_000000-x"
    below.mkdir(parents=True)
    (below / file.name).symlink_to(file)
    status, _, error = sync("http://127.0.0.1:1", folder=tmp_path / "links")
    assert (
        status == 2
        and "contains no offline run of Weights & Biases, and nothing that MLflow has not got; expected" in error
    )


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
