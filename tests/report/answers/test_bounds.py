"""Bounds of a search as they were typed, in the space or on the command line; never more than what is known."""

import time

import pytest

from tunesmith.report.answers.bounds import Bound, abridged, bounds
from tunesmith.storage import files
from tunesmith.sweeps.folder import SweepFolder


def folder(tmp_path, jobs, *, command="tunesmith train -m", varied=None, **settings):
    keys = varied or list(dict.fromkeys(key for job in jobs for key in job))
    entries = [{"number": number, "run": f"runs/{number}", "overrides": job} for number, job in enumerate(jobs, 1)]
    content = {"identity": "x", "directory": "/", "varied": keys, "jobs": entries, "command": command}
    (tmp_path / "sweep.json").write_text(files.as_json(content | {"settings": settings}))
    return SweepFolder(tmp_path)


@pytest.mark.parametrize(
    "typed,value,values,kind",
    [
        ("tag(log, interval(1e-6,1e-4))", "3e-05", "1e-06 to 0.0001", "interval, logarithmic scale"),
        ("interval(0.1,0.5)", "0.2", "0.1 to 0.5", "interval, linear scale"),
        ("int(interval(1,8))", "3", "1 to 8", "whole numbers, linear scale"),
        ("1e-5,3e-5", "3e-05", "1e-05, 3e-05", "choices"),
        ("choice(1e-5,3e-5)", "1e-05", "1e-05, 3e-05", "choices"),
        ("range(1,4)", "2", "1, 2, 3", "range, linear scale"),
        ("range(0,100,5)", "15", "0 to 95 in steps of 5", "range of 20 values, linear scale"),
        ([1e-5, None], "null", "1e-05, null", "choices"),
    ],
)
def test_every_kind_of_the_space(tmp_path, typed, value, values, kind):
    found = bounds(folder(tmp_path, [{"optimizer.lr": value}], space={"optimizer.lr": typed}))
    assert found == [Bound("optimizer.lr", values, kind, 1, True)]


def test_the_command_line_overrides_the_space_and_nested_keys_are_found(tmp_path):
    jobs = [{"optimizer.lr": "2e-5", "dataset": "sst2", "seed": "1"}]
    command = "tunesmith train -m sweep=tpe 'optimizer.lr=interval(1e-5,5e-5)' dataset=sst2,rte sweep.trials=4"
    space = {"optimizer": {"lr": "1e-5,2e-5"}, "dataset": ["cola", "sst2"]}
    found = {bound.key: bound.values for bound in bounds(folder(tmp_path, jobs, command=command, space=space))}
    assert found == {"optimizer.lr": "1e-05 to 5e-05", "dataset": "sst2, rte"}  # without the seed


def test_a_list_of_regularizers_is_one_value(tmp_path):
    space = {"regularization": "[standard], [standard,rdrop]"}
    (found,) = bounds(folder(tmp_path, [{"regularization": "[standard,rdrop]"}], space=space))
    assert found.recorded and found.values == "[standard], [standard,rdrop]"


@pytest.mark.parametrize(
    "command,space",
    [
        ("tunesmith train -m", {}),
        ("tunesmith train -m 'unclosed", {}),
        ("tunesmith train -m optimizer.lr=1e-3,2e-3", {}),  # of another call: no job has these values
        ("tunesmith train -m 'optimizer.lr=interval(5e-1,6e-1)'", {}),
        ("tunesmith train -m", {"optimizer.lr": "interval(,)"}),
        ("tunesmith train -m", {"optimizer.lr": []}),
        ("tunesmith train -m", "damaged"),
        ("tunesmith train -m 'optimizer.lr=glob(*)'", {}),
    ],
)
def test_what_is_not_known_is_said_with_the_values_of_the_runs(tmp_path, command, space):
    jobs = [{"optimizer.lr": value} for value in ("1e-5", "3e-5", "1e-5")]
    (found,) = bounds(folder(tmp_path, jobs, command=command, space=space))
    assert found == Bound("optimizer.lr", "1e-5, 3e-5", "bounds not recorded; the values of its runs", 2, False)


def test_no_settings_and_no_jobs(tmp_path):
    (found,) = bounds(folder(tmp_path, [], varied=["optimizer.lr"]))
    assert found.values == "" and found.tried == 0 and not found.recorded


def test_many_values_are_abridged():
    assert abridged(["1", "2"]) == "1, 2"
    assert abridged([f"{number}e-5" for number in range(20, 0, -1)]) == "20 values from 1e-5 to 20e-5"
    assert abridged([f"model-{number}" for number in range(14)]).endswith("model-7 and 2 more")


def test_a_space_that_the_command_line_overrides_in_a_way_that_cannot_be_read_is_not_claimed(tmp_path):
    command = "tunesmith train -m 'head=glob(*)'"
    (found,) = bounds(folder(tmp_path, [{"head": "crf"}], command=command, space={"head": "crf,linear"}))
    assert not found.recorded and found.values == "crf"


def test_a_command_that_nobody_types_takes_no_time(tmp_path):
    started = time.monotonic()
    (found,) = bounds(folder(tmp_path, [{"lr": "1"}], command="x" * 3_000_000))
    assert time.monotonic() - started < 5 and not found.recorded
