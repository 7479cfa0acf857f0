"""Evaluating a completed run again."""

import shutil

from tunesmith import cli


def test_a_run_of_an_earlier_version(tiny_run, tmp_path, capsys):
    older = tmp_path / "run"
    shutil.copytree(tiny_run.path, older)
    text = (older / "config.yaml").read_text()
    (older / "config.yaml").write_text(text.replace("    every_n_steps: null\n", ""))
    assert "every_n_steps" in text and "every_n_steps: null" not in (older / "config.yaml").read_text()
    assert cli.run(["evaluate", f"run={older}"]) == 0
    assert cli.run(["evaluate", f"run={older}", "callbacks.checkpoint.save_last=false"]) == 2
    assert "unknown key callbacks.checkpoint" in capsys.readouterr().err
