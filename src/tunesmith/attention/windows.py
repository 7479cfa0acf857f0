"""What a model looks at in a row of the input: the tokens of a window, and their attention weights.

The model reads the row as it does for `predict`, in evaluation mode and float32. Language models read the text without
masks. A row of several windows is shown by one: that of the answer for a question, else the first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tunesmith.attention.tokens import Token, readable
from tunesmith.backbones.attention_weights import attention_weights
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.errors import UserError
from tunesmith.errors.messages import shortened


@dataclass(frozen=True)
class Window:
    """A window of a row.

    Attributes:
        tokens: of the window.
        weights: (layers, heads, tokens, tokens): of each head, from the token that looks to those that it looks at.
        parts: the first token of a second text, if there is one.
        sources: names of what looks, such as the token whose hidden state the head reads, and its tokens.
        causal: whether tokens only look back.
        notes: what was cut, and what the model predicts.
    """

    tokens: list[Token]
    weights: np.ndarray
    parts: list[int]
    sources: dict[str, list[int]]
    causal: bool
    notes: list[str]


@torch.inference_mode()
def window(row: Mapping[str, Any], *, shown: str, module: Any, task: Any, tokenizer: Any) -> Window:
    """The window of a row.

    Args:
        row: with the model's text columns.
        shown: what messages call the row.
        module: in evaluation mode, on the CPU.
        task: the model's.
        tokenizer: the model's.

    Raises:
        UserError: for a row without text, or that the task cannot read.
    """
    _check_texts(row, task, shown)
    try:
        split = EncodedSplit.of(
            [{column: value for column, value in row.items() if column not in task.gold_columns}],
            task=task,
            tokenizer=tokenizer,
        )
    except ValueError as error:
        raise UserError(f"{shown}: {error}") from error
    number, notes = 0, _notes(split, task)
    sources: dict[str, list[int]] = {}
    if hasattr(task, "answer"):
        number, sources, note = _answer(split, module, task)
        notes.append(note)
    elif not hasattr(module.head, "prepare") and len(split) == 1:
        notes += _prediction(split, module, task)
    if len(split) > 1:
        notes.append(f"Window {number + 1} of {len(split):,} is shown, as the text is longer than a window.")
    batch = split[np.array([number])]
    tokens = readable(batch.inputs["input_ids"][0].tolist(), tokenizer)
    if all(token.special for token in tokens):
        raise UserError(f"{shown}: the tokenizer finds no token in the text; fill it or drop the row")
    weights = np.stack([layer[0].numpy() for layer in attention_weights(module.backbone, batch)])
    pooled = 0 if module.backbone.cls_is_first else len(tokens) - 1
    name = tokens[pooled].text
    pooled_name = name if tokens[pooled].special else f"the last token ({shortened(name)})"
    return Window(
        tokens,
        weights,
        _parts(split, number, tokens, task, tokenizer),
        {pooled_name: [pooled]} | sources,
        causal=not np.triu(weights, 1).any() and len(tokens) > 1,
        notes=notes,
    )


def _check_texts(row: Mapping[str, Any], task: Any, shown: str) -> None:
    for column in task.text_columns:
        text = row[column]
        if text is None or not (text.strip() if isinstance(text, str) else str(text)) or text == []:
            raise UserError(f"{shown}: the {shortened(column)} is empty; expected a text; fill it or drop the row")


def _notes(split: EncodedSplit, task: Any) -> list[str]:
    return [f"This row was {text}." for column, text in _CUT.items() if _is_true(split, column, task)]


_CUT = {
    "truncated": "longer than dataset.max_length, so its end was cut: the model did not read it",
    "cut": "a question that leaves too little room for its context, so the question's end was cut",
    "unknown": "read with unknown tokens for some words, for which the tokenizer has none",
}


def _is_true(split: EncodedSplit, column: str, task: Any) -> bool:
    return column in task.counted and bool(split.examples.data.column(column).to_pylist()[0])


def _prediction(split: EncodedSplit, module: Any, task: Any) -> list[str]:
    """The prediction for a text, if it is one label, several or a number."""
    found = task.shown(task.assemble(split, split.in_order(_decoded(split, module)))[0]).get("prediction")
    if found is None:
        return []
    if isinstance(found, list | tuple):
        return [f"Predicted: {', '.join(map(str, found)) or 'no label'}."]
    return [f"Predicted: {found:.4f}." if isinstance(found, float) else f"Predicted: {found}."]


def _decoded(split: EncodedSplit, module: Any) -> Iterator[tuple[np.ndarray, dict[str, torch.Tensor]]]:
    for number in range(len(split)):
        batch = split[np.array([number])]
        yield batch.rows, module.head.decode(module(batch).scores, batch)


def _answer(split: EncodedSplit, module: Any, task: Any) -> tuple[int, dict[str, list[int]], str]:
    """The window with the predicted answer, its tokens, and a note."""
    outputs = split.in_order(_decoded(split, module))
    found = task.assemble(split, outputs)[0]
    answer = task.answer(found)
    context = split.examples.data.column(task.context).to_pylist()[0]
    if answer:
        starts, ends, begins = (split.lists(name) for name in ("starts", "ends", "context"))
        for number, place in _best_first(outputs):
            first, last = int(outputs["first"][number][place]), int(outputs["last"][number][place])
            if context[starts[number][first] : ends[number][last]].strip() == answer:
                begin = int(begins[number][0])
                return (
                    number,
                    {f"the answer ({shortened(answer)})": list(range(begin + first, begin + last + 1))},
                    f"Predicted answer: {answer}",
                )
    number = int(np.argmin(np.array(outputs["null_score"])))
    return number, {}, "The model predicts that the question has no answer."


def _best_first(outputs: dict[str, list[np.ndarray]]) -> Iterator[tuple[int, int]]:
    """(window, candidate), the best span first; of equal ones the first."""
    scores = [
        (-float(score), number, place)
        for number, own in enumerate(outputs["score"])
        for place, score in enumerate(own)
        if np.isfinite(score)
    ]
    return ((number, place) for _, number, place in sorted(scores))


def _parts(split: EncodedSplit, number: int, tokens: list[Token], task: Any, tokenizer: Any) -> list[int]:
    """The first token of the second text of a pair; the tokenizer says which text a token is from."""
    if hasattr(task, "answer"):
        first, last = split.lists("context")[number].tolist()
        question_first = tokenizer.padding_side == "right"
        return [
            first if question_first else next(place for place in range(last, len(tokens)) if not tokens[place].special)
        ]
    if len(task.text_columns) < 2:
        return []
    texts = [split.examples.data.column(column).to_pylist() for column in task.text_columns]
    found = tokenizer(*texts, truncation="longest_first", max_length=task.max_length)
    assert found["input_ids"][0] == split.lists("input_ids")[number].tolist()
    return [place for place, part in enumerate(found.encodings[0].sequence_ids) if part == 1][:1]
