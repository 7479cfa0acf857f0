"""Padding: the same tensors as those of Hugging Face's `tokenizer.pad`, on either side."""

import numpy as np
import pytest
import torch

from tests.data.small_tokenizers import FAMILIES, small_tokenizer
from tunesmith.data.padding import model_inputs, pad, padded_before


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_inputs_are_padded_as_hugging_face_pads_them(family, side, monkeypatch):
    tokenizer = small_tokenizer(family)
    monkeypatch.setattr(tokenizer, "padding_side", side)
    encoded = tokenizer(["one two three", "Ada", "the old mill , where nobody else was"])
    arrays = {name: [np.array(row) for row in rows] for name, rows in encoded.items() if name != "attention_mask"}
    theirs = tokenizer.pad(encoded, return_tensors="pt")
    ours = model_inputs(arrays, tokenizer)
    assert set(ours) == set(theirs)
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]) and tensor.dtype == torch.int64
    first_tokens = theirs["attention_mask"].argmax(1)  # the index of the first 1 is the padding before it
    assert padded_before(arrays, tokenizer).tolist() == first_tokens.tolist()


def test_inputs_of_one_length_have_no_mask():
    tokenizer = small_tokenizer("roberta")
    assert set(model_inputs({"input_ids": [np.array([3, 4]), np.array([5, 6])]}, tokenizer)) == {"input_ids"}


def test_rows_are_filled_with_a_value_on_one_side():
    rows = [np.array([1, 2, 3], dtype=np.int16), np.array([], dtype=np.int16), np.array([4], dtype=np.int16)]
    assert pad(rows, value=-1, side="right").tolist() == [[1, 2, 3], [-1, -1, -1], [4, -1, -1]]
    assert pad(rows, value=-1, side="left").tolist() == [[1, 2, 3], [-1, -1, -1], [-1, -1, 4]]
    assert pad(rows, value=-1, side="left").dtype == torch.int64
