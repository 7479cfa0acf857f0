"""Nothing that a file says is executed: not by one of the attacks in `execution.py`."""

import os
import subprocess
import sys

import pytest

from tests.attacks.execution import ATTACKS, MARKER, Payload, write, write_study
from tests.sweeps.made import REPOSITORY, call

REFUSED = [attack for attack in ATTACKS if not attack.own_process and not attack.trains]


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.name)
def test_nothing_is_executed(attack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # as in a process that `python -c` has started
    words = attack.arguments(tmp_path)
    called = call(*words)
    assert not (tmp_path / MARKER).exists()
    assert "Traceback" not in called.errors
    assert called.status == 2 or words[0] == "report", called.output


def test_the_payloads_work(tmp_path, monkeypatch):
    """Each kind of payload, when it is run on purpose."""
    import pickle

    from tests.attacks.execution import evil_module

    for run in (
        lambda: exec(evil_module(tmp_path).read_text(), {}),
        lambda: pickle.loads(pickle.dumps(Payload(tmp_path))),
    ):
        (tmp_path / MARKER).unlink(missing_ok=True)
        run()
        assert (tmp_path / MARKER).exists()


def test_optuna_would_unpickle_the_study_that_ours_replays(tmp_path):
    import optuna
    from optuna.samplers import CmaEsSampler
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    from tunesmith.sweeps.search.cmaes import ReplayedCmaEs

    write_study(tmp_path / "study.log", Payload(tmp_path))
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    for sampler, executed in ((ReplayedCmaEs(seed=1), False), (CmaEsSampler(seed=1), True)):
        study = optuna.load_study(study_name="sweep", storage=storage, sampler=sampler)
        distributions = {"optimizer.lr": optuna.distributions.FloatDistribution(1e-4, 1e-3)}
        try:
            assert 1e-4 <= study.ask(distributions).params["optimizer.lr"] <= 1e-3
        except AttributeError:  # what was unpickled is no optimizer
            assert executed
        assert (tmp_path / MARKER).exists() == executed


def test_modules_of_the_working_folder_are_not_imported(tmp_path):
    """`python -m tunesmith`, and a process that it starts as the launchers do."""
    for module in ("torch", "yaml", "optuna", "difflib", "argparse", "json", "hydra_plugins/evil/__init__"):
        write(tmp_path / f"{module}.py", f"from pathlib import Path\nPath({str(tmp_path / MARKER)!r}).touch()\n")
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    environment.pop("PYTHONSAFEPATH", None)
    words = ["-m", "tunesmith", "check", "dataset.size=96"]
    ended = subprocess.run([sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / MARKER).exists()


def test_child_processes_start_without_the_working_folder(tmp_path, monkeypatch):
    from tunesmith.errors.safe_path import leave_out_working_folder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    leave_out_working_folder()
    assert "" not in sys.path
    code = "import sys; print('' in sys.path)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_of_the_working_folder_only_the_package_that_is_named_is_imported(tmp_path):
    """Not the module beside it, by whomever it is named: a config, the plugin itself or a library."""
    optimizer = (
        "from torch.optim import SGD\n\n\ndef sgd(groups, fused, *, lr: float):\n    return SGD(groups, lr=lr)\n"
    )
    for module in ("optuna", "beside"):
        write(
            tmp_path / f"{module}.py",
            f"from pathlib import Path\nPath({str(tmp_path / MARKER)!r}).touch()\n{optimizer}",
        )
    write(tmp_path / "mine/__init__.py", "")
    write(tmp_path / "mine/sgd.py", optimizer)
    write(tmp_path / "mine/curious.py", f"import beside\n{optimizer}")
    write(tmp_path / "mine/conf/optimizer/mine.yaml", "# Mine\n_target_: mine.sgd.sgd\nlr: 0.1\n")
    words = ["-m", "tunesmith", "check", "dataset.size=96", "regularization=[]"]
    refused = "may not be a _target_ of optimizer"
    for plugins, more, status, expected in (
        ("", ["optimizer=mine"], 2, "optimizer=mine does not exist"),
        ("", ["optimizer=sgd", "optimizer._target_=mine.sgd.sgd"], 2, refused),
        ("mine", ["optimizer=mine"], 0, ""),
        ("./mine", ["optimizer=mine", "optimizer._target_=beside.sgd"], 2, refused),
        (
            "./mine",
            ["optimizer=mine", "optimizer._target_=mine.curious.sgd"],
            2,
            "curious.py, line 1: ModuleNotFoundError: No module named 'beside'",
        ),
    ):
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "TUNESMITH_PLUGINS": plugins}
        environment.pop("PYTHONSAFEPATH", None)
        command = [sys.executable, *words, *more]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == status and expected in ended.stderr, ended.stderr
        assert not (tmp_path / MARKER).exists() and "Traceback" not in ended.stderr


def test_the_repository_of_the_working_folder_runs_no_program(tmp_path):
    """The reference is git itself, which runs them."""
    from tunesmith.runs.code import patch, repository

    for attack in ATTACKS:
        if "in the repository" not in attack.name:
            continue
        folder = tmp_path / attack.name.partition(" ")[0]
        folder.mkdir()
        attack.arguments(folder)
        found = repository(folder)
        assert found is not None and found["changed"] and b"+two" in patch(folder)
        assert not (folder / MARKER).exists(), attack.name
        (folder / ".gitattributes").touch()  # so that git refreshes its index, after which it calls the hook
        for command in ("status", "diff"):
            subprocess.run(["git", command], cwd=folder, capture_output=True)
        assert (folder / MARKER).exists(), attack.name


def test_no_attack_has_the_name_of_another():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) > 60
