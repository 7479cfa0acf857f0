"""Texts of validation and test that training has too, against pandas' merge."""

import pandas
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tasks.rows import Rows
from tunesmith import cli
from tunesmith.data.survey.overlap import Watched

ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "c ", " c", "d"]), st.sampled_from(["x", "y", None])), max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ROWS, ROWS, ROWS)
def test_rows_that_training_has_are_counted(train, validation, test):
    splits = {"train": train, "validation": validation, "test": test}
    watched = Watched(
        Rows(**{s: [dict(zip(("text", "pair"), row, strict=True)) for row in splits[s]] for s in splits}),
        ["text", "pair"],
    )
    for split, rows in splits.items():
        assert len(list(watched.rows(split))) == len(rows)
    list(zip(range(1), watched.rows("train"), strict=False))  # a pass that is not completed changes nothing
    frames = {
        s: pandas.DataFrame(rows, columns=["text", "pair"]).fillna("").map(str.strip) for s, rows in splits.items()
    }
    expected = {s: len(frames[s].merge(frames["train"].drop_duplicates())) for s in ("validation", "test")}
    assert watched.overlap() == ({"train": 0} | expected if any(expected.values()) else {})


def test_it_is_said(tmp_path, capsys):
    lines = [f"text {number},{'ab'[number % 2]}\n" for number in range(40)]
    for name, rows in (("train", lines[:30]), ("validation", lines[30:]), ("test", lines[28:])):
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "".join(rows))
    words = ["check", "dataset=csv", *(f"dataset.{s}={tmp_path}/{s}.csv" for s in ("train", "validation", "test"))]
    assert cli.run(words) == 0
    shown = capsys.readouterr().out
    assert "texts that train has too: 2 in test" in shown and "Warning" not in shown
    assert cli.run([word.replace("validation.csv", "train.csv") for word in words]) == 0
    assert "Warning: 30 of 30 examples of validation have a text that train has too" in capsys.readouterr().out
