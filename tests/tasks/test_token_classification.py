"""From rows to windows and back, in four families: no word is lost."""

import numpy as np
import pytest

from tests.heads.test_classification import FAMILIES, mini
from tests.heads.test_token_classification import tag_task
from tunesmith.data.encoded_split import EncodedSplit

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


def test_numbers_need_names():
    row = {"tokens": ["a", "b"], "tags": [1, 0]}
    with pytest.raises(ValueError, match=r"tag 1 is a number; set dataset.labels"):
        tag_task(labels=None).read(row)
    assert tag_task(labels=None, entities=False).read(row).tags == ["1", "0"]
    task = tag_task(labels=["O", "S-PER", "B-PER", "E-PER"])  # the data's own scheme, which is trained in BIO
    assert task.tag_names.normal(task.read(row).tags) == ["B-PER", "O"] and task.label_names == ("O", "B-PER", "I-PER")
    with pytest.raises(ValueError, match="tag -1, but there are 4 labels"):
        task.read({"tokens": ["a"], "tags": [-1]})
    task.restore({"labels": ["O", "B-PER", "I-PER"]})  # a run's labels do not name another file's numbers
    assert task.read(row).tags == ["S-PER", "O"]


def test_hub_tag_ids_are_named():
    task = tag_task(labels=["O", "B-PER", "I-PER"])
    assert task.read({"tokens": ["a", "b"], "tags": [1, 2]}).tags == ["B-PER", "I-PER"]
    with pytest.raises(ValueError, match="tag 7, but there are 3 labels"):
        task.read({"tokens": ["a"], "tags": [7]})
