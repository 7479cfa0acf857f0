"""Cache entries: keyed by content, written once by concurrent processes, and never seen half written."""

import fcntl
import json
import multiprocessing
import os
import random
import stat
import string
from pathlib import Path

import pytest

from tests.storage import damages
from tunesmith.data import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def write_slowly(folder):
    for number in range(20):
        (folder / f"{number}.txt").write_text(str(number))


def make(barrier):
    barrier.wait()
    folder = cache.entry("kind", "key", write_slowly)
    assert len(list(folder.glob("*.txt"))) == 20


def test_concurrent_runs_share_an_entry(folder):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(6)
    processes = [context.Process(target=make, args=(barrier,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 6
    assert os.listdir(folder / "kind") == ["key"]  # noqa: PTH208


def test_a_failed_writer_leaves_no_entry(folder):
    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        cache.entry("kind", "key", fail)
    assert not list((folder / "kind").iterdir())


def test_an_entry_is_a_folder_that_others_may_read_and_is_written_once(folder):
    written = []

    def write(temporary):
        written.append(temporary)
        assert temporary.parent.parent == folder  # on the same disk, so that it can be renamed
        assert not (temporary.parent / "key").exists() or len(written) > 1
        (temporary / "a.txt").write_text("a")

    for _ in range(2):
        found = cache.entry("kind", "key", write)
        assert found == folder / "kind" / "key" and (found / "a.txt").read_text() == "a"
    assert len(written) == 1 and stat.S_IMODE(found.stat().st_mode) == 0o755
    assert cache.entry("kind", "other", write) != cache.entry("other kind", "other", write)
    assert len(written) == 3
    names = [path.name for path in folder.rglob("*") if path.name != "digests.json"]
    assert sorted(names) == sorted(["kind", "key", "a.txt", "other", "a.txt", "other kind", "other", "a.txt"])


def test_the_folder_is_made_with_the_first_entry(folder, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(folder / "not" / "there"))
    assert cache.entry("kind", "key", lambda temporary: None) == folder / "not" / "there" / "kind" / "key"


def test_writers_of_an_entry_wait_for_each_other(folder, monkeypatch):
    held = []
    monkeypatch.setattr(cache.fcntl, "flock", lambda stream, kind: held.append((Path(stream.name).name, kind)))
    cache.entry("kind", "key", lambda temporary: held.append("written"))
    assert held == [(".key.lock", fcntl.LOCK_EX), "written"]


def test_without_file_locks_the_first_writer_wins(folder, monkeypatch):
    def refuse(stream, kind):
        raise OSError("no locks on this file system")

    monkeypatch.setattr(cache.fcntl, "flock", refuse)

    def write(temporary):
        (temporary / "a.txt").write_text("second")
        (folder / "kind" / "key").mkdir()  # by another process meanwhile
        (folder / "kind" / "key" / "a.txt").write_text("first")

    assert (cache.entry("kind", "key", write) / "a.txt").read_text() == "first"
    assert os.listdir(folder / "kind") == ["key"]  # noqa: PTH208


def test_a_full_disk_is_no_entry(folder):
    def fail(temporary):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        cache.entry("kind", "key", fail)


def test_keys_name_content():
    key = cache.key_of("text", {"b": 1, "a": [2, None]})
    assert len(key) == 24 and set(key) <= set(string.hexdigits.lower())
    assert key == cache.key_of("text", {"a": [2, None], "b": 1}) == cache.key_of("text", {"b": 1, "a": (2, None)})
    others = [("text",), ("text", {"b": 1}), ("text", {"b": "1", "a": [2, None]}), ({"b": 1, "a": [2, None]}, "text")]
    assert len({key, *(cache.key_of(*other) for other in others)}) == 5
    assert cache.key_of(Path("a")) == cache.key_of("a")  # what JSON lacks is named as text


def test_keys_are_those_of_earlier_versions():
    """What a user has cached stays valid: SHA-256 of the parts as JSON with sorted keys."""
    import hashlib

    text = json.dumps(["a", {"b": 1, "c": 2}])
    assert cache.key_of("a", {"c": 2, "b": 1}) == hashlib.sha256(text.encode()).hexdigest()[:24]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TUNESMITH_CACHE": "/data/cache"}, "/data/cache"),
        ({"TUNESMITH_CACHE": "~/mine"}, "/home/ada/mine"),
        ({"TUNESMITH_CACHE": "", "XDG_CACHE_HOME": "/x"}, "/x/tunesmith"),
        ({"XDG_CACHE_HOME": "~/x"}, "/home/ada/x/tunesmith"),
        ({}, "/home/ada/.cache/tunesmith"),
    ],
)
def test_the_folder_follows_the_environment(monkeypatch, variables, expected):
    for name in ("TUNESMITH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "/home/ada"} | variables).items():
        monkeypatch.setenv(name, value)
    assert cache.cache_folder() == Path(expected)


@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", ["3.txt", "digests.json"])
def test_a_damaged_entry_is_made_again(damage, name, folder, capsys):
    entry = cache.entry("kind", "key", write_slowly)
    damage(entry / name, random.Random(0))
    assert cache.entry("kind", "key", write_slowly) == entry
    assert f"{entry} is damaged and is made again" in capsys.readouterr().out
    assert {file.name: file.read_text() for file in entry.glob("*.txt")} == {f"{n}.txt": str(n) for n in range(20)}
    cache.entry("kind", "key", write_slowly)
    assert capsys.readouterr().out == ""
