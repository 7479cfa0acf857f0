"""What a survey of labelled texts refuses, counts and warns of; it accepts what the encoding accepts, and nothing else."""

import csv
import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from tunesmith.data.sources.csv import Csv
from tunesmith.data.sources.jsonl import Jsonl
from tunesmith.data.survey.printed import findings
from tunesmith.errors import UserError
from tunesmith.tasks.text_classification import TextClassification

fast = settings(max_examples=100, deadline=None, derandomize=True)
MESSY = (
    st.sampled_from(
        ["a", "b", " a ", "1", "1.0", "nan", "", " ", "a,b", "['a']", "['a' 'b']", "\ud800", True, 1, 0, 1.0]
    )
    | st.sampled_from([None, float("nan"), 1e400, [], ["a"], ["a", "b"], [0, 1], [1, 1], [None], [[1]], {}, {"a": 1}])
    | st.integers(-3, 3)
    | st.floats()
    | st.text(max_size=3)
)


def task(**options):
    defaults = {"text_pair": None, "problem": "single_label", "labels": None, "metrics": ["f1"], "average": None}
    return TextClassification(**(defaults | {"text": "text", "label": "label", "max_length": 8} | options))


def json_lines(folder, **splits):
    files = dict.fromkeys(("train", "validation", "test"))
    for split, labels in splits.items():
        files[split] = str(Path(folder) / f"{split}.jsonl")
        rows = [json.dumps({"text": f"text {number}", "label": label}) for number, label in enumerate(labels)]
        Path(files[split]).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Jsonl(**files, encoding=None)


def cells(folder, labels, **other):
    file = Path(folder) / "train.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label", *other])
        writer.writerows(zip((f"text {n}" for n in range(len(labels))), labels, *other.values(), strict=True))
    return Csv(train=str(file), validation=str(file), test=None, encoding=None, delimiter=None, quoting=None)


def mistakes(source, **options):
    with pytest.raises(UserError) as caught:
        task(**options).survey(source)
    return caught.value.mistakes


@fast
@given(
    st.lists(MESSY, min_size=2, max_size=6),
    st.lists(MESSY, min_size=1, max_size=3),
    st.sampled_from(["single_label", "multi_label", "regression"]),
    st.sampled_from([None, ["a", "b"], ["x", "1", "2"]]),
)
def test_what_a_survey_accepts_can_be_encoded(train, test, problem, names):
    """And what it refuses has a message; the counts are those of the encoded targets."""
    with tempfile.TemporaryDirectory() as folder:
        source = json_lines(folder, train=train, validation=train, test=test)
        surveyed = task(problem=problem, labels=names)
        try:
            found = surveyed.survey(source)
        except UserError as error:
            assert all(mistake and len(mistake) < 500 for mistake in error.mistakes)
            return
        for split, values in (("train", train), ("test", test)):
            targets = [surveyed.labels.encode(value) for value in values]
            if problem == "single_label":
                expected = Counter(surveyed.label_names[target] for target in targets)
            elif problem == "multi_label":
                sums = map(sum, zip(*targets, strict=True))
                expected = Counter(dict(zip(surveyed.label_names, map(int, sums), strict=True)))
            else:
                continue
            assert list(found.counts[split]) == list(surveyed.label_names)
            assert Counter(found.counts[split]) == expected
        for line in findings(found):
            assert line.encode()


@fast
@given(
    st.lists(st.sampled_from(["a", "b", 1, 1.0, "nan", True]), min_size=2),
    st.sampled_from([None, ["a", "b", "nan", "1"]]),
)
def test_labels_that_are_right_are_accepted(values, names):
    with tempfile.TemporaryDirectory() as folder:
        source = json_lines(folder, train=values, validation=values)
        distinct = {"1" if value is not True and value == 1 else str(value) for value in values}
        wrong = len(distinct) < 2 if names is None else not distinct <= set(names)
        try:
            task(labels=names).survey(source)
            assert not wrong
        except UserError:
            assert wrong


