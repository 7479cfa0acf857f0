"""Questions with long contexts as overlapping windows of token ids, and token spans mapped back to characters."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tunesmith.data.batch import IGNORED
from tunesmith.data.encoding.answers import Answers


def encode_contexts(
    questions: Sequence[str], contexts: Sequence[str], tokenizer: Any, *, max_length: int, stride: int
) -> tuple[dict[str, list[Any]], list[bool]]:
    """Windows that contain the whole question and a part of the context.

    The question comes first, or last for model families that pad on the left, as in their papers.

    Args:
        questions: one for each context.
        contexts: the texts that contain the answers.
        tokenizer: a fast tokenizer.
        max_length: tokens per window.
        stride: overlap of consecutive windows, in tokens of the context; less where a long question leaves less room.

    Returns:
        Columns of the windows: `example`, `input_ids`, `token_type_ids` (if the model has them), `length`, `context`
        (index of its first token, and of the one after its last), `starts` and `ends` (character offsets of the context's
        tokens), `no_answer` (index of the token that stands for no answer: CLS, or an appended end-of-text token for
        tokenizers without CLS); and for each question whether it was truncated to leave half of the window to the
        context.
    """
    # GPT-2 has no CLS: an end-of-text token, which attends to the whole window, stands for no answer.
    appends_end = tokenizer.cls_token_id is None
    max_length -= appends_end
    free = max_length - tokenizer.num_special_tokens_to_add(True)
    question_limit = free // 2
    question_offsets = tokenizer(
        [question.strip() for question in questions],
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )["offset_mapping"]
    cut = [len(offsets) > question_limit for offsets in question_offsets]
    kept = [
        question.strip()[: offsets[question_limit - 1][1]] if too_long else question.strip()
        for question, offsets, too_long in zip(questions, question_offsets, cut, strict=True)
    ]
    question_first = tokenizer.padding_side == "right"
    texts = (kept, list(contexts)) if question_first else (list(contexts), kept)
    lengths = [min(len(offsets), question_limit) for offsets in question_offsets]
    strides = [min(stride, (free - length) // 2) for length in lengths]  # a long question leaves less to its context
    windows: list[tuple[int, Any]] = []  # row, and the encoding of one of its windows
    for overlap in set(strides):
        rows = [row for row, own in enumerate(strides) if own == overlap]
        found = tokenizer(
            *([column[row] for row in rows] for column in texts),
            truncation="only_second" if question_first else "only_first",
            max_length=max_length,
            stride=overlap,
            return_overflowing_tokens=True,
            return_attention_mask=False,
        )
        windows += [
            (rows[row], encoding)
            for row, encoding in zip(found["overflow_to_sample_mapping"], found.encodings, strict=True)
        ]
    windows.sort(key=lambda window: window[0])  # stable: those of a row stay in order
    end = [tokenizer.eos_token_id] * appends_end
    columns: dict[str, list[Any]] = {
        "example": [row for row, _ in windows],
        "input_ids": [encoding.ids + end for _, encoding in windows],
        "length": [len(encoding.ids) + appends_end for _, encoding in windows],
        "context": [],
        "starts": [],
        "ends": [],
        "no_answer": [
            len(encoding.ids)
            if appends_end
            else _cls(encoding.ids, encoding.special_tokens_mask, tokenizer.cls_token_id)
            for _, encoding in windows
        ],
    }
    if "token_type_ids" in tokenizer.model_input_names:
        columns["token_type_ids"] = [encoding.type_ids + [0] * appends_end for _, encoding in windows]
    for _, encoding in windows:
        inside = np.flatnonzero([part == int(question_first) for part in encoding.sequence_ids])
        first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
        offsets = np.array(encoding.offsets)[first:last]
        columns["context"].append([first, last])
        columns["starts"].append(offsets[:, 0])
        columns["ends"].append(offsets[:, 1])
    return columns, cut


def _cls(ids: list[int], special: list[int], cls: int) -> int:
    """Index of the CLS that the tokenizer added: the text may contain the same token."""
    return next(index for index, (token, added) in enumerate(zip(ids, special, strict=True)) if added and token == cls)


def place_of(answers: Answers, windows: dict[str, list[Any]], number: int) -> list[int]:
    """First and last token of the first gold answer in a window; `no_answer` for both if it is not fully inside.

    `IGNORED` for both if no gold answer occurs in the context: that is not known to have no answer.
    """
    if answers.absent:
        return [IGNORED] * 2
    first = windows["context"][number][0]
    starts, ends = windows["starts"][number], windows["ends"][number]
    no_answer = [windows["no_answer"][number]] * 2
    known = [
        (start, start + len(text)) for start, text in zip(answers.starts, answers.texts, strict=True) if start >= 0
    ]
    if not known or not len(starts):
        return no_answer
    start, end = known[0]
    if start < starts[0] or end > ends[-1]:
        return no_answer
    begin = int(np.searchsorted(starts, start, side="right")) - 1
    stop = int(np.searchsorted(ends, end, side="left"))
    return [first + begin, first + max(stop, begin)]


def best_spans(
    split: Any, outputs: dict[str, list[np.ndarray]], contexts: Sequence[str], *, n_best: int
) -> Iterator[tuple[list[tuple[int, int]], list[float], float]]:
    """For each example the best character spans of its windows, best first, each text once; their scores; null score.

    Args:
        split: an `EncodedSplit` of questions.
        outputs: of the span head, for each window: `first` and `last`, (n_best,) token indices relative to the
            context's first token; their `score`, (n_best,); and `null_score`.
        contexts: of each example.
        n_best: maximum number of spans per example.
    """
    starts, ends = split.lists("starts"), split.lists("ends")
    members: list[list[int]] = [[] for _ in contexts]
    for window, example in enumerate(split.numbers("example").tolist()):
        members[example].append(window)
    for example, windows in enumerate(members):
        scores = np.concatenate([outputs["score"][window] for window in windows])
        begin, stop = (
            np.concatenate([_characters(outputs[name][window], bounds[window]) for window in windows])
            for name, bounds in (("first", starts), ("last", ends))
        )
        spans: dict[str, tuple[tuple[int, int], float]] = {}
        for candidate in np.argsort(-scores, kind="stable").tolist():
            if len(spans) == n_best or not np.isfinite(scores[candidate]):
                break
            span = (int(begin[candidate]), int(stop[candidate]))
            text = contexts[example][span[0] : span[1]].strip()
            if text:
                spans.setdefault(text, (span, float(scores[candidate])))
        null_score = min(float(outputs["null_score"][window]) for window in windows)
        yield [span for span, _ in spans.values()], [score for _, score in spans.values()], null_score


def _characters(tokens: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The character offset of each token of a window; arbitrary for spans that do not exist, which have a score of -inf."""
    return bounds[np.clip(tokens, 0, len(bounds) - 1)] if len(bounds) else np.zeros_like(tokens)
