"""The DataFrame of a report: against NumPy's statistics, and against results.csv as pandas reads it."""

import io
import math

import numpy as np
import pandas
import pytest

import tunesmith
from tests.sweeps.made import config_of, end, finish
from tunesmith.documents.comma_separated import as_csv
from tunesmith.documents.document import Score, Table
from tunesmith.report.data_frame import _as_frame

SCORE = "validation/accuracy"
VALUES = {"1e-3": [0.5, 0.75, 0.875], "2e-3": [0.9, 0.1, 0.2], "1e-2": [0.25]}


@pytest.fixture
def runs(tmp_path):
    for rate, values in VALUES.items():
        for seed, value in enumerate(values):
            config = config_of(f"output_dir={tmp_path}", f"optimizer.lr={rate}", f"seed={seed}")
            finish(config, {SCORE: value, "test/f1": None if rate == "2e-3" else value / 2}, seconds=seed + 1)
    end(config_of(f"output_dir={tmp_path}", "optimizer.lr=3e-3"), "failed")
    return tmp_path


def test_a_row_for_each_configuration_the_best_first(runs):
    frame = tunesmith.report(runs)
    assert list(frame["optimizer.lr"]) == [0.001, 0.002, 0.01, 0.003]
    assert list(frame["seeds"]) == [3, 3, 1, 0]
    assert list(frame["states"]) == ["3 done", "3 done", "1 done", "1 failed"]
    for row, values in zip(frame.to_dict("records"), VALUES.values(), strict=False):
        assert row[SCORE] == pytest.approx(np.mean(values), abs=1e-15)
        deviation = np.std(values, ddof=1) if len(values) > 1 else math.nan
        assert row[f"{SCORE} std"] == pytest.approx(deviation, abs=1e-15, nan_ok=True)
        assert row["seconds"] == np.mean(range(1, len(values) + 1))
        assert len(row["runs"].split(" ")) == len(values)
    assert np.isnan(frame["test/f1"]).tolist() == [False, True, False, True]
    assert np.isnan(frame[SCORE]).tolist() == [False, False, False, True]
    numeric = [SCORE, f"{SCORE} std", "test/f1", "test/f1 std", "seconds", "optimizer.lr"]
    assert all(frame[name].dtype == "float64" for name in numeric)


def test_runs_that_cannot_be_read_are_named(runs):
    file = next(runs.rglob("config.yaml"))
    file.write_text("- no config")
    with pytest.warns(UserWarning, match=f"damaged: .*{file.parent.name}.*; it is in no row"):
        frame = tunesmith.report(str(runs))
    assert frame["seeds"].sum() == 6


def test_no_run_with_scores(tmp_path):
    end(config_of(f"output_dir={tmp_path}"), "failed")
    (row,) = tunesmith.report(tmp_path).to_dict("records")
    assert (row["seeds"], row["states"]) == (0, "1 failed") and math.isnan(row["seconds"])


@pytest.mark.parametrize(
    "texts,expected",
    [
        (["1e-4", "0.001"], [1e-4, 1e-3]),
        (["-3", "0"], [-3, 0]),
        ([".5", "1."], [0.5, 1.0]),
        (["007", "8"], ["007", "8"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["1", "-"], ["1", "-"]),
        (["nan", "1"], ["nan", "1"]),
        (["", "1"], ["", "1"]),
        ([".", "1"], [".", "1"]),
        (["e5", "1"], ["e5", "1"]),
        (["٣", "1"], ["٣", "1"]),
        (["12345678901234567890", "1"], [12345678901234567890.0, 1.0]),
        (["True", "False"], ["True", "False"]),
    ],
)
def test_settings_are_numbers_if_all_are(texts, expected):
    frame = _as_frame(Table("t", "T", ["key", "data test"], [[text, "1234e567"] for text in texts]), settings=2)
    assert frame["key"].tolist() == expected
    assert frame["data test"].tolist() == ["1234e567"] * 2  # a digest


def test_the_numbers_are_those_of_the_csv():
    rows = [["a", 2, Score(1 / 3, 0.1), 1.5], ["b", 1, Score(math.nan), None], ["=c", 0, None, None]]
    table = Table("t", "T", ["name", "seeds", "f1", "seconds"], rows)
    frame = _as_frame(table, settings=1)
    read = pandas.read_csv(io.StringIO(as_csv(table)))
    assert list(frame) == list(read) == ["name", "seeds", "f1", "f1 std", "seconds"]
    assert frame["name"].tolist() == ["a", "b", "=c"]  # the apostrophe is for spreadsheets
    pandas.testing.assert_frame_equal(frame.drop(columns="name"), read.drop(columns="name"))
