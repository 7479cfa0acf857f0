"""What a survey of tagged sentences refuses, counts and warns of."""

from collections import Counter

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from tests.heads.test_token_classification import tag_task
from tests.tasks.rows import Rows
from tunesmith.data.sources.conll import Conll
from tunesmith.data.survey.survey import SHOWN
from tunesmith.errors import UserError


def survey(tmp_path, train, test, **settings):
    for name, text in (("train", train), ("test", test)):
        (tmp_path / f"{name}.conll").write_text(text)
    files = {name: str(tmp_path / f"{name}.conll") for name in ("train", "test")}
    task = tag_task(**({"labels": None} | settings))
    return task, task.survey(Conll(**files, validation=files["train"], encoding=None, token_column=0, tag_column=-1))


def test_tags_are_collected(tmp_path):
    task, found = survey(tmp_path, "a U-LOC\nb B-PER\nc L-PER\n", "a O\n")
    assert task.label_names == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER") and found.rows["test"] == 1
    task, _ = survey(tmp_path, "a NN\nb VB\n", "a NN\n", entities=False)
    assert task.label_names == ("NN", "VB")


def test_an_unknown_tag(tmp_path):
    with pytest.raises(
        UserError, match=r"test.conll, line 3: tag 'B-PRE' is not one of O, B-PER, I-PER; did you mean B-PER"
    ):
        survey(tmp_path, "a B-PER\nb O\n", "c O\n\nd B-PRE\n")


@pytest.mark.parametrize(
    "train,settings,message",
    [
        ("a PER\nb O\n", {}, "train.conll, line 1: the tag 'PER' is not of a scheme .*dataset.scheme=bare"),
        ("a O\n\nb B_PER\nc B_LOC\n", {}, "train.conll, line 3: .*Write B-LOC, not B_LOC"),
        ("a B-PER\n", {"scheme": "bioes", "entities": False}, "dataset.scheme=bioes is for entities"),
        ("a B-PER\n", {"labels": ["O", "PER"]}, "dataset.labels: the tag 'PER' is not of a scheme"),
    ],
)
def test_a_scheme_that_is_not_certain(tmp_path, train, settings, message):
    with pytest.raises(UserError, match=message):
        survey(tmp_path, train, "a O\n", **settings)


def test_a_scheme_of_the_test_split_only(tmp_path):
    with pytest.raises(UserError, match=r"test.conll, line 3: the tag 'PER' is not"):
        survey(tmp_path, "a B-PER\nb O\n", "a O\n\nb PER\n")


def test_bare_types_and_untyped_tags(tmp_path):
    task, found = survey(tmp_path, "a PER\nb PER\nc LOC\nd O\n", "a PER\n", scheme="bare")
    assert task.label_names == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert found.counts["train"] == {"LOC": 1, "PER": 1}
    assert "test has no entity of the type LOC" in found.warnings
    assert task.options()["settings"][-3] == "bare"
    task, found = survey(tmp_path, "a B\nb L\nc U\nd O\n", "a U\n")
    assert task.label_names == ("O", "B-_", "I-_") and found.counts["train"] == {"_": 2}
    assert task.options()["version"] == 2


def test_ordinary_tags_keep_their_cache_key(tmp_path):
    task, _ = survey(tmp_path, "a U-LOC\nb B-PER\nc L-PER\n", "a O\n")
    settings = [["tokens", "tags"], 40, 8, ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), True]
    assert task.options() == {"task": "token_classification", "version": 1, "settings": settings}


def test_warnings_of_tags(tmp_path):
    _, found = survey(tmp_path, "a O\n", "a O\n")
    assert found.warnings == ["the training split has no entities: every tag is O"]
    _, found = survey(tmp_path, "a B-PER\nb O\n", "a B-PER\nb O\n\na B-PER\nb O\nc I-PER\n", scheme="bio", strict=True)
    assert len(found.warnings) == 1 and found.warnings[0].startswith("dataset.strict=true, but 1 tags of test violate")
    _, found = survey(tmp_path, "a NN\nb VB\nc NN\n", "a NN\n", entities=False)
    assert found.counts["train"] == {"NN": 2, "VB": 1} and found.warnings == ["test has no word with the tag VB"]


def span_task(**settings):
    return tag_task(labels=None, text="text", spans="spans", **settings)


