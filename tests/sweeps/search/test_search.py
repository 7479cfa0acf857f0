"""Searches against Optuna itself, called directly; the runs only look finished."""

import math
import random
import statistics
from pathlib import Path
from types import SimpleNamespace

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from tests.conftest import TINY, composer
from tests.sweeps.made import call, end, finish, folder_of, sweep
from tunesmith.documents.markdown import literal
from tunesmith.errors import UserError
from tunesmith.sweeps.expansion import Expansion
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.search.pruning import Pruning
from tunesmith.sweeps.search.search import Search, sample_job
from tunesmith.sweeps.settings import Settings
from tunesmith.sweeps.space import split

SCORE = "validation/accuracy"
TRIALS = 6
NUMBERS = ["optimizer.lr=tag(log,interval(1e-5,1e-1))", "dataset.batch_size=int(interval(8,64))"]
MIXED = [*NUMBERS, "dataset.size=range(40,100,20)", "optimizer=adamw,sgd"]
DISTRIBUTIONS = {
    "optimizer.lr": FloatDistribution(1e-5, 1e-1, log=True),
    "dataset.batch_size": IntDistribution(8, 64),
    "dataset.size": IntDistribution(40, 80, step=20),
    "optimizer": CategoricalDistribution(["adamw", "sgd"]),
}
SAMPLERS = {  # as in Optuna's documentation, for 6 trials
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed, n_startup_trials=2, multivariate=True),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed, n_startup_trials=2),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=2),
}


def search_in(place: Path, sampler: str, space=MIXED, **changes) -> Search:
    """A search in a folder, as `sweep` creates it."""
    node = composer().sweep_settings([f"sweep={sampler}"])
    settings = Settings(**node | {"trials": TRIALS} | changes)
    fixed, axes = split([*TINY[1:], f"output_dir={place}/runs", *space], {}, composer().folders)
    expansion = Expansion(composer(), fixed)
    job = sample_job(expansion, axes, settings)
    folder = SweepFolder.claim(place / "sweep", identity="", varied=[axis.key for axis in axes])
    folder.describe(settings=vars(settings))
    return Search(expansion, axes, settings, folder, job.config)


def run(search: Search, values) -> list:
    """Run all jobs sequentially; `values` returns a dictionary of scores, or the state in which the job ends."""
    jobs = []
    while (job := search.next()) is not None:
        outcome = values(job)
        if isinstance(outcome, dict):
            seconds = outcome.pop("seconds", 1.0)
            finish(job.config, outcome, seconds=seconds)
            search.ended(job, "done")
        else:
            end(job.config, outcome)
            search.ended(job, outcome)
        jobs.append(job)
    return jobs


def study_of(place: Path) -> optuna.Study:
    """The study, loaded by Optuna."""
    return optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(f"{place}/study.log")))


def scores(count=20):
    drawn = random.Random(7)
    return [drawn.random() for _ in range(count)]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_trials_match_optuna_with_the_same_seed(tmp_path, sampler):
    space = NUMBERS if sampler == "cmaes" else MIXED
    values = iter(scores())
    run(search_in(tmp_path, sampler, space, sampler_seed=5), lambda job: {SCORE: next(values)})

    direct = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](5))
    wanted = {word.partition("=")[0]: DISTRIBUTIONS[word.partition("=")[0]] for word in space}
    drawn, known = iter(scores()), {}
    for _ in range(TRIALS):
        trial = direct.ask(wanted)
        run_of = str(trial.params)
        if run_of not in known:  # trials of the same run share its value
            known[run_of] = next(drawn)
        direct.tell(trial, known[run_of])
    found = study_of(tmp_path / "sweep").get_trials()
    assert [trial.params for trial in found] == [trial.params for trial in direct.trials]
    assert [trial.distributions for trial in found] == [trial.distributions for trial in direct.trials]
    assert [trial.values for trial in found] == [trial.values for trial in direct.trials]


def test_a_jobs_config_has_its_trials_values(tmp_path):
    jobs = run(search_in(tmp_path, "random"), lambda job: {SCORE: 0.5})
    trials = study_of(tmp_path / "sweep").get_trials()
    assert len(jobs) == len(trials) == TRIALS
    for job, trial in zip(jobs, trials, strict=True):
        assert job.config["optimizer"]["lr"] == pytest.approx(trial.params["optimizer.lr"], rel=1e-5)
        assert job.config["dataset"]["batch_size"] == trial.params["dataset.batch_size"]
        assert job.config["optimizer"]["_target_"].endswith(trial.params["optimizer"])
        assert job.run.path.parent.parent == tmp_path / "runs"


