"""A trial is pruned exactly if Optuna's pruner, called directly, prunes it."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from tests.sweeps.made import rows, sweep
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.search.study import pruner

EPOCHS = 3
RATE = FloatDistribution(1e-5, 1e-3, log=True)
WORDS = [
    *("sweep=random", "sweep.pruner=median", "sweep.trials=5", "optimizer.lr=tag(log,interval(1e-5,1e-3))"),
    *("monitor=validation/loss", f"trainer.max_epochs={EPOCHS}"),
]


def study_before(place, loss):
    """A study with four trials, each with the same loss at all epochs."""
    place.mkdir(parents=True)
    storage = JournalStorage(JournalFileBackend(str(place / "study.log")))
    study = optuna.create_study(study_name="sweep", storage=storage, direction="minimize")
    for number in range(1, 5):
        study.add_trial(known_trial(loss, 1e-5 * number))
    return study


def known_trial(loss, rate):
    epochs = dict.fromkeys(range(1, EPOCHS + 1), loss)
    params = {"params": {"optimizer.lr": rate}, "distributions": {"optimizer.lr": RATE}}
    return create_trial(value=loss, intermediate_values=epochs, **params)


def pruned_at(loss, losses):
    """The epoch after which Optuna's MedianPruner stops a trial; None if it does not."""
    study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(n_startup_trials=4))
    for number in range(1, 5):
        study.add_trial(known_trial(loss, 1e-5 * number))
    trial = study.ask({"optimizer.lr": RATE})
    for epoch, value in losses.items():
        trial.report(value, epoch)
        if epoch < EPOCHS and trial.should_prune():
            return epoch
    return None


@pytest.mark.parametrize("loss,state", [(0.0, "pruned"), (99.0, "done")])
def test_a_trial_is_pruned_when_the_median_pruner_decides_to(tmp_path, loss, state):
    place = tmp_path / "sweep"
    study_before(place, loss)
    called = sweep(*WORDS, f"output_dir={tmp_path}/runs", f"sweep.folder={place}")
    assert called.status == 0, called.output + called.errors

    storage = JournalStorage(JournalFileBackend(str(place / "study.log")))
    trial = optuna.load_study(study_name=None, storage=storage).trials[4]
    (job,) = SweepFolder(place).jobs()
    logged = [float(row["validation/loss"]) for row in rows(job.run.path / "metrics.csv") if row["validation/loss"]]
    best = {epoch: min(logged[:epoch]) for epoch in range(1, len(trial.intermediate_values) + 1)}
    assert trial.intermediate_values == pytest.approx(best, abs=1e-6)
    epoch = pruned_at(loss, trial.intermediate_values)
    assert (epoch is not None) == (state == "pruned") and len(trial.intermediate_values) == (epoch or EPOCHS)
    assert trial.state == {"pruned": TrialState.PRUNED, "done": TrialState.COMPLETE}[state]
    assert job.run.status()["state"] == state and (job.run.path / "metrics.json").exists() == (state == "done")
    assert f"\n{state} 1: optimizer.lr=" in called.output
    if state == "pruned":
        assert f"after epoch {epoch}" in job.run.status()["error"]
        again = sweep(*WORDS, f"output_dir={tmp_path}/runs", f"sweep.folder={place}")
        assert again.status == 0 and "4 done, 1 pruned already" in again.output


@pytest.mark.parametrize(
    "name,expected",
    [
        ("none", optuna.pruners.NopPruner),
        ("median", optuna.pruners.MedianPruner),
        ("asha", optuna.pruners.SuccessiveHalvingPruner),
        ("hyperband", optuna.pruners.HyperbandPruner),
    ],
)
def test_pruners(name, expected):
    assert type(pruner(name, max_epochs=9)) is expected


def test_successive_halving_keeps_the_best_third():  # Li et al. (2020), reduction factor 3
    study = optuna.create_study(direction="maximize", pruner=pruner("asha", max_epochs=9))
    kept = []
    for score in (0.1, 0.2, 0.3, 0.4, 0.5, 0.35):
        trial = study.ask()
        trial.report(score, step=1)
        kept.append(not trial.should_prune())
    assert kept == [True, True, True, True, True, False]
