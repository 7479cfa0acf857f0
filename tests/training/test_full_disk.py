"""A disk that is full: a small tmpfs, shrunk to its content at the moment when something is to be written."""

import shutil
import subprocess

import pytest

from tests.conftest import TINY, checked
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.errors import UserError
from tunesmith.loggers.csv import CsvHistory
from tunesmith.runs.folder import RunFolder
from tunesmith.training import saved_model
from tunesmith.training.train import train

ROOM = 64 << 20  # bytes


class Disk:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.mounted = self._mount("-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs")

    def _mount(self, *options):
        return subprocess.run(["mount", *options, str(self.folder)], capture_output=True, check=False).returncode == 0

    def fill(self):
        if not shutil.disk_usage(self.folder).used:  # a size of 0 would be no limit
            (self.folder / "content").write_bytes(bytes(4096))
        assert self._mount("-o", f"remount,size={shutil.disk_usage(self.folder).used}")

    def free(self):
        assert self._mount("-o", f"remount,size={ROOM}")


@pytest.fixture
def disk(tmp_path):
    disks = []

    def mounted(folder):
        disks.append(Disk(folder))
        if not disks[-1].mounted:
            pytest.skip("mounting a tmpfs needs root")
        return disks[-1]

    yield mounted
    for found in disks:
        subprocess.run(["umount", "--lazy", str(found.folder)], capture_output=True, check=False)


PLACES = {
    "checkpoints": (Checkpoint, "save"),
    "model": (saved_model, "save"),
    "predictions": (RunFolder, "write_lines"),
    "metrics.csv": (CsvHistory, "save"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_same_command_completes_the_run_when_there_is_room(place, tiny_run, disk, tmp_path, monkeypatch):
    full = disk(tmp_path / "runs")
    config = checked([*TINY, f"output_dir={full.folder}"])
    owner, name = PLACES[place]
    write = getattr(owner, name)

    def filled(*arguments, **settings):
        full.fill()
        return write(*arguments, **settings)

    monkeypatch.setattr(owner, name, filled)
    run = RunFolder.of(config)
    with pytest.raises(
        UserError, match=r"No space left on device \(0\.0 MB free of .*; free some space, or set output_dir"
    ):
        train(config)
    monkeypatch.undo()
    assert not run.completed
    left = [file.name for file in run.path.rglob("*") if "part" in file.name or "draft" in file.name]
    assert (not left and not (run.path / "model" / "model.safetensors").exists()) or place == "predictions"
    full.free()
    again = train(config)
    assert again.completed and again.scores() == tiny_run.scores()
    weights = [found.path / "model/model.safetensors" for found in (again, tiny_run)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_the_cache(disk, tmp_path, monkeypatch):
    full = disk(tmp_path / "cache")
    full.fill()
    monkeypatch.setenv("TUNESMITH_CACHE", str(full.folder))
    with pytest.raises(
        UserError, match=rf"{full.folder}.*No space left on device .* or set TUNESMITH_CACHE to a folder"
    ):
        train(checked([*TINY, f"output_dir={tmp_path / 'runs'}"]))
    assert [file.name for file in full.folder.rglob("*") if file.is_file()] == ["content"]


@pytest.mark.parametrize("logger,name", [("tensorboard", "TensorBoard"), ("wandb", "Weights & Biases")])
def test_a_logger_ends_and_the_run_does_not(logger, name, tiny_run, disk, tmp_path, capfd):
    config = checked([*TINY, f"logger=[csv,{logger}]", f"output_dir={tmp_path / 'runs'}"])
    full = disk(RunFolder.of(config).path / logger)
    full.fill()
    run = train(config)
    assert run.completed and run.scores() == tiny_run.scores()
    captured = capfd.readouterr()
    assert captured.out.count(f"{name} failed: ") == 1 and "Traceback" not in captured.err
