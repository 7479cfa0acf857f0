"""What ends an attempt from outside: one message each, and the state is recorded where that is possible."""

import errno
import os

import pytest

from tunesmith.errors import Interrupted, UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage import files
from tunesmith.training.attempt import recorded

CONFIG = {"dataset": {"train": "/data/train.txt", "label": "label"}}


def attempt(folder, error):
    with recorded(RunFolder(folder), CONFIG):
        raise error


def os_error(number, file=None):
    return OSError(number, os.strerror(number), file)


@pytest.mark.parametrize(
    "error,message",
    [
        (
            os_error(errno.ENOSPC),
            r"No space left on device \([\d.,]+ MB free of [\d.,]+ MB\); free some space, or set output",
        ),
        (os_error(errno.EROFS), "Read-only file system; make it writable, or set output_dir to another disk; the same"),
        (os_error(errno.ENOENT, "/data/train.txt"), "^/data/train.txt has disappeared during the run; restore it"),
    ],
)
def test_one_message(error, message, tmp_path):
    with pytest.raises(UserError, match=message):
        attempt(tmp_path, error)
    assert RunFolder(tmp_path).status()["state"] == "failed"


def test_an_error_that_a_signal_causes_is_an_interruption(tmp_path):
    def library():
        try:
            raise Interrupted("SIGTERM")
        except BaseException as error:
            raise RuntimeError("the worker has ended") from error

    with pytest.raises(Interrupted, match="SIGTERM"), recorded(RunFolder(tmp_path), CONFIG):
        library()
    assert RunFolder(tmp_path).status()["state"] == "interrupted"


def test_what_is_gone_from_the_cache_needs_no_copy(tmp_path, monkeypatch):
    monkeypatch.setenv("TUNESMITH_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "cache/encoded/1/notes.json"
    with pytest.raises(UserError) as raised:
        attempt(tmp_path, os_error(errno.ENOENT, str(file)))
    message = f"{file} has disappeared during the run; run the same command again, which makes it again"
    assert raised.value.mistakes == [message]


def test_another_file_that_is_missing_is_an_error_of_the_code(tmp_path):
    with pytest.raises(FileNotFoundError):
        attempt(tmp_path, os_error(errno.ENOENT, "/elsewhere/file"))


def test_a_folder_that_becomes_read_only(tmp_path, monkeypatch):
    def refused(target, text):
        raise PermissionError(errno.EACCES, "Permission denied", str(target))

    monkeypatch.setattr(files, "write_text", refused)
    message = f"^{tmp_path}: Permission denied; make it writable, or set output_dir"
    with pytest.raises(UserError, match=message), recorded(RunFolder(tmp_path), CONFIG):
        RunFolder(tmp_path).write_json("metrics.json", {})


class Logger:
    state = None

    def close(self, state):
        self.state = state


@pytest.mark.parametrize(
    "error,state", [(None, "done"), (KeyboardInterrupt(), "interrupted"), (ValueError("a mistake"), "failed")]
)
def test_loggers_are_closed_with_the_state(error, state, tmp_path):
    logger = Logger()
    with (
        pytest.raises(type(error)) if error else pytest.MonkeyPatch.context(),
        recorded(RunFolder(tmp_path), CONFIG) as all,
    ):
        all.append(logger)
        if error:
            raise error
    assert logger.state == state


@pytest.mark.parametrize("content", ["{}", "[]", '{"data": []}', "", "nonsense"])  # of a run without digests
def test_a_damaged_manifest(content, tmp_path):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json is damaged: (expected|it is not valid JSON).*"):
        RunFolder(tmp_path).recorded.changed_data(str)
