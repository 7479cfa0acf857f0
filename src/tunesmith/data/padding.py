"""Padding of windows to the longest of a batch, on the tokenizer's padding side and with its padding ids."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch


def model_inputs(arrays: dict[str, list[Any]], tokenizer: Any) -> dict[str, torch.Tensor]:
    """The model's arguments, padded on the tokenizer's padding side with its padding ids."""
    side = tokenizer.padding_side
    inputs = {"input_ids": pad(arrays["input_ids"], value=tokenizer.pad_token_id, side=side)}
    lengths = [len(ids) for ids in arrays["input_ids"]]
    if min(lengths) < max(lengths):  # no mask without padding, so that attention can use its fastest kernel
        ones = [np.ones(length) for length in lengths]
        inputs["attention_mask"] = pad(ones, value=0, side=side)
    if "token_type_ids" in arrays:
        inputs["token_type_ids"] = pad(arrays["token_type_ids"], value=tokenizer.pad_token_type_id, side=side)
    return inputs


def padded_before(arrays: dict[str, list[Any]], tokenizer: Any) -> np.ndarray:
    """(batch,) number of padding tokens before each window."""
    lengths = np.array([len(ids) for ids in arrays["input_ids"]])
    return lengths.max() - lengths if tokenizer.padding_side == "left" else np.zeros_like(lengths)


def pad(rows: Sequence[np.ndarray], *, value: int, side: Literal["left", "right"]) -> torch.Tensor:
    """An int64 tensor of shape (rows, longest row), filled with `value` on one side."""
    longest = max(len(row) for row in rows)
    padded = np.full((len(rows), longest), value, dtype=np.int64)
    for number, row in enumerate(rows):
        if side == "right":
            padded[number, : len(row)] = row
        else:
            padded[number, longest - len(row) :] = row
    return torch.from_numpy(padded)
