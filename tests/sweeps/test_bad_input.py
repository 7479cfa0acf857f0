"""Invalid sweeps, as a new user would type them: one message, exit status 2, no traceback, nothing written."""

import sys

import pytest

from tests.conftest import TINY
from tunesmith import cli

SEARCH = ["sweep=tpe", "optimizer.lr=interval(1e-5,1e-3)"]


def fails(capsys, tmp_path, *words):
    """The one message of an invalid sweep."""
    output = tmp_path / "runs"
    for command in ("check", "train"):
        assert cli.run([command, "-m", *TINY, f"output_dir={output}", *words]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith("tunesmith: ") and shown.err.count("\n") == 1, shown.err
        assert "Traceback" not in shown.err + shown.out and not output.exists()
    return shown.err


@pytest.mark.parametrize(
    "words,expected",
    [
        (["seed=range(5,1)"], "seed=range(5,1) has no values; expected a non-empty range(start,stop,step)"),
        (["seed=1,,2"], "'seed=1,,2' cannot be parsed"),
        (["optimizer=adam,adma"], "job 2 (optimizer=adma) of 2: optimizer=adma does not exist; did you mean adam?"),
        (["optimizer=glob(x*)"], "optimizer=glob(x*) has no values; expected one of adafactor"),
        (["optimiser.lr=1,2"], "unknown key optimiser; did you mean optimizer.lr=1?"),
        (["seed=1,2", "monitor=validation/acuracy"], "did you mean validation/accuracy?"),
        (["optimizer.lr=interval(1e-5,1e-3)"], "optimizer.lr: a grid needs values, not an interval"),
        (["sweep=tpe"], "sweep=tpe has nothing to search: give a key several values"),
        (["sweep=tpee", "seed=1,2"], "sweep=tpee does not exist; did you mean tpe?"),
        (["seed=1,2", "sweep.seeds=[1,2]"], "seed has several values and sweep.seeds is given"),
        ([*SEARCH, "seed=1,2", "sweep.seeds=[1,2]"], "seed is searched and sweep.seeds is given"),
        (["sweep.seeds=[1,-2]"], "sweep.seeds is [1, -2]; expected"),
        (["sweep.trails=3", "seed=1,2"], "unknown key sweep.trails; did you mean sweep.trials?"),
        (["sweep.trials=3", "seed=1,2"], "sweep.trials is for a search, but sweep=grid runs every combination"),
        (["sweep.pruner=median", "seed=1,2"], "sweep.pruner is for a search"),
        ([*SEARCH, "sweep.trials=0"], "sweep.trials is 0; expected"),
        ([*SEARCH, "sweep.direction=minimize"], "but larger validation/accuracy is better"),
        ([*SEARCH, "sweep.direction=maximise"], "did you mean maximize?"),
        ([*SEARCH, "sweep.direction=[maximize,minimize]"], "has 2 values for 1 objective;"),
        (
            [*SEARCH, "sweep.objective=validation/f2"],
            "validation/f2, which is never logged; did you mean validation/f1?",
        ),
        ([*SEARCH, "sweep.objective=test/accuracy"], "test/accuracy, which is never logged"),
        (
            [
                *SEARCH,
                "sweep.objective=validation/specificity",
                "dataset.metrics=[accuracy,torchmetrics.classification.BinarySpecificity]",
            ],
            "does not say whether larger values are better",
        ),
        (
            [*SEARCH, "sweep.pruner=median"],
            "sweep.pruner=median needs scores before the end, but trainer.max_epochs is 1",
        ),
        (
            [*SEARCH, "sweep.pruner=medium"],
            "sweep.pruner is 'medium'; expected 'none', 'median', 'asha' or 'hyperband'",
        ),
        (["sweep=cmaes", "optimizer=adam,sgd"], "sweep=cmaes searches numbers only"),
        (["sweep=tpe", "optimizer.lr=interval(-1,1)"], "optimizer.lr is -1.0; expected"),
        (["seed=1,2", "--cfg", "job"], "--cfg prints the config of a single run; leave out -m"),
        (["seed=1,2", "hydra.launcher.n_job=2"], "hydra.launcher.n_job; did you mean hydra.launcher.n_jobs?"),
        (["seed=1,2", "hydra.launcher.n_jobs=0"], "hydra.launcher.n_jobs is 0; expected"),
        (
            ["seed=1,2", "hydra/launcher=slurm"],
            "hydra/launcher=slurm does not exist; did you mean hydra/launcher=submitit_slurm? (choices: local, submitit_slurm, ",
        ),
        (["seed=1,2", "hydra.run.dir=x"], "of Hydra's own settings, only hydra/launcher=... and hydra.launcher.*"),
        (["seed=1,2", "--config-dir", "nowhere"], "--config-dir nowhere is not a folder"),
        (["seed=1,2", "--multi-run"], "unknown option --multi-run"),
    ],
)
def test_mistakes_are_reported_before_the_sweep_starts(capsys, tmp_path, words, expected):
    assert expected in fails(capsys, tmp_path, *words)


@pytest.mark.parametrize(
    "launcher,module,command",
    [
        ("ray", "hydra_plugins.hydra_ray_launcher", "pip install 'tunesmith[ray]'"),
        ("submitit_slurm", "hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
        ("submitit_local", "hydra_plugins.hydra_submitit_launcher", "pip install 'tunesmith[slurm]'"),
        ("joblib", "hydra_plugins.hydra_joblib_launcher", "pip install --pre hydra-joblib-launcher"),
    ],
)
def test_a_launcher_that_is_not_installed(capsys, tmp_path, monkeypatch, launcher, module, command):
    monkeypatch.setitem(sys.modules, module, None)
    message = fails(capsys, tmp_path, "seed=1,2", f"hydra/launcher={launcher}")
    assert f"hydra/launcher={launcher} is not installed; install it: {command}" in message


@pytest.mark.parametrize(
    "gpus,words,expected",
    [
        ("0,1", ["hydra.launcher.n_jobs=3"], "hydra.launcher.n_jobs is 3, but 2 GPUs with devices_per_job=1 can run 2"),
        ("0,1", ["hydra.launcher.devices_per_job=3"], "a job needs 3 GPUs, but only 2 are available"),
        ("", ["hydra.launcher.devices_per_job=0.5"], "devices_per_job is for GPUs, but none are available"),
    ],
)
def test_more_gpus_than_are_available(capsys, tmp_path, monkeypatch, gpus, words, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)
    words = ["train", "-m", *TINY, "trainer.accelerator=auto", "seed=1,2", f"output_dir={tmp_path}", *words]
    assert cli.run(words) == 2
    message = capsys.readouterr().err
    assert message.startswith("tunesmith: ") and message.count("\n") == 1 and expected in message
    assert not list(tmp_path.glob("*/*/status.json"))


def test_the_folder_of_another_search_space(capsys, tmp_path):
    from tunesmith.sweeps.folder import SweepFolder

    other = SweepFolder.claim(tmp_path / "s", identity="other", varied=["optimizer.lr", "seed"])
    other.describe()
    other.lock.release()
    before = (tmp_path / "s/sweep.json").read_text()
    words = ["train", "-m", *TINY, "seed=1,2", f"output_dir={tmp_path}/runs", f"sweep.folder={tmp_path}/s"]
    assert cli.run(words) == 2
    message = capsys.readouterr().err
    assert "s belongs to another search space (optimizer.lr, seed); set sweep.folder" in message
    assert message.count("\n") == 1 and (tmp_path / "s/sweep.json").read_text() == before


def test_a_sweep_folder_that_cannot_be_written(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert cli.run(["train", "-m", *TINY, "seed=1,2", f"output_dir={tmp_path}/file/runs"]) == 2
    message = capsys.readouterr().err
    assert "cannot be created: Not a directory; set output_dir" in message and message.count("\n") == 1


def test_sweep_settings_without_m(capsys):
    for word in ("sweep=tpe", "sweep.seeds=[1,2]", "hydra/launcher=local", "hydra.launcher.n_jobs=2"):
        assert cli.run(["train", word]) == 2
        assert capsys.readouterr().err == f"tunesmith: {word} is for sweeps; add -m, or leave it out\n"
    assert cli.run(["train", "seed=1,2"]) == 2
    assert "or -m for a sweep" in capsys.readouterr().err


def test_duplicate_jobs_are_not_a_mistake(capsys, tmp_path):
    assert cli.run(["train", "-m", *TINY, "seed=4,4", f"output_dir={tmp_path}"]) == 0
    shown = capsys.readouterr().out
    assert "1 of 2 jobs is a duplicate and is skipped\n1 job on this machine" in shown
    assert len(list(tmp_path.glob("*/*/metrics.json"))) == 1