def test_spans_of_a_type_are_never_lost_without_a_word():
    nested = {"text": "Anna Lee", "spans": [[0, 8, "PER"], [5, 8, "LOC"]]}
    with pytest.raises(UserError, match="all spans of the type LOC in train are lost"):
        span_task().survey(Rows(train=[nested]))
    found = span_task().survey(Rows(train=[nested, {"text": "Rome", "spans": [[0, 3, "LOC"]]}]))
    assert [each["train"] for each in found.notes.values()] == [1, 1, 0]
    with pytest.raises(UserError, match="row 1: no spans; fill the cell"):
        span_task().survey(Rows(train=[{"text": "Rome", "spans": None}]))


def test_spans_in_another_unit_are_asked_for():
    rows = [{"text": "😀 Anna left", "spans": [[3, 7, "PER"]]}] * 3
    with pytest.raises(UserError, match=r"in train, 3 more spans fit .* UTF-16 code units.*dataset.offsets=utf16"):
        span_task().survey(Rows(train=rows))
    task = span_task(offsets="utf16")
    task.survey(Rows(train=rows))
    assert task.read(rows[0]).tags == ["O", "B-PER", "O"]
    assert span_task(offsets="characters").read(rows[0]).misaligned == 1


def rows(*sentences):
    """`A-B O` to a row with these tags."""
    return [{"tokens": ["w"] * len(tags.split()), "tags": tags.split()} for tags in sentences]


def mistakes(task, **splits):
    with pytest.raises(UserError) as caught:
        task.survey(Rows(**splits))
    return caught.value.mistakes


def test_the_survey_counts_rows_and_entities():
    task = tag_task(labels=None)
    found = task.survey(Rows(train=rows("B-PER I-PER O", "B-PER B-LOC"), test=rows("O B-LOC I-PER", "O", "B-PER")))
    assert found.summary == "tags O, B-LOC, I-LOC, B-PER, I-PER" and found.rows == {"train": 2, "test": 3}
    assert list(found.counts["train"].items()) == [("LOC", 1), ("PER", 2)]
    assert found.counts["test"] == {"LOC": 1, "PER": 2}  # conlleval begins an entity at I-PER
    broken = "tags that violate the scheme, interpreted as by conlleval"
    assert found.notes[broken] == {"train": 0, "test": 1} and len(found.notes) == 3
    task = tag_task(labels=None, entities=False)
    found = task.survey(Rows(train=rows("B a", "a"), test=rows("a")))
    assert found.counts == {"train": {"B": 1, "a": 2}, "test": {"a": 1}} and found.notes[broken] == {
        "train": 0,
        "test": 0,
    }


def test_the_scheme_decides_which_tags_are_broken():
    sentences = {"train": rows("B-A E-A S-A", "B-A I-A E-A O"), "test": rows("B-A O", "S-A")}
    found = tag_task(labels=None, scheme="bioes").survey(Rows(**sentences))
    assert list(found.notes.values())[2] == {"train": 0, "test": 1}
    # Without a scheme these would be IOB1, where B only separates entities; each sentence counts.
    sentences = {"train": rows("I-A O", "I-A B-A", "I-A O"), "test": rows("O I-A")}
    assert list(tag_task(labels=None).survey(Rows(**sentences)).notes.values())[2] == {"train": 0, "test": 0}
    found = tag_task(labels=None, scheme="bio").survey(Rows(**sentences))
    assert list(found.notes.values())[2] == {"train": 3, "test": 1}


def test_tags_of_another_scheme_than_the_given_one():
    found = mistakes(tag_task(labels=None, scheme="bio"), train=rows("O B-A", "S-A"), test=rows("O"))
    assert found[0].startswith("train, row 2: the tag 'S-A' is not of dataset.scheme=bio")
    found = mistakes(tag_task(labels=["O", "S-A"], scheme="bio"), train=rows("O"), test=rows("O"))
    assert found[0].startswith("dataset.labels: the tag 'S-A' is not of dataset.scheme=bio")


@pytest.mark.parametrize("count", [1, SHOWN, SHOWN + 1, SHOWN + 3])
def test_the_first_mistakes_of_a_split_are_listed_each_with_its_first_row(count):
    wrong = [{"tokens": ["w", number], "tags": ["O", "O"]} for number in range(count)]
    found = mistakes(tag_task(), train=[*rows("B-PER O"), *wrong, *wrong, *wrong[:1]], test=rows("O"))
    assert len(found) == min(count, SHOWN) + (count > SHOWN)
    assert found[0].startswith("train, row 2: word 2 is 0; ") and found[0].endswith(" (and in 2 more rows of train)")
    for number, mistake in list(enumerate(found[:SHOWN]))[1:]:
        assert mistake.startswith(f"train, row {number + 2}: word 2 is {number}; ")
        assert mistake.endswith(" (and in 1 more row of train)")
    assert count <= SHOWN or found[-1] == f"... and {2 * (count - SHOWN)} more rows of train"


