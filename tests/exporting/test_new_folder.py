"""An export appears under its name only when it is complete."""

import os

import pytest

from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.exporting.new_folder import new_folder


def write(folder):
    (folder / "config.json").write_text("{}")
    (folder / "part").mkdir()
    (folder / "part/weights").write_text("1")


@pytest.mark.parametrize("prepare", ["nothing", "empty", "current"])
def test_a_new_folder_is_complete(tmp_path, monkeypatch, prepare):
    target = tmp_path / "some" / "export"
    if prepare != "nothing":
        target.mkdir(parents=True)
    name = str(target)
    if prepare == "current":
        monkeypatch.chdir(target)
        name = "."
    with new_folder(name) as draft:
        write(draft)
        assert not (target / "config.json").exists()
    assert sorted(path.name for path in target.iterdir()) == ["config.json", "part"]
    assert (target / "part/weights").read_text() == "1"
    assert [path.name for path in target.parent.iterdir()] == ["export"]


@pytest.mark.parametrize("prepare", ["nothing", "empty"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("x")])
def test_nothing_is_left_after_an_error(tmp_path, prepare, error):
    target = tmp_path / "export"
    if prepare == "empty":
        target.mkdir()
    expected = UserError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), new_folder(str(target)) as draft:
        write(draft)
        raise error
    assert list(tmp_path.rglob("*")) == ([target] if prepare == "empty" else [])


def test_refused(tiny_run, tmp_path, capsys):
    def message(output):
        assert cli.run(["export", f"run={tiny_run.path}", f"output={output}"]) == 2
        return capsys.readouterr().err

    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    assert "full exists and is not empty; choose a new folder" in message(tmp_path / "full")
    assert "notes.txt exists and is not empty" in message(tmp_path / "full/notes.txt")
    assert "cannot be written" in message(tmp_path / "full/notes.txt/below")
    assert "inside the run's own model folder" in message(tiny_run.model / "export")
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "notes.txt"]
    if os.geteuid():
        (tmp_path / "full").chmod(0o500)
        assert "cannot be written" in message(tmp_path / "full/new")


def test_a_damaged_run(tiny_run, tmp_path, capsys):
    import shutil

    from safetensors.torch import load_file, save_file

    run = tmp_path / "run"
    shutil.copytree(tiny_run.path, run)
    weights = load_file(run / "model/model.safetensors")
    del weights["classifier.weight"]
    (run / "digests.json").unlink()  # as of an earlier version, whose files are not verified
    save_file(weights, run / "model/model.safetensors", metadata={"format": "pt"})
    words = ["export", f"run={run}", f"output={tmp_path}/export"]
    assert cli.run(words) == 2
    assert "BertForSequenceClassification needs: classifier.weight" in capsys.readouterr().err
    (run / "model/model.safetensors").write_bytes(b"no weights")
    assert cli.run(words) == 2
    assert "cannot load the run's model" in capsys.readouterr().err
    (run / "model/head.safetensors").unlink()
    assert cli.run(words) == 2
    assert "head.safetensors is missing" in capsys.readouterr().err
    assert not (tmp_path / "export").exists()
