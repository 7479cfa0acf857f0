"""Targets: the same labels from CSV and JSON, back and forth, and indices only of given names; cache keys as before."""

import csv
import io
import json
import pickle

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder, MultiLabelBinarizer

from tunesmith.data.encoding.labels import Labels, learn

fast = settings(max_examples=60, deadline=None, derandomize=True)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip).filter(bool)
NAME = TEXT.filter(lambda name: not set(name) & set(",;|[({"))


def by_csv_module(values):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([value] for value in values)
    return [row[0] for row in csv.reader(io.StringIO(stream.getvalue(), newline=""))]


def by_pandas(values):
    text = pd.DataFrame({"label": pd.Series(values, dtype=object)}).to_csv(index=False)
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]


def by_json(values):
    return [json.loads(json.dumps(value)) for value in values]


@fast
@given(st.lists(TEXT, min_size=1) | st.lists(st.integers(), min_size=1) | st.lists(st.booleans(), min_size=1))
def test_csv_and_json_have_the_same_labels(values):
    learnt = learn(values, problem="single_label")
    for written in (by_csv_module, by_pandas, by_json):
        assert learn(written(values), problem="single_label") == learnt
        assert [learnt.encode(value) for value in written(values)] == [learnt.encode(value) for value in values]


@fast
@given(st.lists(TEXT, min_size=1), st.randoms())
def test_a_label_is_found_again(values, random):
    learnt = learn(values, problem="single_label")
    assert learn(random.sample(values, len(values)), problem="single_label") == learnt
    assert [learnt.decode(learnt.encode(value)) for value in values] == values


@fast
@given(st.lists(TEXT.map(lambda text: f"x{text}"), min_size=1))
def test_text_is_numbered_as_scikit_learn_does(values):
    assert [learn(values, problem="single_label").encode(value) for value in values] == LabelEncoder().fit_transform(
        values
    ).tolist()


@fast
@given(st.lists(st.lists(NAME), min_size=1), st.sampled_from([list, repr, json.dumps, ", ".join, ";".join, "|".join]))
def test_several_labels_are_found_again(rows, write):
    values = [write(row) for row in rows]
    learnt = learn(values, problem="multi_label")
    assert set(learnt.names) == {name for row in rows for name in row}
    expected = MultiLabelBinarizer(classes=learnt.names).fit_transform(rows) if learnt.names else [[]] * len(rows)
    for row, value, binary in zip(rows, values, expected, strict=True):
        assert set(learnt.decode(learnt.encode(value))) == set(row)
        assert learnt.encode(value) == list(binary)


def test_a_number_is_an_index_of_given_names_only():
    given, learnt = Labels("single_label", ("a", "b"), ("a", "b")), Labels("single_label", ("a", "b"))
    for zero, one in ((0, 1), ("0", "1"), (0.0, 1.0), (False, True), ("False", "True")):
        assert (given.encode(zero), given.encode(one)) == (0, 1)
        with pytest.raises(ValueError, match="is not one of a, b"):
            learnt.encode(one)
    for value in (2, -1, "2", "007", "01", "\uff11", "-0", "1.0", 0.5, "9" * 5000):
        with pytest.raises(ValueError, match="is not one of a, b"):
            given.encode(value)
    with pytest.raises(ValueError, match=r"only names in dataset\.labels can be given by their index"):
        learnt.encode(1)


@pytest.mark.parametrize("names", [("1", "2", "3"), ("1.0", "2.0", "3.0"), ("2", "x", "y"), ("-1", "+1", "?")])
def test_with_names_that_are_numbers_a_number_is_a_name(names):
    labels = Labels("single_label", names, names)
    assert [labels.encode(name) for name in names] == [0, 1, 2]
    with pytest.raises(ValueError, match="is not one of"):
        labels.encode(0)


def test_a_boolean_is_an_index_of_two_names_only():
    names = ("a", "b", "c")
    with pytest.raises(ValueError, match="label 'True' is not one of a, b, c"):
        Labels("single_label", names, names).encode(True)


def test_indices_are_those_of_the_config_after_names_were_restored():
    restored = Labels("single_label", ("a", "b"), ("b", "a"))
    assert (restored.encode(0), restored.encode("a")) == (1, 0)


def test_names_that_version_0_1_learnt_from_decimals_are_still_read():
    assert Labels("single_label", ("0.0", "1.0")).encode(1.0) == 1


