"""The runs of a sweep are not shown, or resumed, with data that has changed since; the reference is the bytes of the files."""

import shutil

import pytest

from tests.conftest import TINY, write_csv
from tests.sweeps.made import call, end, finish
from tunesmith.configuration.compose import compose
from tunesmith.configuration.targets import build_part
from tunesmith.data.sources import files
from tunesmith.errors import UserError
from tunesmith.sweeps.data_check import check_data
from tunesmith.sweeps.job import Job

WORDS = [word for word in TINY if "size" not in word] + ["dataset=csv", "dataset.train=train.csv"]
ROWS = [("a fine film", "good"), ("a dull film", "bad")] * 10


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A second folder with other data under the same relative path; the working folder is the first."""
    for name in ("here", "elsewhere"):
        (tmp_path / name).mkdir()
        write_csv(tmp_path / name / "train.csv", [*ROWS, (name, "good")])
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "elsewhere"


@pytest.mark.parametrize("words", [["seed=1,2"], ["sweep=random", "sweep.trials=2", "optimizer.lr=1e-3,1e-4"]])
def test_a_sweep_in_another_folder_does_not_show_the_old_scores(elsewhere, monkeypatch, words):
    words = [*WORDS, "trainer.max_steps=1", f"output_dir={elsewhere.parent}/runs", *words]
    assert call("train", "-m", *words).status == 0
    again = call("train", "-m", *words)
    assert again.status == 0 and "2 done already" in again.output
    monkeypatch.chdir(elsewhere)
    for command in ("check", "train"):
        refused = call(command, "-m", *words)
        assert refused.status == 2 and refused.errors.count("\n") == 1 and "0.5" not in refused.output
        changed = "trained on different data: dataset.train, dataset.validation has changed since; set name=..."
        assert changed in refused.errors and f"{elsewhere.parent}/runs/csv_random_bert/" in refused.errors
    assert call("train", "-m", *words, "name=other").status == 0
    shutil.copy(elsewhere.parent / "here/train.csv", elsewhere / "train.csv")
    assert call("train", "-m", *words).status == 0


def jobs_of(count):
    """Completed jobs that recorded the present data."""
    composed = compose([*WORDS, "output_dir=runs"])
    jobs = [Job(seed, composed | {"seed": seed}, {}) for seed in range(1, count + 1)]
    fingerprint = build_part(composed["dataset"], "source").fingerprint("train")
    for job in jobs:
        run = finish(job.config, {"validation/accuracy": 0.5})
        run.write_json("manifest.json", {"data": {"fingerprints": {"train": fingerprint}}})
    return jobs


def test_a_file_of_many_jobs_is_read_once(elsewhere, monkeypatch):
    jobs, read = jobs_of(50), []
    monkeypatch.setattr(files, "digest", lambda file, digest=files.digest: read.append(file) or digest(file))
    check_data(jobs)
    assert len(read) == 1
    write_csv(elsewhere.parent / "here/train.csv", ROWS)
    with pytest.raises(UserError, match=r"50 runs of this sweep .* dataset.train has changed .* and 47 more$"):
        check_data(jobs)


def test_an_interrupted_run_and_an_earlier_stage_are_checked_too(elsewhere):
    (job,) = jobs_of(1)
    job.run.set_state("interrupted")
    later = Job(2, compose(WORDS) | {"seed": 9}, {})
    later.config["backbone"]["after"] = job.config
    check_data([later])
    write_csv(elsewhere.parent / "here/train.csv", ROWS)
    for changed in (job, later):
        with pytest.raises(UserError, match=r"^a run of this sweep was trained on different data: dataset.train has"):
            check_data([changed])


def test_a_run_that_recorded_no_data_is_not_checked(elsewhere):
    config = compose(WORDS)
    end(config, "failed")
    check_data([Job(1, config, {})])
