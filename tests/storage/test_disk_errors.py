"""The errors of a full disk are those that are raised by writing to /dev/full."""

import errno
import os
from pathlib import Path

import pytest

from tunesmith.storage import disk_errors

FULL = Path("/dev/full")


def text():
    with FULL.open("w") as stream:
        stream.write("text")


def arrow():
    import pyarrow

    with pyarrow.OSFile(str(FULL), "wb") as file:
        file.write(b"bytes")


def rust():
    """As safetensors and tokenizers raise it: they replace files, so that /dev/full would be replaced by one."""
    raise Exception("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize("write", [text, arrow, rust])
def test_a_full_disk_is_recognised_in_the_error_of(write, tmp_path):
    with pytest.raises(Exception) as raised:
        write()
    found = disk_errors.message(raised.value, folder=tmp_path, remedy=", or else")
    assert (
        "No space left on device (" in found and " MB free of " in found and found.endswith("free some space, or else")
    )
    assert found.startswith(str(tmp_path)) or found.startswith(str(FULL))


@pytest.mark.parametrize(
    "number,expected",
    [
        (errno.EDQUOT, "free some space"),
        (errno.EISDIR, "is a folder in the place of a file; remove it"),
        (errno.EROFS, "Read-only file system; make it writable"),
        (errno.EACCES, "Permission denied; make it writable"),
        (errno.ESTALE, "check the disk or the network"),
    ],
)
def test_other_errors_of_storage(number, expected, tmp_path):
    error = OSError(number, os.strerror(number), str(tmp_path / "a" / "b.txt"))
    assert expected in disk_errors.message(error, folder=tmp_path, remedy="")


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "none", "x"), BrokenPipeError(32, "pipe"), ValueError("[Errno 2]")]
)
def test_errors_about_something_else(error, tmp_path):
    assert disk_errors.message(error, folder=tmp_path, remedy="") is None


def test_a_file_elsewhere_is_named_instead_of_the_folder(tmp_path):
    error = OSError(errno.ENOSPC, "full", "/elsewhere/file")
    assert disk_errors.message(error, folder=tmp_path, remedy="").startswith(
        "/elsewhere/file: No space left on device ("
    )
    inside = OSError(errno.ENOSPC, "full", str(tmp_path / ".metrics.json-draft"))
    assert disk_errors.message(inside, folder=tmp_path, remedy="").startswith(f"{tmp_path}: ")