@fast
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3)))
def test_multi_hot_rows(rows):
    names = ("x", "y", "z")
    labels = Labels("multi_label", names, names, multi_hot=True)
    for row in rows:
        numbers = [int(on) for on in row]
        for value in (row, numbers, list(map(float, row)), str(row), json.dumps(numbers), ",".join(map(str, numbers))):
            assert labels.encode(value) == numbers
    for wrong in ([0, 1], [0, 1, 2], ["x"], [0, 1, 1, 1]):
        with pytest.raises(ValueError, match="is not a 0 or 1 for each of the 3 names"):
            labels.encode(wrong)


@pytest.mark.parametrize("value", [[None], [["a"]], [{"a": 1}], ["a", ""], {"a": 1}, '{"a": 1}', [float("nan")], None])
def test_lists_of_what_are_no_labels_are_refused(value):
    with pytest.raises(ValueError, match="expected text or a number"):
        Labels("multi_label", ("a", "b")).encode(value)


def test_messages_stay_short():
    names = tuple(f"{number} " + "long " * 50 for number in range(300))
    with pytest.raises(ValueError, match=r"is not one of .* and 290 more") as caught:
        Labels("single_label", names).encode("other")
    assert len(str(caught.value)) < 600


def test_cache_keys_of_ordinary_data_are_those_of_version_0_1():
    text = "Labels(problem='single_label', names=('a', 'b'))"
    for labels in (Labels("single_label", ("a", "b")), Labels("single_label", ("a", "b"), ("a", "b"))):
        assert str(labels) == text
        assert labels.reading() == {}


def test_cache_keys_differ_where_the_encoding_does():
    readings = [
        Labels("multi_label", ("a", "b"), given, multi_hot=multi_hot).reading()
        for given in (("a", "b"), ("b", "a"))
        for multi_hot in (False, True)
    ] + [Labels("multi_label", ("a,b", "c"), ("a,b", "c")).reading()]
    assert len({json.dumps(reading) for reading in readings}) == 5


def test_labels_are_sent_to_other_processes():
    labels = Labels("single_label", ("a", "b"), ("a", "b"))
    labels.encode("a")
    assert pickle.loads(pickle.dumps(labels)) == labels


def test_targets_of_regression_are_numbers():
    labels = Labels("regression", ())
    assert [labels.encode(value) for value in (" 1.5 ", 2, -0.5)] == [1.5, 2.0, -0.5]
    with pytest.raises(ValueError, match=r"^label 'x' is not a finite number$"):
        labels.encode("x")


def test_what_cache_keys_name_besides_the_labels():
    """Renamed or missing parts would make caches of earlier versions useless, or mix them up."""
    assert Labels("multi_label", ("a,b", "c"), ("c", "a,b"), multi_hot=True).reading() == {
        "given": ("c", "a,b"),
        "multi_hot": True,
        "separators": True,
    }
    assert Labels("single_label", ("a,b", "c"), ("a,b", "c")).reading() == {}  # which is not split at separators


def test_a_wrong_multi_hot_row_is_shown():
    labels = Labels("multi_label", ("x", "y"), ("x", "y"), multi_hot=True)
    with pytest.raises(
        ValueError, match=r"^label \[0, 2\] is not a 0 or 1 for each of the 2 names in dataset.labels, as in"
    ):
        labels.encode([0, 2])


def test_the_nearest_label_is_suggested():
    learnt, given = Labels("single_label", ("good", "bad")), Labels("single_label", ("good", "bad"), ("good", "bad"))
    for labels in (learnt, given):
        with pytest.raises(ValueError, match=r"^label 'god' is not one of good, bad; did you mean good\?$"):
            labels.encode("god")
        with pytest.raises(ValueError, match=r"^label 'xyz' is not one of good, bad$"):
            labels.encode("xyz")
    with pytest.raises(ValueError, match=r"^label '7' is not one of good, bad$"):  # no index of theirs
        learnt.encode(7)
    with pytest.raises(ValueError, match=r"bad; only names in dataset.labels can be given by their index$"):
        learnt.encode(1)
    with pytest.raises(ValueError, match=r"^label '0' is not one of 1, bad$"):
        Labels("single_label", ("1", "bad")).encode(0)


def test_what_is_no_label_is_not_learnt():
    assert learn(["a", None, float("nan"), "", "b"], problem="single_label").names == ("a", "b")
    assert learn(["1", "x"], problem="regression") == Labels("regression", ())