def test_an_unseen_number_is_no_index(tmp_path):
    source = json_lines(tmp_path, train=[1, 2, 3] * 5, validation=[1, 2, 3], test=[3, 0])
    assert mistakes(source) == [
        f"{tmp_path / 'test.jsonl'}, line 2: label '0' is not one of 1, 2, 3; the training split has no such label"
    ]


def test_every_kind_of_wrong_label_is_reported_with_its_line(tmp_path):
    source = json_lines(tmp_path, train=["a", "b", {"c": 1}, ["a"], None, " "], validation=["a", "b"])
    found = "\n".join(mistakes(source))
    for line, what in ((3, "is an object"), (4, "is a list"), (5, "no label"), (6, "no label")):
        assert f"line {line}: " in found
        assert what in found.partition(f"line {line}: ")[2].partition("\n")[0]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("value", ["nan", "1_0", True, 1e39, [1.0], "x"])
def test_targets_that_are_not_finite_are_refused_in_every_split(tmp_path, split, value):
    splits = {name: [1.0, 2, "3"] for name in ("train", "validation", "test")}
    splits[split].append(value)
    (found,) = mistakes(json_lines(tmp_path, **splits), problem="regression", metrics=["pearson"])
    assert found.startswith(f"{tmp_path / split}.jsonl, line 4: label ")
    assert found.endswith("is not a finite number")


class Rows:
    """Rows as a dataset of the hub has them: their numbers may be NaN, which JSON lines refuse."""

    def __init__(self, **splits):
        self.splits, self._labels = list(splits), splits

    def rows(self, split):
        for number, label in enumerate(self._labels[split], start=1):
            yield number, {"text": f"text {number}", "label": label}

    def where(self, split, row):
        return f"{split}, row {row}"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite(value):
    (label,) = mistakes(Rows(train=["a", "b", value], validation=["a"]))
    assert label.startswith("train, row 3: ") and "is not finite" in label
    (target,) = mistakes(Rows(train=[1.0, 2.0, value], test=[1.0]), problem="regression", metrics=["pearson"])
    assert target.startswith("train, row 3: label ") and target.endswith("is not a finite number")


def test_a_constant_target_is_warned_of(tmp_path):
    source = json_lines(tmp_path, train=[3, 3.0, "3"], validation=[1, 2], test=[5])
    assert task(problem="regression", metrics=["pearson"]).survey(source).warnings == [
        "every target of train is 3, so there is nothing to learn",
        "every target of test is 5, so its correlations are not defined",
    ]


def test_lists_in_cells_and_empty_cells(tmp_path):
    rows = [["a", "b"], ["b"], [], ["c", "a"], [], ["a"], ["c"]]
    source = cells(tmp_path, ["['a', 'b']", '["b"]', "", "c;a", "[]", "a", "('c',)"])
    surveyed = task(problem="multi_label")
    found = surveyed.survey(source)
    assert surveyed.label_names == ("a", "b", "c")
    assert [surveyed.labels.encode(row["label"]) for _, row in source.rows("train")] == MultiLabelBinarizer(
        classes=["a", "b", "c"]
    ).fit_transform(rows).tolist()
    assert found.notes["examples without a label"] == {"train": 2, "validation": 2}
    assert found.counts["train"] == {"a": 3, "b": 2, "c": 2}


def test_multi_hot_rows_need_names(tmp_path):
    rows = [[0, 0, 0], [1, 0, 1], [0, 1, 0]]
    source = json_lines(tmp_path, train=rows, validation=rows)
    (found,) = mistakes(source, problem="multi_label")
    assert "line 1: label is [0, 0, 0], a 0 or 1 for each label; name the labels" in found
    surveyed = task(problem="multi_label", labels=["x", "y", "z"])
    assert surveyed.survey(source).counts["train"] == {"x": 1, "y": 1, "z": 1}
    assert [surveyed.labels.encode(row) for row in rows] == rows
    found = mistakes(source, problem="multi_label", labels=["x", "y"])
    assert "label [0, 0, 0] is not a 0 or 1 for each of the 2 names" in found[0]


