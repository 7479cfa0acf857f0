"""Texts or pairs of texts as token ids, with the tokenizer's special tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.errors.messages import shortened


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of some texts.

    Attributes:
        input_ids: of each text, at least one.
        token_type_ids: likewise; empty if the model has none.
        truncated: whether each text was longer than allowed.
    """

    input_ids: list[list[int]]
    token_type_ids: list[list[int]]
    truncated: list[bool]


def encode_texts(*columns: Sequence[str], tokenizer: Any, max_length: int) -> EncodedTexts:
    """Tokenise texts, or pairs from two columns, truncated to `max_length` tokens, the longer text of a pair first."""
    texts = [list(column) for column in columns]
    found = tokenizer(*texts, truncation="longest_first", max_length=max_length, return_attention_mask=False)
    # GPT-2's tokenizer returns no token for an empty text, but a model needs at least one.
    fallback = tokenizer(".")["input_ids"] or [tokenizer.unk_token_id]
    ids = [given or fallback for given in found["input_ids"]]
    # Empty if the tokenizer returns none.
    types = [given or [0] * len(own) for given, own in zip(found.get("token_type_ids", ()), ids, strict=False)]
    return EncodedTexts(ids, types, [bool(encoding.overflowing) for encoding in found.encodings])


def as_text(cell: Any) -> str:
    """A cell of a row as text; an empty string if the cell is missing.

    Raises:
        ValueError: for a list, an object or bytes, which are no text.
    """
    if isinstance(cell, list | tuple | dict | bytes):
        kind = "an object" if isinstance(cell, dict) else "bytes" if isinstance(cell, bytes) else "a list"
        raise ValueError(f"{shortened(str(cell))} is {kind}; expected a text")
    return "" if cell is None else str(cell)