def test_a_mistake_in_one_row_is_not_counted():
    found = mistakes(tag_task(), train=[*rows("B-PER O"), {"tokens": [1], "tags": ["O"]}], test=[])
    assert found[0].endswith('expected a text, such as "1"')
    assert found[1].startswith("the test split has no rows")


@pytest.mark.parametrize(
    ("given", "reason"), [(None, "; the training split has no such tag"), (["O", "B-PER", "I-PER"], "")]
)
def test_unseen_tags_are_listed(given, reason):
    train, test = rows("B-PER I-PER O"), rows("O B-LOC", "B-PRE", *(f"B-T{number}" for number in range(9)))
    found = mistakes(tag_task(labels=given), train=train, test=test)
    known = "is not one of O, B-PER, I-PER"
    assert found[0] == f"test, row 1: tag 'B-LOC' {known}{reason}" and len(found) == SHOWN
    assert found[1] == f"test, row 2: tag 'B-PRE' {known}; did you mean B-PER?{reason}"
    found = mistakes(tag_task(labels=given), train=train, validation=rows("B-X"), test=rows("B-Y"))
    assert [mistake.partition(",")[0] for mistake in found] == ["validation", "test"]


def test_labels_of_the_config_are_kept():
    task = tag_task(labels=["O", "B-X", "I-X"])
    found = task.survey(Rows(test=rows("B-X O")))  # without a training split
    assert task.label_names == ("O", "B-X", "I-X") and found.summary == "tags O, B-X, I-X" and found.warnings == []


def test_what_the_training_split_lacks_is_not_expected_of_others():
    task = tag_task(labels=["O", "B-A", "I-A", "B-B", "I-B"])
    found = task.survey(Rows(train=rows("B-A O"), test=rows("B-A"), validation=rows("O")))
    assert found.warnings == ["train has no entity of the type B", "validation has no entity of the type A"]
    types = [f"T{number:02}" for number in range(13)]
    train = rows(" ".join(f"B-{name}" for name in types))
    for present, more in ((1, " and 2 more"), (2, " and 1 more"), (3, "")):  # ten are listed
        test = rows(" ".join(f"B-{name}" for name in types[:present]))
        found = tag_task(labels=None).survey(Rows(train=train, test=test))
        assert found.warnings == [f"test has no entity of the type {', '.join(types[present : present + 10])}{more}"]


def test_strictness_is_warned_of_in_splits_that_are_scored():
    splits = {"train": rows("B-A I-B", "B-B"), "test": rows("I-A", "B-B")}
    (warning,) = tag_task(labels=None, scheme="bio", strict=True).survey(Rows(**splits)).warnings
    assert warning.startswith("dataset.strict=true, but 1 tags of test violate their scheme")
    assert tag_task(labels=None, scheme="bio").survey(Rows(**splits)).warnings == []


def test_settings_that_exclude_each_other_are_all_reported():
    found = mistakes(tag_task(labels=["O", "PER"], scheme="bio"), train=rows("PER"), test=[])
    assert [mistake.partition(" ")[0] for mistake in found] == ["dataset.labels:", "the"]


def test_a_scheme_is_that_of_all_splits_together():
    """The first row that is not of any scheme is named, in the first split that brings it in."""
    train = rows("O B-PER", "O PER", "O B_X", "PER")
    assert mistakes(tag_task(labels=None), train=train, test=rows("PER"))[0].startswith("train, row 2: ")
    assert len(mistakes(tag_task(labels=None), train=train, test=rows("PER"))) == 1
    # Each tag is of a scheme, but they are not of one.
    found = mistakes(tag_task(labels=None), train=rows("O B-A"), test=rows("O", "L-A E-A"))
    assert found[0].startswith("test, row 2: the tags ")
    found = mistakes(tag_task(labels=["O", "B-A", "I-A"]), test=rows("O X"))  # no training split
    assert found[0].startswith("test, row 1: the tag 'X'")


def spans(*each):
    return [{"text": "😀 Anna met Bo", "spans": list(given)} for given in each]


