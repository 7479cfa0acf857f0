"""Completions of a shell: in bash itself, and against the reference of all keys."""

import os
import shutil
import subprocess
import sys

import pytest

from tunesmith import cli
from tunesmith.commands.completion import SCRIPTS, completions
from tunesmith.configuration import reference
from tunesmith.configuration.choices import choices, conf_folders, groups
from tunesmith.configuration.completion import keys_of

FOLDERS = conf_folders(None)


@pytest.mark.parametrize("group", [group for group in groups(FOLDERS) if group != "experiment"])
def test_keys_are_those_of_the_reference(group):
    for choice in choices(group, FOLDERS):
        expected = {setting.key for setting in reference.settings(group, choice, FOLDERS)}
        assert set(keys_of(group, choice, FOLDERS)) == expected, choice


@pytest.mark.parametrize(
    "line,expected",
    [
        ("tr", ["train"]),
        ("train optimizer=ad", ["optimizer=adafactor", "optimizer=adam", "optimizer=adamw", "optimizer=adamw_8bit"]),
        ("train optimizer=sgd optimizer.mo", ["optimizer.momentum="]),
        ("train optimizer.b", ["optimizer.betas=", "optimizer.bias_correction="]),
        ("train see", ["seed="]),
        ("train regularization=[standard,rdr", ["regularization=[standard,rdrop"]),
        ("train regularization=[standard,rdrop] regularization.rdrop.", ["regularization.rdrop.alpha="]),
        ("train backbone.af", ["backbone.after="]),
        ("train experiment=demo/da", ["experiment=demo/dapt", "experiment=demo/dapt_tapt"]),
        ("train --cfg ", ["job", "all"]),
        ("train --cf", ["--cfg"]),
        ("list optimizer li", ["lion"]),
        ("list optimizer.lr", ["optimizer.lr"]),
        ("list met", ["metrics"]),
        ("completion z", ["zsh"]),
        ("bundle runs output=x.zip weights=", ["weights=true", "weights=false"]),
        ("nothing x", []),
        ("train hydra.launcher.n", ["hydra.launcher.n_jobs="]),
    ],
)
def test_words(line, expected):
    assert completions(line.split(" ")) == expected


def test_files_and_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs/one").mkdir(parents=True)
    (tmp_path / "rows.csv").write_text("")
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "bad\nname").write_text("")
    assert completions(["predict", "run=r"]) == ["run=runs/"]
    assert completions(["predict", "run=runs/"]) == ["run=runs/one/"]
    assert completions(["predict", "input="]) == ["input=rows.csv", "input=runs/"]
    assert completions(["train", "dataset.train=ro"]) == ["dataset.train=rows.csv"]
    assert completions(["report", "ru"]) == ["runs/"]
    assert completions(["predict", "run=missing/"]) == []


def test_the_folder_of_the_user(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer/mine.yaml").write_bytes(b"_target_: x\nmy_key: 1\n\xff")
    words = ["train", "--config-dir", str(tmp_path), "optimizer=mine", "optimizer."]
    assert completions(words) == ["optimizer.my_key="]
    assert completions([*words[:3], "optimizer=mi"]) == ["optimizer=mine"]


@pytest.mark.parametrize(
    "line,expected",
    [
        ("tunesmith tra", ["train "]),
        ("tunesmith train optimizer=li", ["lion "]),
        ("tunesmith train optimizer.l", ["optimizer.lr="]),
        ("tunesmith train regularization=[standard,rdr", ["[standard,rdrop"]),
        ("tunesmith predict input=my", [r"my\ file.csv "]),
        (r"tunesmith predict input=my\ f", [r"my\ file.csv "]),
    ],
)
def test_in_bash_itself(line, expected, tmp_path):
    (tmp_path / "my file.csv").write_text("")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/tunesmith"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tunesmith "$@"\n')
    program.chmod(0o755)
    script = SCRIPTS["bash"] + 'COMP_LINE="$1"; COMP_POINT=${#1}; _tunesmith; printf "%s\\n" "${COMPREPLY[@]}"'
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    shown = subprocess.run(
        ["bash", "-c", script, "bash", line], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert shown.stdout.splitlines() == expected, shown.stderr


@pytest.mark.parametrize("shell", SCRIPTS)
def test_scripts_are_valid(shell, capsys):
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n"], input=script, text=True, capture_output=True).stderr == ""


def test_other_shells_are_refused(capsys):
    assert cli.run(["completion", "tcsh"]) == 2
    assert "completion is for bash, zsh or fish; received tcsh" in capsys.readouterr().err


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from tunesmith.cli import run; run(['completion', 'words', 'bash', 'train', 'optimizer.']);"
        "sys.exit(sum(name in sys.modules for name in ('torch', 'hydra', 'omegaconf', 'yaml', 'pydantic', 'argparse')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
