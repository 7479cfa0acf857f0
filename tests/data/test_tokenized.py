"""Cached tokens: of every row, in chunks, and made again only for other data, another tokenizer or other options."""

import pytest

from tests.data.small_tokenizers import small_tokenizer
from tests.heads.test_classification import text_task
from tests.heads.test_language_model import lm_task
from tunesmith.data import cache
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.tokenized import chunks, prepare

TEXTS = [f"Ada met Bo {number} times" for number in range(2100)]


class Source:
    splits = ("train",)

    def __init__(self, content="texts"):
        self.content, self.passes = content, 0

    def fingerprint(self, split):
        return f"{self.content} {split}"

    def rows(self, split):
        self.passes += 1
        for number, text in enumerate(TEXTS if split == "train" else TEXTS[:3]):
            yield number, {"id": f"{split}-{number}", "text": text, "label": "abc"[number % 3]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("task", [text_task("single_label", pair=False), lm_task()])
def test_every_row_is_tokenised_once(folder, task):
    tokenizer, source = small_tokenizer("bert"), Source()
    found = prepare(source, "train", task=task, tokenizer=tokenizer, tokenizer_key="key")
    split = EncodedSplit.open(found, task=task, tokenizer=tokenizer)
    assert found.parent == folder / "encoded"
    assert split.lists("input_ids")[0].dtype == task.features(tokenizer)[1]["input_ids"].feature.dtype
    assert [ids.tolist() for ids in split.lists("input_ids")] == tokenizer(TEXTS)["input_ids"]
    assert split.numbers("example").tolist() == list(range(len(TEXTS)))
    assert split.examples["id"] == [f"train-{number}" for number in range(len(TEXTS))]
    assert split.examples["text"] == TEXTS
    assert prepare(source, "train", task=task, tokenizer=tokenizer, tokenizer_key="key") == found and source.passes == 1


def test_an_entry_is_keyed_by_data_tokenizer_and_options(folder):
    tokenizer = small_tokenizer("bert")
    task, shorter = text_task("single_label", pair=False), text_task("single_label", pair=False)
    shorter.max_length = 5
    variants = [
        (Source(), "train", task, "key"),
        (Source("other texts"), "train", task, "key"),
        (Source(), "test", task, "key"),
        (Source(), "train", shorter, "key"),
        (Source(), "train", task, "another key"),
    ]
    found = [prepare(s, split, task=t, tokenizer=tokenizer, tokenizer_key=key) for s, split, t, key in variants]
    assert len(set(found)) == len(variants)
    assert EncodedSplit.open(found[3], task=shorter, tokenizer=tokenizer).lengths.max() == 5


@pytest.mark.parametrize(("rows", "sizes"), [(0, []), (3, [3]), (1000, [1000]), (2001, [1000, 1000, 1])])
def test_rows_are_tokenised_a_thousand_at_a_time(rows, sizes):
    given = [{"text": str(number)} for number in range(rows)]
    found = list(chunks(iter(given)))
    assert list(map(len, found)) == sizes and [row for chunk in found for row in chunk] == given
