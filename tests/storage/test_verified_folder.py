"""No damage to a file goes unnoticed, and no writer that dies makes an undamaged file look damaged."""

import json
import random
import shutil
import threading

import pytest

from tests.storage import damages
from tunesmith.storage import files
from tunesmith.storage.verified_folder import FILE, DamagedError, VerifiedFolder

TEXTS = {"config.yaml": "seed: 1\n", "metrics.json": '{"test/f1": 0.5}\n', "predictions/test.jsonl": '{"id": 1}\n' * 50}


def folder_in(path):
    return VerifiedFolder(path, kept=("*.json", "*.yaml", "predictions/*", "model/**/*"), remedy="train again")


@pytest.fixture
def folder(tmp_path):
    written = folder_in(tmp_path)
    written.write_texts(TEXTS)
    return written


def test_what_was_written_is_read(folder, tmp_path):
    for name, text in TEXTS.items():
        assert folder.read_text(name) == text == (tmp_path / name).read_text()
    assert folder.read_json("metrics.json") == {"test/f1": 0.5}
    folder.verify()
    with pytest.raises(FileNotFoundError):
        folder.read_text("never-written.json")


@pytest.mark.parametrize("name", [*TEXTS, FILE])
@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
def test_damage_is_noticed(name, damage, folder, tmp_path):
    (tmp_path / "copy").mkdir()
    for seed in range(8):
        for file in (*TEXTS, FILE):
            (tmp_path / "copy" / file).parent.mkdir(exist_ok=True)
            (tmp_path / "copy" / file).write_bytes((tmp_path / file).read_bytes())
        damage(tmp_path / "copy" / name, random.Random(seed))
        noticed, read = 0, {}
        for other in TEXTS:
            try:
                read[other] = folder_in(tmp_path / "copy").read_text(other)
            except DamagedError as error:
                assert "restore it from a copy, or train again" in str(error)
                noticed += 1
        assert all(text == TEXTS[other] for other, text in read.items())
        assert noticed == 1 or name == FILE  # in which a change of white space makes no difference
        shutil.rmtree(tmp_path / "copy" / name) if damage is damages.unreadable else None


def test_files_of_another_folder_are_noticed(folder, tmp_path):
    other = folder_in(tmp_path / "other")
    other.write_texts({"metrics.json": '{"test/f1": 0.6}\n'})
    (tmp_path / "other/metrics.json").replace(tmp_path / "metrics.json")
    with pytest.raises(DamagedError, match=r"metrics\.json is damaged"):
        folder.read_json("metrics.json")


def test_a_file_that_is_removed_is_noticed(folder, tmp_path):
    (tmp_path / "metrics.json").unlink()
    with pytest.raises(DamagedError, match="it is missing"):
        folder.read_text("metrics.json")
    with pytest.raises(DamagedError, match="it is missing"):
        folder.verify()


def test_the_folder_of_an_earlier_version(tmp_path):
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "broken.json").write_bytes(b'{"\xff')
    folder = folder_in(tmp_path)
    assert folder.read_json("metrics.json") == {} and not folder.has_digests
    folder.verify()
    with pytest.raises(DamagedError, match="UTF-8"):
        folder.read_json("broken.json")
    (tmp_path / "broken.json").write_text("[" * 100_000)
    with pytest.raises(DamagedError, match="not valid JSON"):
        folder.read_json("broken.json")
    folder.write_texts({"status.json": "{}"})  # from now on the files that are there are verified too
    assert set(json.loads((tmp_path / FILE).read_text())) == {"metrics.json", "broken.json", "status.json"}


@pytest.mark.parametrize("files_written", range(4))
def test_a_writer_may_die_at_any_time(files_written, folder, tmp_path, monkeypatch):
    changed, write, left = {name: text * 2 for name, text in TEXTS.items()}, files.write_text, [files_written]

    def killed(target, text):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        write(target, text)

    monkeypatch.setattr(files, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.write_texts(changed)
    monkeypatch.undo()
    found = [folder_in(tmp_path).read_text(name) for name in TEXTS]
    count = max(0, files_written - 1)  # digests.json is written first
    assert found == [*list(changed.values())[:count], *list(TEXTS.values())[count:]]
    folder.write_texts(changed)
    assert [folder.read_text(name) for name in TEXTS] == list(changed.values())


def test_readers_beside_a_writer_see_no_damage(folder, tmp_path):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            folder.write_texts({"metrics.json": json.dumps({"number": number})})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reader = folder_in(tmp_path)
        for _ in range(300):
            reader.read_json("metrics.json")
    finally:
        stop.set()
        writer.join()


def test_files_are_verified_while_they_load(folder, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights").write_bytes(b"weights")
    folder.record()
    with folder.verifying("model/"):
        pass
    (tmp_path / "model/weights").write_bytes(b"Weights")
    with folder.verifying("predictions/"):
        pass
    with pytest.raises(DamagedError, match="model/weights"), folder.verifying("model/"):
        raise ValueError("what a library says of it")


def test_lines_are_verified_before_the_first(folder, tmp_path):
    name = "predictions/test.jsonl"
    assert list(folder.lines(name)) == TEXTS[name].splitlines(keepends=True)
    with (tmp_path / name).open("a") as stream:
        stream.write("{}\n")
    with pytest.raises(DamagedError, match="differs from what was written"):
        next(folder.lines(name))
    (tmp_path / "predictions" / "other.jsonl").write_text("{}\n")  # nothing has recorded it
    with pytest.raises(DamagedError):
        next(folder.lines("predictions/other.jsonl"))
    (tmp_path / name).unlink()
    with pytest.raises(DamagedError, match="it is missing"):
        next(folder.lines(name))
    with pytest.raises(FileNotFoundError):
        next(folder.lines("predictions/validation.jsonl"))