def test_a_trials_value_is_the_mean_over_the_seeds(tmp_path):
    drawn = iter(scores())
    given = {}

    def value(job):
        given.setdefault(job.trial, {})[job.config["seed"]] = score = next(drawn)
        return {SCORE: score}

    jobs = run(search_in(tmp_path, "random", seeds=[3, 5, 8], trials=4), value)
    trials = study_of(tmp_path / "sweep").get_trials()
    assert len(jobs) == 12 and all(set(seeds) == {3, 5, 8} for seeds in given.values())
    assert [trial.value for trial in trials] == pytest.approx(
        [statistics.mean(given[trial.number].values()) for trial in trials], abs=1e-15
    )


def test_a_pruned_or_failed_trial_runs_only_its_first_seed(tmp_path):
    search = search_in(tmp_path, "random", seeds=[1, 2], trials=3)
    jobs = run(search, lambda job: "pruned" if job.trial == 0 else "failed" if job.trial == 1 else {SCORE: 0.5})
    assert [(job.trial, job.config["seed"]) for job in jobs] == [(0, 1), (1, 1), (2, 1), (2, 2)]
    states = [trial.state for trial in study_of(tmp_path / "sweep").get_trials()]
    assert states == [TrialState.PRUNED, TrialState.FAIL, TrialState.COMPLETE]


def test_failed_trials_are_retried_with_the_same_values(tmp_path):
    first = search_in(tmp_path, "random", trials=4)
    jobs = run(first, lambda job: "failed" if job.trial in (1, 2) else {SCORE: 0.5})
    first._folder.lock.release()
    left = search_in(tmp_path, "random", trials=4, retry_failed=False)
    assert left.over and left.next() is None and dict(left.ended_before) == {"done": 2, "pruned": 0, "failed": 2}
    left._folder.lock.release()
    again = run(search_in(tmp_path, "random", trials=4), lambda job: {SCORE: 0.25})
    assert [job.overrides for job in again] == [jobs[1].overrides, jobs[2].overrides]
    assert [job.run.path for job in again] == [jobs[1].run.path, jobs[2].run.path]
    trials = study_of(tmp_path / "sweep").get_trials()
    assert [trial.value for trial in trials if trial.state == TrialState.COMPLETE] == [0.5, 0.5, 0.25, 0.25]


def test_more_trials_continue_the_same_study(tmp_path):
    first = search_in(tmp_path, "random", trials=4)
    run(first, lambda job: {SCORE: 0.5})
    first._folder.lock.release()
    assert len(run(search_in(tmp_path, "random", trials=6), lambda job: {SCORE: 0.5})) == 2
    trials = study_of(tmp_path / "sweep").get_trials()
    assert len({trial.params["optimizer.lr"] for trial in trials}) == 6  # nothing is drawn a second time


