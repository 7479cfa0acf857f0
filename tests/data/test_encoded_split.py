"""A split of encoded rows: its windows in any order, its columns, and a head's outputs back in order."""

import numpy as np
import pytest
import torch

from tests.data.small_tokenizers import FAMILIES, small_tokenizer
from tests.heads.test_classification import text_task
from tunesmith.data.encoded_split import EncodedSplit, by_window

TEXTS = ["Ada met Bo", "", "one two three four " * 40, "who saw wonders ?"]


@pytest.mark.parametrize("family", FAMILIES)
def test_windows_are_what_hugging_face_encodes(family):
    tokenizer, task = small_tokenizer(family), text_task("single_label", pair=False)
    rows = [{"id": n, "text": text, "label": "abc"[n % 3]} for n, text in enumerate(TEXTS)]
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    theirs = tokenizer(TEXTS, truncation=True, max_length=task.max_length)["input_ids"]
    theirs[1] = theirs[1] or tokenizer(".")["input_ids"]  # GPT-2 has no token for an empty text
    assert len(split) == len(rows) and split.lengths.tolist() == list(map(len, theirs))
    assert [ids.tolist() for ids in split.lists("input_ids")] == theirs
    assert split.count("truncated") == 1 and isinstance(split.count("truncated"), int)
    assert split.numbers("example").tolist() == [0, 1, 2, 3]
    assert split.examples["text"] == TEXTS and split.examples["id"] == ["0", "1", "2", "3"]
    assert split.task is task
    types = task.features(tokenizer)[1]
    assert split.lists("input_ids")[0].dtype == types["input_ids"].feature.dtype == "uint16"

    chosen = np.array([3, 0])
    batch = split[chosen]
    expected = tokenizer.pad({"input_ids": [theirs[row] for row in chosen]}, return_tensors="pt")
    assert torch.equal(batch.inputs["input_ids"], expected["input_ids"])
    assert batch.targets["labels"].tolist() == [0, 0] and batch.rows is chosen


def test_outputs_are_put_in_the_order_of_the_windows():
    values = torch.arange(12).view(6, 2)
    batches = [[4, 1], [0], [5, 3, 2]]
    decoded = [(np.array(rows), {"score": values[rows], "double": 2 * values[rows, 0]}) for rows in batches]
    ordered = by_window(decoded, 6)
    assert np.stack(ordered["score"]).tolist() == values.tolist()
    assert np.stack(ordered["double"]).tolist() == (2 * values[:, 0]).tolist()
    assert [len(found) for found in by_window(decoded[:1], 6)["score"]] == [
        0,
        2,
        0,
        0,
        2,
        0,
    ]  # of others there is nothing
    with pytest.raises(ValueError, match="zip"):
        by_window([(np.array([0, 1]), {"score": values[:1]})], 6)


def test_a_split_orders_outputs_of_its_own_windows():
    split = EncodedSplit.of(
        [{"text": text} for text in TEXTS],
        task=text_task("single_label", pair=False),
        tokenizer=small_tokenizer("bert"),
    )
    decoded = [(np.array([2, 0, 3, 1]), {"score": torch.tensor([2.0, 0.0, 3.0, 1.0])})]
    assert split.in_order(decoded)["score"] == [0.0, 1.0, 2.0, 3.0]
    assert not split[np.array([1, 2])].targets  # rows without a label have none
