"""All combinations, in the order of Hydra's BasicSweeper; every mistake before the first job."""

import pytest

from tests.conftest import TINY, composer
from tests.sweeps.made import call, end, finish
from tests.sweeps.test_space import FOLDERS, by_hydra
from tunesmith import cli
from tunesmith.errors import UserError
from tunesmith.sweeps.expansion import Expansion
from tunesmith.sweeps.grid import Grid, jobs_of
from tunesmith.sweeps.space import split
from tunesmith.training import outline


def expanded(*words):
    fixed, axes = split(words, {}, FOLDERS)
    return jobs_of(Expansion(composer(), fixed), axes)


def test_all_combinations_in_hydras_order():
    words = ["optimizer=adamw,sgd", "optimizer.lr=1e-3,1e-4,1e-5", "seed=range(1,3)"]
    jobs = expanded(*words)
    assert [[f"{key}={value}" for key, value in job.overrides.items()] for job in jobs] == by_hydra(*words)
    assert [job.number for job in jobs] == list(range(1, 13))
    assert len({job.run.path for job in jobs}) == 12


def test_one_combination_is_one_job():
    (job,) = expanded("seed=3")
    assert job.config["seed"] == 3 and job.name == "no overrides"


def test_the_17th_jobs_mistake_is_reported_before_the_first_job_starts(tmp_path):
    output = tmp_path / "runs"
    rates = [f"{number}e-5" for number in range(1, 21)]
    rates[16] = "fast"
    called = call("train", "-m", *TINY, f"output_dir={output}", f"optimizer.lr={','.join(rates)}")
    assert called.status == 2 and called.output == ""
    assert called.errors.startswith("tunesmith: job 17 (optimizer.lr=fast) of 20: optimizer.lr is 'fast'; expected")
    assert called.errors.count("\n") == 1
    assert not output.exists()


def test_all_mistakes_of_all_jobs_are_reported_together(tmp_path):
    called = call(
        *("check", "-m", *TINY, "head=classification,crf", "optimizer.lr=1,-1", "nothing=1"),
        *("optimizer.betas=[0.9,0.99],[0.9,0.99]", f"output_dir={tmp_path}"),
    )
    assert called.status == 2
    lines = called.errors.splitlines()[1:]
    assert "  - unknown key nothing" in lines  # in every job, so no job is listed
    assert any(
        "job 3 (" in line and "optimizer.lr=-1" in line and "3 more of 8: optimizer.lr" in line for line in lines
    )


def test_data_mistakes_are_reported_together(tmp_path):
    called = call("check", "-m", "dataset=csv", "dataset.validation=null", f"dataset.train={tmp_path}/a,{tmp_path}/b")
    assert called.status == 2 and called.errors.count(" is not a file") == 2


def test_each_different_model_is_built_without_weights(monkeypatch, capsys):
    built = []
    build = outline.module_without_weights
    monkeypatch.setattr(outline, "module_without_weights", lambda *given: built.append(given) or build(*given))
    words = ["check", "-m", "dataset.size=96", "regularization=[standard,lora]", "optimizer.lr=1e-4,1e-3", "seed=1,2"]
    assert cli.run([*words, "regularization.lora.target_modules=[query],[valeu]"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("no linear layer valeu; did you mean value?") == 1 and len(built) == 2
    assert cli.run([*words, "regularization.lora.r=4,8"]) == 0
    assert capsys.readouterr().out == "Settings and data are valid: 8 jobs.\n" and len(built) == 4


@pytest.mark.parametrize("words", [["seed=1,1"], ["optimizer.lr=1e-3,0.001"], ["trainer.accelerator=cpu,auto"]])
def test_duplicate_jobs_are_reported_and_skipped(words, capsys):
    (job,) = expanded(*words)
    assert job.number == 1
    assert capsys.readouterr().out == "1 of 2 jobs is a duplicate and is skipped\n"


def test_a_grid_rejects_intervals():
    with pytest.raises(UserError, match=r"optimizer\.lr: a grid needs values, not an interval; .*sweep=tpe"):
        expanded("optimizer.lr=interval(1e-5,1e-4)", "seed=1,2")


@pytest.mark.parametrize("retry_failed,expected", [(True, [2, 3, 4, 5]), (False, [3, 4, 5])])
def test_completed_jobs_are_skipped(tmp_path, retry_failed, expected):
    jobs = expanded("seed=range(1,6)", f"output_dir={tmp_path}")
    finish(jobs[0].config, {"validation/accuracy": 1.0})
    for job, state in zip(jobs[1:4], ("failed", "interrupted", "running"), strict=True):
        end(job.config, state)
    grid = Grid(jobs, retry_failed=retry_failed)
    taken = []
    while (job := grid.next()) is not None:
        taken.append(job.number)
    assert taken == expected and grid.over and grid.total == 5
    assert dict(grid.ended_before) == {"done": 1} | ({} if retry_failed else {"failed": 1})


def test_a_run_without_metrics_is_not_completed(tmp_path):
    jobs = expanded(f"output_dir={tmp_path}")
    end(jobs[0].config, "done")
    assert Grid(jobs, retry_failed=True).next() is jobs[0]


def test_a_busy_run_is_yielded_again(tmp_path):
    grid = Grid(expanded("seed=1,2", f"output_dir={tmp_path}"), retry_failed=True)
    first, second = grid.next(), grid.next()
    grid.ended(first, "busy")
    grid.ended(second, "failed")
    assert not grid.over and grid.next() is first and grid.next() is None
