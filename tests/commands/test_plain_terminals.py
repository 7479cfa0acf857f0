"""Every page is printed where the output is ASCII only (`LC_ALL=C`), without colours, and on a dumb terminal."""

import io
import subprocess
import sys

import pytest

from tests.conftest import TINY
from tunesmith import cli
from tunesmith.commands.pages import PAGES
from tunesmith.configuration.choices import conf_folders, groups

GROUPS = groups(conf_folders(None))


@pytest.fixture
def printed(monkeypatch):
    """What a command prints to streams that refuse all but ASCII; its exit status is 0."""
    for name, value in {"LC_ALL": "C", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)

    def run(*words):
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict") for _ in range(2)]
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", streams[0])
            patched.setattr(sys, "stderr", streams[1])
            status = cli.run(list(words))
        for stream in streams:
            stream.flush()
        output, errors = (stream.buffer.getvalue().decode("ascii") for stream in streams)
        assert status == 0, errors
        assert "\x1b" not in output and "\r" not in output
        return output

    return run


@pytest.mark.parametrize("command", PAGES)
def test_the_page_of_a_command(printed, command):
    assert printed(command, "--help").startswith(f"tunesmith {command} ")


@pytest.mark.parametrize("group", GROUPS)
def test_the_choices_of_a_group(printed, group):
    assert printed("list", group).startswith(f"{group}\n")


def test_the_first_page_and_the_config(printed):
    assert "Config-driven fine-tuning" in printed() and "max_epochs: " in printed("train", "--cfg", "job")


def test_check_and_its_table(printed):
    assert "Parameter groups" in printed("check", *TINY)


def test_errors_quote_what_was_typed():
    """In a process of its own, whose streams Python has opened."""
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "NO_COLOR": "1", "PATH": ""}
    code = "import sys; sys.path[:0] = sys.argv[1].split(':'); from tunesmith.cli import main; main(['list', 'd\\u00e4t\\u00e4'])"
    path = ":".join(filter(None, sys.path))
    found = subprocess.run([sys.executable, "-c", code, path], env=variables, capture_output=True)
    assert found.returncode == 2 and b"no group, choice or key d" in found.stderr and found.stderr.isascii()
    assert b"Traceback" not in found.stderr
