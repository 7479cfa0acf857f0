"""Opening a dataset: mistakes of files first, then of rows; what the source noticed is part of the survey."""

import json

import pytest

from tests.conftest import write_csv
from tunesmith.configuration.compose import compose
from tunesmith.data.survey.survey import from_the_hub, mistakes_in, no_rows, surveyed
from tunesmith.errors import UserError

ROWS = [("fine", "good"), ("dull", "bad")] * 10


def dataset(*words):
    return compose([*words])["dataset"]


def test_rows_are_checked_after_files(tmp_path):
    file = write_csv(tmp_path / "train.csv", ROWS)
    node = dataset("dataset=csv", f"dataset.train={file}")
    found = surveyed(node)
    assert found.survey.rows == {"train": 18, "validation": 2} and found.task.label_names == ("bad", "good")
    assert found.source.splits == ("train", "validation") and mistakes_in(node) == []
    wrong = dataset("dataset=csv", f"dataset.train={file}", "dataset.label=stars", "dataset.text=txt")
    expected = [
        f"{file} has no column txt; its columns are text, label; did you mean text?",
        f"{file} has no column stars; its columns are text, label",
    ]
    with pytest.raises(UserError) as caught:
        surveyed(wrong)
    assert caught.value.mistakes == mistakes_in(wrong) == expected


def test_a_task_with_labels_is_kept(tmp_path):
    node = dataset("dataset=csv", f"dataset.train={write_csv(tmp_path / 'a.csv', ROWS)}")
    task = surveyed(node).task
    task.restore({"labels": ["good", "bad", "odd"]})
    again = surveyed(node, task=task)
    assert again.task is task and task.label_names == ("good", "bad", "odd")


def test_what_the_source_noticed_is_added(tmp_path):
    rows = "".join(f"text {n}\t{n // 2 % 2}\n" for n in range(20))
    (tmp_path / "a.tsv").write_text('text\tlabel\n"open\t1\n' + rows)
    (tmp_path / "b.csv").write_text('text,label\n"a\nb",1\nc,0\nd,1\n')
    found = surveyed(dataset("dataset=csv", f"dataset.train={tmp_path}/a.tsv", f"dataset.test={tmp_path}/b.csv")).survey
    assert found.notes["cells with a line break"]["test"] == 1 and "empty texts" in found.notes
    assert len(found.warnings) == 1 and "a cell begins with a quote" in found.warnings[0]
    (tmp_path / "c.jsonl").write_text(
        "".join(json.dumps({"text": str(n), "label": n // 2 % 2}) + "\n" for n in range(20))
    )
    plain = surveyed(dataset("dataset=jsonl", f"dataset.train={tmp_path}/c.jsonl")).survey  # a source without notes
    assert list(plain.notes) == ["empty texts"] and plain.warnings == []


def test_a_dataset_of_the_hub_is_not_downloaded_to_be_checked(tmp_path):
    node = dataset("dataset=sst2")
    assert from_the_hub(node) and mistakes_in(node) == []
    assert not from_the_hub(node | {"path": str(tmp_path)})
    assert not from_the_hub(dataset("dataset=demo_reviews"))
    # A folder is read, and has to be a dataset.
    (mistake,) = mistakes_in(node | {"path": str(tmp_path)})
    assert str(tmp_path) in mistake and "cannot be loaded" in mistake


def test_an_empty_split_is_named():
    assert no_rows("test").startswith("the test split has no rows; ")
