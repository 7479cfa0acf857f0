"""A sweep that will not fit on the disk says so while there is time."""

import shutil
from collections import namedtuple

import pytest

from tunesmith.sweeps.disk_space import DiskSpace

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def run(tmp_path):
    """A run of 3 MB."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"0" * 2_000_000)
    (tmp_path / "history").write_bytes(b"0" * 1_000_000)
    return tmp_path


def with_free(monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(1, 1, free))


def test_what_is_left_is_judged_by_what_is_done(run, monkeypatch):
    watched = DiskSpace()
    with_free(monkeypatch, 30_000_000)
    assert watched.shortage(run, 10) == "" and watched.shortage(run, 0) == ""
    assert watched.shortage(run, 11).startswith(
        "disk: the 11 jobs left need about 33 MB, 3 MB each, and 30 MB are free."
    )


def test_it_is_said_once(run, monkeypatch):
    watched = DiskSpace()
    with_free(monkeypatch, 1_500_000_000)
    assert "need about 3.0 GB, 3 MB each, and 1.5 GB are free" in watched.shortage(run, 1000)
    assert watched.shortage(run, 1000) == ""


def test_the_mean_counts(run, monkeypatch):
    watched = DiskSpace()
    with_free(monkeypatch, 10_000_000)
    empty = run / "model"
    assert watched.shortage(run, 3) == ""
    (run / "model" / "weights").unlink()
    assert watched.shortage(empty, 6) == ""  # 1.5 MB each
    assert watched.shortage(run, 8) != ""  # (3 + 0 + 1) / 3 = 1.33 MB each