def test_a_multi_hot_row_is_shown_with_its_own_line(tmp_path):
    source = json_lines(tmp_path, train=[[], ["a"], ["b"], "a,b;c"], validation=[["a"]], test=[["b"], [1, 1, 0]])
    (found,) = mistakes(source, problem="multi_label")
    assert found.startswith(f"{tmp_path / 'test.jsonl'}, line 2: label is [1, 1, 0], a 0 or 1 for each label")


def test_cells_that_cannot_be_read_are_the_only_mistakes(tmp_path):
    assert len(mistakes(cells(tmp_path, ["['a' 'b']"] * 3), problem="multi_label")) == 2  # of both splits


def test_lists_of_indices_are_no_multi_hot_rows(tmp_path):
    rows = [[0, 1], [2], [], [1, 0]]
    surveyed = task(problem="multi_label", labels=["x", "y", "z"])
    assert surveyed.survey(json_lines(tmp_path, train=rows, validation=rows)).counts["train"] == {
        "x": 2,
        "y": 2,
        "z": 1,
    }


def test_labels_that_are_probably_not_meant_are_warned_of(tmp_path):
    source = json_lines(tmp_path, train=["a", "b", "c"] * 3, validation=["a", "b"], test=["b", "b"])
    assert task(labels=["a", "b", "c", "d"]).survey(source).warnings == [
        "no training example has the label d of dataset.labels; check the names",
        "no example of validation has the label c",
        "all 2 examples of test have the label b, so its scores say nothing of other labels",
    ]


def test_a_split_of_one_label_is_warned_of(tmp_path):
    source = json_lines(tmp_path, train=["a", "a"], validation=["a"], test=["a", "b"])
    assert task(labels=["a", "b"]).survey(source).warnings == [
        "no training example has the label b of dataset.labels; check the names",
        "all 2 examples of train have the label a, so there is nothing to learn",
        "all 1 examples of validation have the label a, so its scores say nothing of other labels",
    ]
    several = [["a"], ["a", "b"]]
    found = task(problem="multi_label").survey(json_lines(tmp_path, train=several, validation=[["a"]], test=[["b"]]))
    assert found.warnings == ["no example of validation has the label b", "no example of test has the label a"]


@pytest.mark.parametrize(
    "pair",
    [("Good", "good"), ("1", "1.0"), ("7", "007"), ("é", "e\u0301"), ("a b", "a  b"), ("1", True), ("0.0", False)],
)
def test_labels_that_look_alike_are_warned_of(tmp_path, pair):
    found = task().survey(json_lines(tmp_path, train=[*pair, "other"], validation=[*pair, "other"]))
    assert len(found.warnings) == 1
    assert "are different labels, but look alike" in found.warnings[0]


def test_labels_that_differ_in_unicode_only_are_shown_as_escapes(tmp_path):
    labels = ["caf\u00e9", "cafe\u0301"]
    (warning,) = task().survey(json_lines(tmp_path, train=labels, validation=labels)).warnings
    assert warning.startswith(r"the labels cafe\u0301, caf\xe9 are different labels")


def test_labels_that_differ_on_the_screen_are_shown_as_they_are(tmp_path):
    labels = ["\u00c9t\u00e9", "\u00e9t\u00e9", "x"]
    (warning,) = task().survey(json_lines(tmp_path, train=labels, validation=labels)).warnings
    assert warning.startswith("the labels \u00c9t\u00e9, \u00e9t\u00e9 are different labels")


def test_labels_look_alike_in_any_split(tmp_path):
    found = task(labels=["Good", "bad"]).survey(Rows(test=["Good", "bad"], validation=["bad", "Good"]))
    assert found.warnings == []
    found = task(labels=["Good", "good"]).survey(Rows(test=["Good", "good"]))
    assert len(found.warnings) == 1


@pytest.mark.parametrize(
    ("labels", "train", "message"),
    [
        (None, ["a", "a"], "the training split has only one label (a); a classifier needs two or more"),
        (["b"], ["b", "b"], "dataset.labels has only one label (b); a classifier needs two or more"),
        (None, [[], []], "the training split has no label; a classifier needs two or more"),
    ],
)
def test_a_classifier_needs_two_labels(labels, train, message):
    problem = "multi_label" if train == [[], []] else "single_label"
    assert mistakes(Rows(train=train), labels=labels, problem=problem) == [message]


