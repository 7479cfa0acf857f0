"""Concurrent writers of one cache entry, and writers that fail."""

import multiprocessing
import os
import random

import pytest

from tests.storage import damages
from tunesmith.data import cache


def write_slowly(folder):
    for number in range(20):
        (folder / f"{number}.txt").write_text(str(number))


def make(barrier):
    barrier.wait()
    folder = cache.entry("kind", "key", write_slowly)
    assert len(list(folder.glob("*.txt"))) == 20


def test_concurrent_runs_share_an_entry(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(6)
    processes = [context.Process(target=make, args=(barrier,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 6
    assert os.listdir(tmp_path / "kind") == ["key"]  # noqa: PTH208


def test_a_failed_writer_leaves_no_entry(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))

    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        cache.entry("kind", "key", fail)
    assert not list((tmp_path / "kind").iterdir())


@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", ["3.txt", "digests.json"])
def test_a_damaged_entry_is_made_again(damage, name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    folder = cache.entry("kind", "key", write_slowly)
    damage(folder / name, random.Random(0))
    assert cache.entry("kind", "key", write_slowly) == folder
    assert f"{folder} is damaged and is made again" in capsys.readouterr().out
    assert {file.name: file.read_text() for file in folder.glob("*.txt")} == {f"{n}.txt": str(n) for n in range(20)}
    cache.entry("kind", "key", write_slowly)
    assert capsys.readouterr().out == ""
