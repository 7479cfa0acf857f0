"""A run of callbacks.checkpoint.save_model=false keeps its scores and predictions, and is refused where weights are needed."""

import pytest

from tests.conftest import checked
from tunesmith import cli
from tunesmith.configuration.identity import run_id
from tunesmith.errors import UserError
from tunesmith.training.train import train

TINY = (
    "trainer.max_epochs=2 trainer.progress_bar=false trainer.accelerator=cpu backbone.width=16 backbone.layers=1 backbone.heads=2 "
    "dataset.size=40"
).split()
NONE = "callbacks.checkpoint.save_model=false"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same run with its weights and without."""
    return [train(checked([*TINY, f"output_dir={tmp_path_factory.mktemp(name)}", *words])) for name, words in
            {"kept": [], "none": [NONE]}.items()]  # fmt: skip


def files_of(run):
    return {str(file.relative_to(run.path)) for file in run.path.rglob("*") if file.is_file()}


def test_the_weights_alone_are_missing(runs):
    kept, none = runs
    missing = files_of(kept) - files_of(none)
    assert missing and {name.partition("/")[0] for name in missing} == {"model", "checkpoints"}
    assert not any(name.endswith((".ckpt", ".safetensors", ".sha256")) for name in files_of(none))
    assert kept.read_json("metrics.json") == none.read_json("metrics.json")
    first, second = ((run.path / "predictions/test.jsonl").read_bytes() for run in runs)
    assert first == second


@pytest.mark.parametrize(
    "command", ["evaluate run={run}", "predict run={run} input={file} output={out}", "export run={run} output={out}",
                "bundle {run} output={out}.zip weights=true"],
)  # fmt: skip
def test_a_command_that_needs_weights_says_why_there_are_none(runs, tmp_path, capsys, command):
    (tmp_path / "in.txt").write_text("good\n")
    words = command.format(run=runs[1].path, file=tmp_path / "in.txt", out=tmp_path / "out").split()
    assert cli.run(words) == 2
    printed = capsys.readouterr().err
    assert "callbacks.checkpoint.save_model=false" in printed and "run it again without" in printed
    assert [file.name for file in tmp_path.iterdir()] == ["in.txt"]


def test_a_model_that_is_needed_later_is_not_given_up():
    with pytest.raises(
        UserError, match=r"logger\.wandb\.upload_model=true, but callbacks\.checkpoint\.save_model=false"
    ):
        checked([NONE, "logger=wandb", "logger.wandb.upload_model=true"])
    with pytest.raises(UserError, match=r"the stage \S+ has callbacks\.checkpoint\.save_model=false"):
        checked([f"backbone.after=[demo/dapt,{NONE}]"])


def test_the_default_leaves_the_ids_of_earlier_runs():
    config, other = checked([]), checked([NONE])
    del config["callbacks"]["checkpoint"]["save_model"]
    assert run_id(checked([])) == run_id(config) != run_id(other)