@pytest.mark.parametrize("wrong", [1, 5, 6, 9])
def test_the_first_wrong_rows_of_a_split_are_listed(wrong):
    good = ["a", "b"] * 4
    missing = mistakes(Rows(train=[*good, *[None] * wrong], test=good))
    expected = [f"train, row {row}: no label; fill the cell or drop the row" for row in range(9, 9 + wrong)]
    assert missing == expected[:5] + [f"... and {wrong - 5} more rows of train without label"] * (wrong > 5)
    unseen = mistakes(Rows(train=good, test=["a", *(f"x{number}" for number in range(wrong))]))
    expected = [f"test, row {number + 2}: label 'x{number}' is not one of a, b" for number in range(wrong)]
    expected = [f"{line}; the training split has no such label" for line in expected]
    assert unseen == expected[:5] + [f"... and {wrong - 5} more wrong labels in test"] * (wrong > 5)


def test_the_training_split_is_named_only_where_labels_are_learnt_from_it():
    rows = {"train": ["a", "b"], "test": ["c", {"d": 1}]}
    known, no_label = "test, row 1: label 'c' is not one of a, b", "test, row 2: label {'d': 1} is an object; expected"
    for labels, why in ((None, "; the training split has no such label"), (["a", "b"], "")):
        first, second = mistakes(Rows(**rows), labels=labels)
        assert first == known + why and second == f"{no_label} text or a number"


def test_two_numbers_for_each_of_two_labels(tmp_path):
    rows = [[0, 1], [0, 1], [1, 0]]
    source = json_lines(tmp_path, train=rows, validation=rows)
    assert task(problem="multi_label", labels=["x", "y"]).survey(source).counts["train"] == {"x": 1, "y": 2}
    (found,) = mistakes(source, problem="multi_label")
    assert "line 1: label is [0, 1], a 0 or 1 for each label; name the labels" in found


def test_only_several_labels_are_read_from_a_cell(tmp_path):
    surveyed = task()
    surveyed.survey(json_lines(tmp_path, train=["0,1,1", "1,0,0"], validation=["0,1,1"]))
    assert surveyed.label_names == ("0,1,1", "1,0,0")


def test_several_labels_may_be_none_but_not_missing():
    source = Rows(train=[["a"], ["b"], "", " ", [], None])
    assert mistakes(source, problem="multi_label") == ["train, row 6: no label; write [] for no label"]


def test_a_split_without_rows_is_named():
    (found,) = mistakes(Rows(train=["a", "b"], test=[]))
    assert found.startswith("the test split has no rows; ")


def test_texts_are_empty_if_one_of_a_pair_is():
    class Pairs(Rows):
        def rows(self, split):
            texts = [("a", "b"), ("", "b"), ("a", None), (" ", "\t"), (0, 1)]
            for row, (text, pair) in enumerate(texts):
                yield row, {"text": text, "pair": pair, "label": "ab"[row % 2]}
            yield 9, {"text": "a", "label": "a"}  # no second text at all

    found = task(text_pair="pair").survey(Pairs(train=["a"]))
    assert found.notes == {"empty texts": {"train": 4}} and found.rows == {"train": 6}


def test_labels_are_learnt_from_a_training_split_only():
    assert mistakes(Rows(test=["a"]))[0].startswith("test, row 1: label 'a' is not one of ")


def test_a_survey_of_numbers(tmp_path):
    rows = [{"text": text, "label": label} for text, label in (("a", 1), (" ", 2), ("c", 2.5))]
    for split in ("train", "test"):
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = Jsonl(
        train=str(tmp_path / "train.jsonl"), validation=None, test=str(tmp_path / "test.jsonl"), encoding=None
    )
    source.holds_out, source.splits = False, ("train", "test")
    found = task(problem="regression", metrics=["pearson"]).survey(source)
    assert found.rows == {"train": 3, "test": 3} and found.summary == "labels are numbers"
    assert found.notes == {"empty texts": {"train": 1, "test": 1}} and found.counts == {} and found.warnings == []


