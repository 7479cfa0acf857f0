"""Token ids as a model takes them: their Arrow types, and padded batches."""

from typing import Any

import datasets
import numpy as np
from torch import Tensor

from tunesmith.data.padding import pad


def input_types(tokenizer: Any) -> dict[str, Any]:
    """The Arrow types of a window's token ids, its length and the number of its example."""
    types: dict[str, Any] = {"example": datasets.Value("int32"), "length": datasets.Value("int32")}
    types["input_ids"] = datasets.List(datasets.Value("uint16" if len(tokenizer) < 2**16 else "int32"))
    if "token_type_ids" in tokenizer.model_input_names:
        types["token_type_ids"] = datasets.List(datasets.Value("uint8"))
    return types


def model_inputs(arrays: dict[str, list[Any]], tokenizer: Any) -> dict[str, Tensor]:
    """The model's arguments, padded on the side and with the ids that the tokenizer says."""
    side = tokenizer.padding_side
    inputs = {"input_ids": pad(arrays["input_ids"], value=tokenizer.pad_token_id, side=side)}
    lengths = [len(ids) for ids in arrays["input_ids"]]
    if min(lengths) < max(lengths):  # without padding no mask, which lets attention take its quickest path
        ones = [np.ones(length, dtype=np.int64) for length in lengths]
        inputs["attention_mask"] = pad(ones, value=0, side=side)
    if "token_type_ids" in arrays:
        inputs["token_type_ids"] = pad(arrays["token_type_ids"], value=tokenizer.pad_token_type_id, side=side)
    return inputs


def padded_before(arrays: dict[str, list[Any]], tokenizer: Any) -> np.ndarray:
    """(batch,) how many padding tokens stand before each window's own."""
    lengths = np.array([len(ids) for ids in arrays["input_ids"]])
    return lengths.max() - lengths if tokenizer.padding_side == "left" else np.zeros_like(lengths)
