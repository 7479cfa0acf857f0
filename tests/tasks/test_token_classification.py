"""From rows to windows and back, in four families: no word is lost, and tags that violate the scheme are counted."""

from collections import Counter

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import get_entities

from tests.heads.test_classification import FAMILIES, mini
from tests.heads.test_token_classification import tag_task
from tests.tasks.rows import Rows
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.sources.conll import Conll
from tunesmith.errors import UserError
from tunesmith.metrics.tag_schemes import broken_tags

LONG = [f"word{number}" for number in range(120)]


@pytest.mark.parametrize("family", FAMILIES)
def test_long_sentences_and_odd_words_keep_every_word(family):
    odd = ["\u200b", "x" * 500, "naïve", "東京", "…"]
    rows = [{"tokens": LONG, "tags": ["O"] * 120}, {"tokens": odd, "tags": ["B-PER"] + ["O"] * 4}]
    rows.append({"tokens": ["May"], "tags": ["O"]})
    task = tag_task(max_length=24, stride=6)
    tokenizer = mini(family).tokenizer(lambda: [" ".join(LONG[:30]), "May naïve"], pre_split=True)
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    assert split.lengths.max() <= 24 and split.examples["tokens"][0] == LONG
    # Each window predicts the index of each word in its sentence, so assembled predictions must be consecutive.
    firsts, places = split.numbers("first_word"), split.lists("first_tokens")
    outputs = {"prediction": [first + np.arange(len(words)) for first, words in zip(firsts, places, strict=True)]}
    assert task.assemble(split, outputs) == [list(range(120)), list(range(5)), [0]]
    batch = split[np.arange(len(split))]
    mask = batch.inputs["attention_mask"]
    for row, words in enumerate(batch.layout["words"].tolist()):
        tokens = batch.layout["first_tokens"][row, :words]
        assert mask[row, tokens].all() and len(set(tokens.tolist())) == words
        if family in ("roberta", "gpt2"):  # words are encoded with a preceding space
            assert tokenizer.decode(batch.inputs["input_ids"][row, tokens[0]])[:1] in (" ", "")


def test_a_word_without_a_token_becomes_unknown():
    task, tokenizer = tag_task(), mini("bert").tokenizer(lambda: ["a b"], pre_split=True)
    split = EncodedSplit.of([{"tokens": ["a", "\u200b", "b"]}], task=task, tokenizer=tokenizer)
    assert split.examples["unknown"][0] == 1
    (ids,), (places,) = split.lists("input_ids"), split.lists("first_tokens")
    assert ids[places[1]] == tokenizer.unk_token_id and len(places) == 3


@pytest.mark.parametrize(
    "tags,expected",
    [
        ("B-A I-A O B-A", 0),
        ("B-A I-B O I-A", 2),  # BIO with two violations
        ("I-A I-A B-A O I-B", 0),  # IOB1
        ("B-A E-A S-A O B-A I-A L-A", 0),
        ("B-A O S-A I-A", 3),  # BIOES: one does not end, one neither begins nor ends
        ("B-A X-A PER", 2),
    ],
)
def test_broken_tags_are_counted(tags, expected):
    assert broken_tags(Counter({tuple(tags.split()): 3})) == 3 * expected


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


def test_numbers_need_names():
    row = {"tokens": ["a", "b"], "tags": [1, 0]}
    with pytest.raises(ValueError, match=r"tag 1 is a number; set dataset.labels"):
        tag_task(labels=None).read(row)
    assert tag_task(labels=None, entities=False).read(row).tags == ["1", "0"]
    task = tag_task(labels=["O", "S-PER", "B-PER", "E-PER"])  # the data's own scheme, which is trained in BIO
    assert task.normal(task.read(row).tags) == ["B-PER", "O"] and task.label_names == ("O", "B-PER", "I-PER")
    with pytest.raises(ValueError, match="tag -1, but there are 4 labels"):
        task.read({"tokens": ["a"], "tags": [-1]})
    task.restore({"labels": ["O", "B-PER", "I-PER"]})  # a run's labels do not name another file's numbers
    assert task.read(row).tags == ["S-PER", "O"]


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
    read = task.normal(task.read(row).tags)
    assert get_entities(read) == get_entities(tags.split(), suffix=True)
    assert found.counts["train"] == Counter(kind for kind, _, _ in get_entities(tags.split(), suffix=True))
    with pytest.raises(UserError, match=r"the tag .B-PER. is not of dataset\.suffix=true"):
        survey(tmp_path, "a B-PER\n", text, suffix=True)


def test_hub_tag_ids_are_named():
    task = tag_task(labels=["O", "B-PER", "I-PER"])
    assert task.read({"tokens": ["a", "b"], "tags": [1, 2]}).tags == ["B-PER", "I-PER"]
    with pytest.raises(ValueError, match="tag 7, but there are 3 labels"):
        task.read({"tokens": ["a"], "tags": [7]})