def test_labels_that_do_not_look_alike_are_not(tmp_path):
    labels = ["1", "11", "-1", "a", "b", "nan", "Inf", "False", "2"]
    assert task().survey(json_lines(tmp_path, train=labels, validation=labels)).warnings == []


def test_a_column_of_texts_is_questioned(tmp_path):
    texts = [f"a review that nobody wrote twice, number {number}" for number in range(300)]
    source = cells(tmp_path, texts, stars=[number % 5 for number in range(300)], id=range(300))
    for problem in ("single_label", "multi_label"):
        (found,) = mistakes(source, problem=problem)
        assert "distinct labels in 300 training rows: is dataset.label=label the label's column?" in found
        assert "Set dataset.label=COLUMN (stars?), or list them in dataset.labels to confirm" in found
        assert len(found) < 250
    assert task(labels=texts).survey(source).counts["train"][texts[7]] == 1


def test_a_column_of_quantities_is_questioned(tmp_path):
    (found,) = mistakes(cells(tmp_path, [number / 7 for number in range(100)]))
    assert found.endswith(
        "label's column? Set dataset.label=COLUMN, or dataset.problem=regression if they are quantities, or list them in "
        "dataset.labels to confirm"
    )


@pytest.mark.parametrize(
    ("labels", "rows", "asked"), [(21, 41, True), (21, 42, False), (20, 20, False), (40, 40, True)]
)
def test_the_question_is_asked_from_21_labels_in_fewer_than_two_rows_each(tmp_path, labels, rows, asked):
    values = [f"label {number % labels}" for number in range(rows)]
    source = json_lines(tmp_path, train=values, validation=values[:labels])
    if asked:
        assert mistakes(source)[0].startswith(f"{labels} distinct labels in {rows} training rows")
    else:
        task().survey(source)


def test_of_several_labels_each_counts(tmp_path):
    rows = [[f"label {(3 * row + number) % 21}" for number in range(3)] for row in range(14)]  # each label twice
    task(problem="multi_label").survey(json_lines(tmp_path, train=rows, validation=rows))
    (asked,) = mistakes(json_lines(tmp_path, train=rows[:13], validation=rows), problem="multi_label")
    assert asked.startswith("21 distinct labels in 13 training rows")
    unreadable = ["a,b;c", "a,b|c", "a;b|c"]  # have no labels
    (asked,) = mistakes(json_lines(tmp_path, train=[*rows[:13], *unreadable], validation=rows), problem="multi_label")
    assert asked.startswith("21 distinct labels in 16 training rows")


def test_likely_columns_have_few_values_that_repeat(tmp_path):
    names, rows = [f"label {number}" for number in range(90)], range(90)
    columns = {
        "every": rows,
        "once": [1] * 90,
        "two": [row % 2 for row in rows],
        "also two": [row % 2 for row in rows],
        "three": [row % 3 for row in rows],
        "forty": [row % 40 for row in rows],
        "forty-one": [row % 41 for row in rows],
    }
    (asked,) = mistakes(cells(tmp_path, names, **columns))
    assert "Set dataset.label=COLUMN (also two, two, three, forty?), or list them" in asked
    (asked,) = mistakes(cells(tmp_path, names[:79], **{"forty": [row % 40 for row in range(79)]}))  # 40 of 79 rows
    assert "Set dataset.label=COLUMN, or list them" in asked
    columns = {"twenty": [row % 20 for row in range(41)], "more": [row % 21 for row in range(41)]}  # of 41 rows, half
    assert "Set dataset.label=COLUMN (twenty?), or" in mistakes(cells(tmp_path, names[:41], **columns))[0]
    late = [*[0, 1] * 500, *range(1100)]  # others are judged by a thousand rows
    asked = mistakes(cells(tmp_path, [f"label {number}" for number in range(2100)], late=late))
    assert "Set dataset.label=COLUMN (late?), or" in asked[0]
    assert mistakes(Rows(train=names, validation=names))[0].startswith("90 distinct labels in 90 training rows")
    # The first thousand rows may have few labels.
    (asked,) = mistakes(cells(tmp_path, [*["a", "b"] * 500, *(f"label {number}" for number in range(1100))]))
    assert asked.startswith(
        "1,102 distinct labels in 2,100 training rows: is dataset.label=label the label's column? Set"
    )
    assert "COLUMN, or" in asked


