"""Histories as the run's own logger writes them, as resumed runs leave them, and damaged in every way."""

import random
import time

import numpy as np
import pytest

from tests.storage import damages
from tests.sweeps.made import config_of, finish
from tunesmith.loggers.csv import CsvHistory
from tunesmith.report.history import FILE, read

NAMES = ["train/loss", "validation/f1"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def written(folder, text, **options):
    (folder / FILE).write_text(text, encoding="utf-8")
    return read(folder, NAMES, completed=False, **options)


def listed(history):
    return {name: list(zip(c.steps.tolist(), c.values.tolist(), strict=True)) for name, c in history.columns.items()}


def test_what_the_logger_has_written_is_read_back(folder):
    logger = CsvHistory(folder / FILE)
    for step in (2, 4, 6):
        logger.log_metrics({"train/loss": 1 / step, "epoch": 0.0}, step=step)
    logger.log_metrics({"validation/f1": 0.1 + 0.2, "epoch": 1.0}, step=6)
    logger.save()
    history = read(folder, [*NAMES, "validation/absent"], completed=False)
    assert listed(history) == {"train/loss": [(2, 1 / 2), (4, 1 / 4), (6, 1 / 6)], "validation/f1": [(6, 0.1 + 0.2)]}
    assert not history.problem


def test_a_score_that_is_not_a_number_is_kept_apart_from_one_that_was_not_logged(folder):
    history = written(folder, "step,epoch,train/loss,validation/f1\n1,0,nan,\n2,0,inf,0.5\n")
    assert history.columns["train/loss"].steps.tolist() == [1, 2]
    np.testing.assert_array_equal(history.columns["train/loss"].values, [np.nan, np.inf])
    assert listed(history)["validation/f1"] == [(2, 0.5)]


def test_rows_that_a_resumed_run_logged_again_replace_the_earlier_ones(folder):
    text = "step,train/loss,validation/f1\n1,9,\n2,8,0.1\n3,7,\n4,6,0.2\n2,5,0.3\n3,4,\n"
    assert listed(written(folder, text)) == {
        "train/loss": [(1, 9.0), (2, 5.0), (3, 4.0)],  # step 4 was abandoned
        "validation/f1": [(2, 0.3)],
    }


def test_two_rows_of_one_step_keep_what_only_the_first_has(folder):
    assert listed(written(folder, "step,train/loss,validation/f1\n1,9,0.1\n1,8,\n")) == {
        "train/loss": [(1, 8.0)],
        "validation/f1": [(1, 0.1)],
    }


def test_the_unfinished_last_row_of_a_running_run_is_left_out(folder):
    assert listed(written(folder, "step,train/loss\n1,0.5\n2,0.2")) == {"train/loss": [(1, 0.5)]}


def test_a_file_with_a_heading_only_has_no_columns(folder):
    history = written(folder, "step,epoch,train/loss\n")
    assert history.columns == {} and not history.problem


@pytest.mark.parametrize(
    "text,problem",
    [
        ("", "no column named step"),
        ("a,b\n1,2\n", "no column named step"),
        ("step,train/loss\n1,much\n", "could not convert string to float: 'much'"),
        ("step,train/loss\none,1\n", "invalid literal"),
        ("step,train/loss\n1,2,3\n", "its rows differ in length"),
        ("step,train/loss,train/loss\n1,2,3\n", "two of its columns have the same name"),
        (f"step,train/loss\n{10**30},1\n", "damaged"),
    ],
)
def test_a_damaged_file_is_named_and_gives_nothing(folder, text, problem):
    history = written(folder, text)
    assert history.columns == {} and problem in history.problem and str(folder / FILE) in history.problem


def test_a_missing_file_is_named(folder):
    assert read(folder / "absent", NAMES, completed=False).problem == f"{folder / 'absent' / FILE} does not exist"


@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("completed", [True, False])
def test_damage_never_raises_and_is_found_in_a_completed_run(tmp_path, damage, completed):
    run = finish(config_of(f"output_dir={tmp_path}"), {"validation/f1": 0.5})
    run.write_text(FILE, "step,train/loss,validation/f1\n1,0.5,\n2,0.25,0.75\n")
    assert listed(read(run.path, NAMES, completed=completed))["validation/f1"] == [(2, 0.75)]
    for seed in range(20):
        damage(run.path / FILE, random.Random(seed))
        history = read(run.path, NAMES, completed=completed)
        if completed:
            assert history.columns == {} and FILE in history.problem
        if (run.path / FILE).is_dir():
            return
        (run.path / FILE).write_text("step,train/loss,validation/f1\n1,0.5,\n2,0.25,0.75\n")


def test_a_thousand_histories_take_about_a_second(folder):
    rows = "".join(f"{10 * step},0.0,{1 / step}{',' * 25}\n" for step in range(1, 101))
    (folder / FILE).write_text("step,epoch,train/loss" + "".join(f",validation/{n}" for n in range(25)) + "\n" + rows)
    start = time.process_time()
    for _ in range(1000):
        read(folder, ["train/loss", "validation/1"], completed=False)
    assert time.process_time() - start < 4  # about a second on an idle machine
