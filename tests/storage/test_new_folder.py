"""A new folder appears under its name only when it is complete, with the modes of any new file."""

import os
import subprocess

import pytest
import torch
from safetensors.torch import save_file

from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.storage.files import write_text
from tunesmith.storage.new_folder import new_folder


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


def test_an_error_about_another_file_keeps_its_message(tmp_path):
    with pytest.raises(FileNotFoundError), new_folder(str(tmp_path / "some/export")) as draft:
        write(draft)
        (tmp_path / "data.csv").open()


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_files_have_the_modes_of_any_new_file(tmp_path, umask):
    """What `touch` and `mkdir` give is the reference; safetensors alone would write 0600."""
    before = os.umask(umask)
    try:
        subprocess.run("touch file; mkdir folder", shell=True, check=True, cwd=tmp_path)
        with new_folder(str(tmp_path / "export")) as draft:
            write(draft)
            save_file({"weight": torch.zeros(1)}, draft / "model.safetensors")
        write_text(tmp_path / "written", "text")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode for path in tmp_path.rglob("*")}
    assert modes["model.safetensors"] == modes["config.json"] == modes["weights"] == modes["file"] == modes["written"]
    assert modes["part"] == modes["export"] == modes["folder"]
