"""Questions and long contexts as overlapping windows of token ids, and spans of tokens back as spans of characters."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tunesmith.data.encoding.answers import Answers


def encode_contexts(
    questions: Sequence[str], contexts: Sequence[str], tokenizer: Any, *, max_length: int, stride: int
) -> tuple[dict[str, list[Any]], list[bool]]:
    """Windows that hold the whole question and a part of the context.

    The question comes first, or last for the families that pad on the left, as in their own papers.

    Args:
        questions: one for each context.
        contexts: the texts that hold the answers.
        tokenizer: a fast one.
        max_length: tokens of a window.
        stride: tokens of the context that two windows share.

    Returns:
        Columns of the windows: `example`, `input_ids`, perhaps `token_type_ids`, `length`, `context` (the place of its first
        token and the one past its last), `starts` and `ends` (characters of each token of the context), `no_answer` (the
        place that stands for no answer: CLS, or an end of text that is put behind where there is no CLS); and for each question whether it
        was so long that it had to be cut to leave half of the window to the context.
    """
    closes = (
        tokenizer.cls_token_id is None
    )  # GPT-2: a token behind the text stands for no answer, as it has seen all of it
    max_length -= closes
    free = max_length - tokenizer.num_special_tokens_to_add(True)
    room = free // 2
    short = tokenizer(
        [question.strip() for question in questions],
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )["offset_mapping"]
    cut = [len(offsets) > room for offsets in short]
    kept = [
        question.strip()[: offsets[room - 1][1]] if long else question.strip()
        for question, offsets, long in zip(questions, short, cut, strict=True)
    ]
    after = tokenizer.padding_side == "right"
    texts = (kept, list(contexts)) if after else (list(contexts), kept)
    longest = max(min(len(offsets), room) for offsets in short)
    found = tokenizer(
        *texts,
        truncation="only_second" if after else "only_first",
        max_length=max_length,
        stride=min(stride, (free - longest) // 2),
        return_overflowing_tokens=True,
        return_attention_mask=False,
    )
    end = [tokenizer.eos_token_id] * closes
    windows = [ids + end for ids in found["input_ids"]]
    columns: dict[str, list[Any]] = {
        "example": list(found["overflow_to_sample_mapping"]),
        "input_ids": windows,
        "length": [len(ids) for ids in windows],
        "context": [],
        "starts": [],
        "ends": [],
        "no_answer": [len(ids) - 1 if closes else ids.index(tokenizer.cls_token_id) for ids in windows],
    }
    if "token_type_ids" in found:
        columns["token_type_ids"] = [types + [0] * closes for types in found["token_type_ids"]]
    for encoding in found.encodings:
        parts = np.array([-1 if part is None else part for part in encoding.sequence_ids])
        inside = np.flatnonzero(parts == int(after))
        first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
        offsets = np.array(encoding.offsets).reshape(-1, 2)[first:last]
        columns["context"].append([first, last])
        columns["starts"].append(offsets[:, 0])
        columns["ends"].append(offsets[:, 1])
    return columns, cut


def place_of(answers: Answers, windows: dict[str, list[Any]], number: int) -> list[int]:
    """First and last token of the first gold answer in a window; twice `no_answer` if it does not lie there whole."""
    first = windows["context"][number][0]
    starts, ends = windows["starts"][number], windows["ends"][number]
    nowhere = [windows["no_answer"][number]] * 2
    known = [
        (start, start + len(text)) for start, text in zip(answers.starts, answers.texts, strict=True) if start >= 0
    ]
    if not known or not len(starts):
        return nowhere
    start, end = known[0]
    if start < starts[0] or end > ends[-1] or start == end:
        return nowhere
    begin = int(np.searchsorted(starts, start, side="right")) - 1
    stop = int(np.searchsorted(ends, end, side="left"))
    return [first + begin, first + max(stop, begin)]


def best_spans(
    split: Any, outputs: dict[str, list[np.ndarray]], contexts: Sequence[str], *, n_best: int
) -> Iterator[tuple[list[tuple[int, int]], list[float], float]]:
    """For each example the best spans (characters) over its windows, best first, each text once; their scores; the null score.

    Args:
        split: an `EncodedSplit` of questions.
        outputs: of the span head, for each window: `first` and `last` (n_best,) tokens of the padded batch, counted from
            the context's first token; their `score` (n_best,); and `null_score`.
        contexts: of each example.
        n_best: spans of an example at most.
    """
    starts, ends = split.lists("starts"), split.lists("ends")
    members: list[list[int]] = [[] for _ in contexts]
    for window, example in enumerate(split.numbers("example").tolist()):
        members[example].append(window)
    for example, windows in enumerate(members):
        scores = np.concatenate([outputs["score"][window] for window in windows])
        begin, stop = (
            np.concatenate([bounds[window][_inside(outputs[name][window], bounds[window])] for window in windows])
            for name, bounds in (("first", starts), ("last", ends))
        )
        spans: dict[str, tuple[tuple[int, int], float]] = {}
        for place in np.argsort(-scores, kind="stable").tolist():
            if len(spans) == n_best or not np.isfinite(scores[place]):
                break
            span = (int(begin[place]), int(stop[place]))
            text = contexts[example][span[0] : span[1]].strip()
            if text:
                spans.setdefault(text, (span, float(scores[place])))
        null_score = min(float(outputs["null_score"][window]) for window in windows)
        yield [span for span, _ in spans.values()], [score for _, score in spans.values()], null_score


def _inside(places: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    # Spans that do not exist have a score of -inf and any place at all.
    return np.clip(places, 0, max(len(bounds) - 1, 0))
