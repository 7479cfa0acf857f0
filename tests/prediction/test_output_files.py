"""Predictions as files that pandas, Python's csv and this package's sources read back."""

import csv
import json

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.encoding.labels import Labels
from tunesmith.data.sources.delimited import Tables
from tunesmith.errors import UserError
from tunesmith.prediction.output_files import checked_ending, opened

RESULT = {"prediction": "good", "probabilities": {"bad": 0.25, "good": 0.75}}


def write(file, rows, results):
    with opened(str(file), text="text", width=2) as append:
        append(rows[:2], results[:2])  # chunks
        if rows[2:]:
            append(rows[2:], results[2:])
    return file


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)] * 2),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["csv", "tsv"]),
)
def test_tables_are_read_back(tmp_path_factory, cells, ending):
    rows = [{"text": text, "note": note} for text, note in cells]
    file = write(tmp_path_factory.mktemp("out") / f"a.{ending}", rows, [RESULT] * len(rows))
    with file.open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream, delimiter="," if ending == "csv" else "\t"))
    result = {"prediction": "good", "probability_bad": "0.25", "probability_good": "0.75"}
    assert found == [row | result for row in rows]
    tables = Tables(encoding=None, delimiter=None, quoting="minimal")
    assert [record for _, record in tables.rows(file)] == found
    frame = pandas.read_csv(
        file, sep="," if ending == "csv" else "\t", dtype=str, keep_default_na=False, lineterminator=None
    )
    assert list(frame.columns) == list(found[0])


def test_every_column_is_kept(tmp_path):
    rows = [{"text": "a", "id": 1}, {"id": 2, "text": "b", "source": "web"}, {"text": "c"}]
    found = pandas.read_csv(write(tmp_path / "a.csv", rows, [RESULT] * 3))
    assert list(found.columns) == ["text", "id", "source", "prediction", "probability_bad", "probability_good"]
    assert found["source"].fillna("").tolist() == ["", "web", ""]
    with pytest.raises(UserError, match=r"a later row of the input has the column date, .* output=FILE\.jsonl"):
        write(tmp_path / "b.csv", [*rows, {"text": "d", "date": "today"}], [RESULT] * 4)
    assert not list(tmp_path.glob("b.csv*"))
    lines = write(tmp_path / "b.jsonl", [*rows, {"text": "d", "date": "today"}], [RESULT] * 4).read_text().splitlines()
    assert json.loads(lines[3]) == {"text": "d", "date": "today"} | RESULT


def test_a_column_with_the_name_of_a_result_is_kept(tmp_path):
    rows = [{"text": "a", "prediction": "old", "probability_bad": "1"}]
    (line,) = write(tmp_path / "a.jsonl", rows, [RESULT]).read_text().splitlines()
    assert json.loads(line) == {"text": "a", "input_prediction": "old", "probability_bad": "1"} | RESULT
    (row,) = csv.DictReader(write(tmp_path / "a.csv", rows, [RESULT]).read_text().splitlines())
    assert (row["input_prediction"], row["prediction"]) == ("old", "good")
    assert (row["input_probability_bad"], row["probability_bad"]) == ("1", "0.25")
    for ending in ("jsonl", "csv"):
        with pytest.raises(
            UserError, match="columns prediction have the names of results, and input_prediction is a column"
        ):
            write(tmp_path / f"b.{ending}", [{"text": "a", "prediction": "", "input_prediction": ""}], [RESULT])


@pytest.mark.parametrize(
    "value,cell",
    [
        (["New", "York"], "New York"),
        (["New York", "is"], '["New York", "is"]'),  # joined, it could not be told from three words
        ([], ""),
        ([""], '[""]'),
        ([1, 2], "[1, 2]"),
        ({"a": "é"}, '{"a": "é"}'),
        (None, ""),
    ],
)
def test_lists_in_cells(tmp_path, value, cell):
    (row,) = csv.DictReader(
        write(tmp_path / "a.csv", [{"text": value}], [{"prediction": ["a,b"]}]).read_text().splitlines()
    )
    assert row == {"text": cell, "prediction": '["a,b"]'}


NAMES = st.text(
    st.sampled_from("abc,;| '\"[](){}\\\té1") | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(NAMES.map(str.strip).filter(bool), min_size=2, max_size=4, unique=True),
    st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=4),
    st.sampled_from(["csv", "tsv"]),
)
def test_several_labels_are_read_back_as_a_dataset(tmp_path_factory, names, rows, ending):
    """Through the file, then the source and the labels that a next run has."""
    chosen = [[name for name, on in zip(names, row, strict=False) if on] for row in rows]
    results = [{"prediction": labels, "probabilities": dict.fromkeys(names, 0.5)} for labels in chosen]
    file = write(tmp_path_factory.mktemp("out") / f"a.{ending}", [{"text": "a"}] * len(rows), results)
    cells = [row["prediction"] for _, row in Tables(encoding=None, delimiter=None, quoting="minimal").rows(file)]
    for given_names in ((), tuple(names)):
        labels = Labels("multi_label", tuple(names), given_names)
        found = [labels.decode(labels.encode(cell)) for cell in cells]
        assert [sorted(row) for row in found] == [sorted(row) for row in chosen]
    assert len({cell.startswith("[") for cell in cells if cell}) <= 1 or any(name[0] == "[" for name in names)


@pytest.mark.parametrize("name", ["x.xlsx", "x.xls", "x.feather", "x.jsonl.gz", "x.txt", "x.pt"])
def test_other_endings_are_refused(name):
    with pytest.raises(UserError, match=r"not written as .*; expected a file that ends in \.jsonl .*\.csv, \.tsv"):
        checked_ending(name)