def test_votes_for_another_unit_are_those_of_all_rows():
    fits, otherwise = [2, 6, "PER"], [3, 7, "PER"]  # Anna in characters, and in UTF-16 code units
    task = span_task()
    found = mistakes(task, train=spans([otherwise], [otherwise], [fits]), test=spans([fits], [fits], [otherwise]))
    assert len(found) == 1 and found[0].startswith("in train, 1 more spans fit the text if their offsets count UTF-16")
    assert found[0].endswith("set dataset.offsets=utf16, or dataset.offsets=characters if they are right as they are")
    assert span_task().survey(Rows(train=spans([fits], [otherwise]))).rows == {"train": 2}  # no majority
    bytes_ = [5, 9, "PER"]
    assert "dataset.offsets=bytes" in mistakes(span_task(), train=spans([bytes_], [bytes_], [otherwise], [fits]))[0]


def test_what_is_lost_or_changed_is_counted():
    nested = [[2, 9, "A"], [2, 6, "B"], [7, 10, "B"]]  # the first reaches into met; the second has no word left
    found = span_task().survey(
        Rows(train=spans(nested, [[2, 6, "B"]]), test=spans([[2, 5, "B"]], [[2, 6, "B"], [2, 6, "C"]]))
    )
    changed, lost, _ = found.notes.values()
    kinds = [note.partition(" ")[2].partition(",")[0] for note in found.notes]
    assert [note.partition(" ")[0] for note in found.notes] == ["spans", "spans", "tags"]
    assert kinds[0].startswith("that begin or end inside a word") and kinds[1] == "without a word of their own"
    assert changed == {"train": 1, "test": 1} and lost == {"train": 2, "test": 1}


def test_types_are_lost_only_if_no_span_keeps_a_word():
    nested = [[2, 6, "A"], [2, 6, "C"], [2, 6, "B"]]
    found = mistakes(span_task(), train=spans(nested), test=spans(nested))
    assert len(found) == 1 and "all spans of the type B, C in train are lost" in found[0]
    assert span_task().survey(Rows(train=spans(nested, [[2, 6, "B"]], [[2, 6, "C"]]), test=spans(nested)))


def test_tags_are_names_or_numbers_not_both():
    rows = [{"tokens": ["a"], "tags": [1]}, {"tokens": ["b", "c"], "tags": ["B-PER", "O"]}]
    with pytest.raises(
        UserError, match=r"train, row 2: tag 'B-PER' is a name, but 1 in train, row 1 is the number of one"
    ):
        tag_task(labels=["O", "B-PER", "I-PER"]).survey(Rows(train=rows))


def test_the_unit_of_offsets_is_said_where_nothing_tells():
    """In Chinese each character is a word, so spans fit in any unit."""
    row = {"text": "😀在李明住北京", "spans": [[2, 4, "PER"], [5, 7, "LOC"]]}
    (line,) = span_task().survey(Rows(train=[row, row])).warnings
    assert line.startswith("train, row 1 and 1 more rows of train: ") and "dataset.offsets=utf16 if they" in line
    named = [{"start": 2, "end": 4, "label": "PER", "text": "李明"}, {"start": 5, "end": 7, "label": "LOC"}]
    before = {"text": "李明在北京😀", "spans": [[0, 2, "PER"], [3, 5, "LOC"]]}  # the units agree
    english = {"text": "😀 Anna left", "spans": [[2, 6, "PER"]]}  # fits in characters only
    for rows in ([row | {"spans": named}], [before], [english, english]):
        assert span_task().survey(Rows(train=rows)).warnings == []
    assert span_task(offsets="characters").survey(Rows(train=[row])).warnings == []


@pytest.mark.parametrize("tags", ["PER-B PER-I O LOC-B", "A-B-B A-B-I O X-B", "PER-B PER-E O LOC-S", "B I O B"])
def test_prefixes_that_come_last_give_the_entities_of_seqevals_suffix_mode(tmp_path, tags):
    text = "".join(f"w {tag}\n" for tag in tags.split())
    if "-" in tags:
        with pytest.raises(UserError, match=r"Set dataset\.suffix=true if the prefix comes last"):
            survey(tmp_path, text, text)
    task, found = survey(tmp_path, text, text, suffix=True)
    (row,) = (record for _, record in Rows(train=[{"tokens": tags.split(), "tags": tags.split()}]).rows("train"))
    read = task.tag_names.normal(task.read(row).tags)
    assert get_entities(read) == get_entities(tags.split(), suffix=True)
    assert found.counts["train"] == Counter(kind for kind, _, _ in get_entities(tags.split(), suffix=True))
    with pytest.raises(UserError, match=r"the tag .B-PER. is not of dataset\.suffix=true"):
        survey(tmp_path, "a B-PER\n", text, suffix=True)