def test_interrupted_trials_are_resumed(tmp_path):
    first = search_in(tmp_path, "random", trials=3, seeds=[1, 2])
    started, other = first.next(), first.next()
    finish(started.config, {SCORE: 0.75})
    first.ended(started, "done")
    first.ended(other, "interrupted")
    first._folder.lock.release()
    jobs = run(search_in(tmp_path, "random", trials=3, seeds=[1, 2]), lambda job: {SCORE: 0.25})
    assert [(job.trial, job.config["seed"]) for job in jobs] == [(0, 2), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert jobs[1].run.path == other.run.path
    values = [trial.value for trial in study_of(tmp_path / "sweep").get_trials()]
    assert values == [0.5, 0.25, 0.25]


def test_trials_of_the_same_run_share_its_value(tmp_path):
    drawn = iter(scores())
    jobs = run(search_in(tmp_path, "random", ["optimizer=adamw,sgd"]), lambda job: {SCORE: next(drawn)})
    trials = study_of(tmp_path / "sweep").get_trials()
    assert len(jobs) == 2 and len(trials) == TRIALS
    value = {trial.params["optimizer"]: trial.value for trial in trials}
    assert all(trial.value == value[trial.params["optimizer"]] for trial in trials) and len(set(value.values())) == 2


def test_two_objectives_and_their_pareto_front(tmp_path):
    drawn, points = iter(zip(scores(), reversed(scores()), strict=True)), []

    def value(job):
        points.append(next(drawn))
        return dict(zip((SCORE, "seconds"), points[-1], strict=True))

    run(search_in(tmp_path, "nsga2", objective=[SCORE, "seconds"]), value)
    study = study_of(tmp_path / "sweep")
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == [SCORE, "seconds"]
    front = {p for p in points if not any(q != p and q[0] >= p[0] and q[1] <= p[1] for q in points)}
    assert {tuple(trial.values) for trial in study.best_trials} == front and 1 < len(front) < len(points)


def test_a_real_search_from_the_command_line(tmp_path):
    words = [*("sweep=tpe", "sweep.trials=3", "sweep.seeds=[1,2]"), f"output_dir={tmp_path}", NUMBERS[0]]
    called = sweep(*words, "monitor=validation/loss", "sweep.objective=validation/loss", "sweep.direction=minimize")
    assert called.status == 0 and "3 trials of tpe with 2 seeds each" in called.output
    folder = SweepFolder(folder_of(tmp_path))
    study = study_of(folder.path)
    losses = {}
    for job in folder.jobs():
        losses.setdefault(job.trial, []).append(job.run.read_json("metrics.json")["validation/loss"])
    assert study.direction.name == "MINIMIZE" and len(study.trials) == 3
    assert [trial.value for trial in study.trials] == [pytest.approx(statistics.mean(losses[n])) for n in range(3)]
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/*/metrics.json")}
    again = sweep(*words, "monitor=validation/loss", "sweep.objective=validation/loss", "sweep.direction=minimize")
    assert again.status == 0 and "(3 done already)" in again.output
    assert {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/*/metrics.json")} == before and len(before) == 6
    assert call("report", folder.path).status == 0


@pytest.mark.parametrize("value", [None, float("inf")])
def test_a_trial_whose_score_is_not_a_number_fails(tmp_path, value, capsys):
    drawn = iter([0.5, value, 0.7, 0.4, 0.3, 0.2])
    jobs = run(search_in(tmp_path, "tpe", NUMBERS), lambda job: {SCORE: next(drawn)})
    study = study_of(tmp_path / "sweep")
    assert [trial.state for trial in study.trials] == [
        TrialState.FAIL if number == 1 else TrialState.COMPLETE for number in range(TRIALS)
    ]
    assert study.best_value == 0.7
    assert f"trial 1 failed: {SCORE} is not a number ({jobs[1].run.path})" in capsys.readouterr().out


def test_the_pruner_is_told_the_best_number(tmp_path):
    search = search_in(tmp_path, "random", [*NUMBERS, "trainer.max_epochs=4"], pruner="median")
    callback = Pruning(SweepFolder(tmp_path / "sweep"), search.next())
    for epoch, value in enumerate([math.nan, 0.5, math.inf, 0.75]):
        state = SimpleNamespace(fn="fit")
        scores = {SCORE: value}
        callback.on_validation_end(
            SimpleNamespace(state=state, callback_metrics=scores, current_epoch=epoch, max_epochs=4), None
        )
    (trial,) = study_of(tmp_path / "sweep").trials
    assert trial.intermediate_values == pytest.approx({1: math.nan, 2: 0.5, 3: 0.5, 4: 0.75}, nan_ok=True)


@pytest.mark.parametrize("seeds", [None, [1, 2]])
def test_a_study_names_its_objective_and_each_trial_its_runs(tmp_path, seeds):
    search = search_in(tmp_path, "random", seeds=seeds)
    jobs = run(search, lambda job: {SCORE: job.number / 10})
    study = optuna.load_study(
        study_name="sweep", storage=JournalStorage(JournalFileBackend(str(tmp_path / "sweep/study.log")))
    )
    assert study.metric_names == [SCORE]
    for trial in study.get_trials(states=[TrialState.COMPLETE]):
        own = [job for job in jobs if job.trial == trial.number]
        expected = {
            "run": [str(job.run.path) for job in own],
            "seed": [job.config["seed"] for job in own],
            "scores": [{SCORE: job.number / 10} for job in own],
        }
        attributes = {key: trial.user_attrs[key] for key in expected}
        assert attributes == (expected if seeds else {key: value for key, (value,) in expected.items()})
    assert len(study.trials) == TRIALS


def test_a_failed_trial_keeps_its_reason_for_optuna_and_the_report(tmp_path, monkeypatch):
    search = search_in(tmp_path, "random", trials=3)
    raised, undefined = search.next(), search.next()
    end(raised.config, "failed", error="ValueError: no [such] luck\nand more")
    search.ended(raised, "failed")
    finish(undefined.config, {SCORE: None})
    search.ended(undefined, "done")
    monkeypatch.setattr(Expansion, "config", lambda *_: (_ for _ in ()).throw(UserError("the file is gone")))
    assert search.next() is None and search.over
    expected = [
        "ValueError: no [such] luck\nand more",
        f"{SCORE} is not a number ({undefined.run.path})",
        "cannot be run: the file is gone",
    ]
    trials = study_of(tmp_path / "sweep").get_trials()
    assert [trial.user_attrs["error"] for trial in trials] == expected
    assert [trial.user_attrs.get("run") for trial in trials] == [str(raised.run.path), str(undefined.run.path), None]
    lines = [line for line in call("report", tmp_path / "sweep").output.splitlines() if line.startswith("failed: ")]
    assert [line.count(error.partition("\n")[0]) for line, error in zip(lines, expected, strict=True)] == [1, 1, 1]
    written = (tmp_path / "sweep/results.md").read_text()
    assert all(literal(error.partition("\n")[0]) in written for error in expected)
