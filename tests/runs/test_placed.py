"""A run is repeated beside itself, whatever its config says."""

from pathlib import Path

import pytest

from tests.sweeps.made import config_of, end
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.placed import placed


@pytest.mark.parametrize("moved", [False, True])
def test_beside_the_run_or_where_the_command_says(tmp_path, monkeypatch, moved):
    monkeypatch.chdir(tmp_path)
    config = config_of("output_dir=runs", "name=a/b", "logger=[csv,wandb]", "logger.wandb.mode=online")
    run = end(config, "done")
    run.write_text(
        "config.yaml", (run.path / "config.yaml").read_text().replace("output_dir: runs", "output_dir: /etc")
    )
    assert run.config()["output_dir"] == "/etc"
    if moved:
        run = RunFolder(run.path.rename("handed"))
    for path, root in (
        (run.path, "." if moved else "runs"),
        (run.path.absolute(), tmp_path / ("" if moved else "runs")),
    ):
        again = placed(RunFolder(path), None)
        assert again["output_dir"] == str(root) and list(again["logger"]) == ["csv"]
        assert RunFolder.of(again).path == Path(root, "a/b", run.config() and RunFolder.of(config).path.name)
    assert placed(run, "x")["output_dir"] == "x"