@pytest.mark.parametrize(("labels", "each"), [(150, 2), (150, 20), (77, 3), (20, 1), (2, 1)])
def test_many_labels_with_few_rows_each_are_not(tmp_path, labels, each):
    values = [f"intent {number}" for number in range(labels)] * each
    found = task().survey(json_lines(tmp_path, train=values, validation=values[:labels]))
    assert len(found.counts["train"]) == labels
    assert len(found.summary) < 300


def test_names_of_the_config_are_read_as_values_are(tmp_path):
    source = json_lines(tmp_path, train=[1, 2, 1.0], validation=[1, 2])
    surveyed = task(labels=[2, 1.0])
    assert surveyed.survey(source).counts["train"] == {"2": 1, "1": 2}
    with pytest.raises(UserError, match=r"dataset\.labels: label '1' occurs 2 times"):
        task(labels=[1, "1"])
    assert "only one label" in mistakes(source, labels=[1])[0]
    assert "dataset.labels=null" in mistakes(source, labels=[1, 2], problem="regression")[0]


def test_a_completed_run_reads_names_and_the_indices_of_its_config(tmp_path):
    source = json_lines(tmp_path, test=[0, 1])
    for names, seen in ((None, None), (["a", "b"], {"a": 1, "b": 1})):
        restored = task(labels=names)
        restored.restore({"labels": ["a", "b"]})
        if seen is None:
            with pytest.raises(UserError, match=r"line 2: label '1' is not one of a, b; only names"):
                restored.survey(source)
        else:
            assert restored.survey(source).counts["test"] == seen


@pytest.mark.parametrize(
    "values,problem,wrong",
    [
        (["good", "bad", "0", "1"], "single_label", (1, 3)),
        ([0, 1, 1, "good"], "single_label", (4, 1)),
        ([[0], [1], ["bad"], []], "multi_label", (3, 1)),
        ([["good", 0], ["bad"], [1], []], "multi_label", (1, 1)),
        (["bad;good", "bad", "0", ""], "multi_label", (1, 3)),
        (["good", "bad", " good"], "single_label", None),
        ([0, "1", 1.0], "single_label", None),
        ([[0, 1], [1, 0]], "multi_label", None),  # multi-hot
    ],
)
def test_a_column_has_names_or_the_numbers_of_names(tmp_path, values, problem, wrong):
    source = json_lines(tmp_path, train=values, validation=values[:2])
    if wrong is None:
        task(problem=problem, labels=["bad", "good"]).survey(source)
        return
    found = [
        line
        for line in mistakes(source, problem=problem, labels=["bad", "good"])
        if line.startswith(f"{tmp_path}/train")
    ]
    assert len(found) == 1
    assert found[0].startswith(f"{tmp_path}/train.jsonl, line {wrong[0]}: label is ")
    assert f"train.jsonl, line {wrong[1]} it is" in found[0] and "write names in all rows, or numbers" in found[0]
    # Names that are numbers themselves have no indices.
    task(problem="multi_label", labels=["0", "1", "bad", "good"]).survey(source)


@pytest.mark.parametrize("text,kind", [(["a", "b"], "a list"), ({"a": 1}, "an object"), ([], "a list")])
def test_a_list_is_no_text(text, kind):
    """As Python would write it, quotes and brackets would be tokens."""
    source = Rows(train=["a", "b"], validation=["a", "b"])
    rows = source.rows
    source.rows = lambda split: ((n, row | ({"text": text} if n == 2 else {})) for n, row in rows(split))
    found = mistakes(source)
    assert [line.partition(": ")[0] for line in found] == ["train, row 2", "validation, row 2"]
    assert all(line.endswith(f"is {kind}; expected a text") for line in found)
