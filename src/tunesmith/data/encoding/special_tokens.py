"""Special tokens that are written in a text, such as [SEP] or <s>: text like any other, and counted.

A tokenizer takes them for its own special tokens unless its `split_special_tokens` is on, which `save_pretrained` keeps. Runs
of version 0.1 were trained without it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def read_as_text(tokenizer: Any) -> None:
    """Let a fast tokenizer read written special tokens as text, now and whenever it is loaded again.

    Tokens that a user added to the tokenizer (its `extra_special_tokens`, such as markers of entities) stay tokens.
    """
    from tokenizers import Tokenizer

    tokenizer.split_special_tokens = tokenizer.init_kwargs["split_special_tokens"] = True
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    for token in backend["added_tokens"]:
        token["special"] &= token["content"] not in tokenizer.extra_special_tokens
    if backend["model"]["type"] == "Unigram":  # whose vocabulary has the special tokens among its pieces
        steps = backend["normalizer"]
        steps = steps["normalizers"] if steps and steps["type"] == "Sequence" else [steps] if steps else []
        own = [token["content"] for token in backend["added_tokens"] if token["special"]]
        new = [_parted(token) for token in own if len(token) > 1 and _parted(token) not in steps]
        backend["normalizer"] = {"type": "Sequence", "normalizers": steps + new}
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(backend))
    tokenizer._tokenizer.encode_special_tokens = True


def _parted(token: str) -> Any:
    """The step of a normalizer that writes `< s>` for `<s>`."""
    return {"type": "Replace", "pattern": {"String": token}, "content": f"{token[0]} {token[1:]}"}


class Written:
    """Counts rows whose texts have a special token in them.

    Args:
        tokenizer: a fast tokenizer.
        task: whose columns of texts are searched.
    """

    def __init__(self, tokenizer: Any, task: Any) -> None:
        extra = tokenizer.extra_special_tokens
        found = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
        tokens = sorted({token for token in found if token not in extra}, key=lambda token: (-len(token), token))
        self._pattern = re.compile("|".join(map(re.escape, tokens)) or r"(?!)")
        self._columns = getattr(task, "searched_columns", task.text_columns)
        self._as_text = tokenizer.split_special_tokens
        self.rows = 0
        self.example = ""

    def counted(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows, which are counted as they pass."""
        for row in rows:
            found = next((match for text in _texts(row, self._columns) if (match := self._pattern.search(text))), None)
            if found is not None:
                self.rows += 1
                self.example = self.example or found[0]
            yield row

    @property
    def note(self) -> str:
        """What is said of the rows."""
        how = "text" if self._as_text else "that token, as in the run's training"
        return f"with a special token such as {self.example} in the text, read as {how}"


def _texts(row: Mapping[str, Any], columns: Iterable[str]) -> Iterator[str]:
    for column in columns:
        cell = row.get(column)
        yield from (part for part in (cell if isinstance(cell, list | tuple) else [cell]) if isinstance(part, str))
