"""Folders that two machines share without locks: a process on the other one is recognised by its heartbeat."""

import errno
import fcntl
import os
import socket

import pytest

from tunesmith.runs import heartbeat
from tunesmith.runs.folder import BusyError, RunFolder


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(heartbeat, "SECONDS", 0.05)


@pytest.fixture
def run(tmp_path):
    """A run that a process on another machine has left as running."""
    found = RunFolder(tmp_path)
    found.write_json("status.json", {"state": "running", "pid": 7, "host": "elsewhere"})
    (tmp_path / ".lock").touch()
    return found


def test_a_run_that_beats_on_another_machine_is_in_use(run):
    with heartbeat.beating(run.path):
        with pytest.raises(BusyError, match="in use by process 7 on elsewhere"):
            run.lock()
        assert run.busy
    run.lock()  # its process is gone
    run.release()


def test_the_clock_of_the_other_machine_does_not_matter(run):
    os.utime(run.path / ".lock", (2e9, 2e9))  # in the future, and not beating
    run.lock()
    run.release()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks(number, run, monkeypatch, capsys):
    def flock(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with heartbeat.beating(run.path), pytest.raises(BusyError):
        run.lock()
    run.lock()
    assert f"cannot be locked ({os.strerror(number)})" in capsys.readouterr().out
    run.release()


@pytest.mark.parametrize("alive,beats,busy", [(True, True, True), (True, False, False), (False, True, False)])
def test_this_machine_without_locks(alive, beats, busy, run, monkeypatch):
    pid = os.getpid() if alive else 2**22 + 1
    run.write_json("status.json", {"state": "running", "pid": pid, "host": socket.gethostname()})

    def flock(*arguments):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    if beats:
        with heartbeat.beating(run.path):
            if busy:
                with pytest.raises(BusyError):
                    run.lock()
            else:
                run.lock()
    else:
        run.lock()


def test_a_run_that_ended_is_free_at_once(run, monkeypatch):
    run.write_json("status.json", {"state": "failed", "pid": 7, "host": "elsewhere"})
    monkeypatch.setattr(heartbeat, "is_beating", None)  # not asked
    run.lock()
    run.release()
