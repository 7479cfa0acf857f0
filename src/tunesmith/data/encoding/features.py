"""The Arrow types of a window's token ids."""

from typing import Any

import datasets


def input_types(tokenizer: Any) -> dict[str, Any]:
    """The Arrow types of a window's token ids, its length and the index of its example."""
    types: dict[str, Any] = {"example": datasets.Value("int32"), "length": datasets.Value("int32")}
    types["input_ids"] = datasets.List(datasets.Value("uint16" if len(tokenizer) < 2**16 else "int32"))
    if "token_type_ids" in tokenizer.model_input_names:
        types["token_type_ids"] = datasets.List(datasets.Value("uint8"))
    return types
