"""How to answer questions with an export: the best span of the context by the sum of its ends' logits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.documents.markdown import python

_ANSWER = """
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForQuestionAnswering.from_pretrained(".").eval()


def answer(question, context):
    free = {max_length} - tokenizer.num_special_tokens_to_add(pair=True)  # tokens of question and context in a window
    question = question.strip()
    pieces = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    if len(pieces) > free // 2:
        pieces = pieces[: free // 2]
        question = question[: pieces[-1][1]]
    windows = tokenizer(
        {texts},
        truncation="{truncated}",
        max_length={max_length},
        stride=min({stride}, (free - len(pieces)) // 2),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    best, text, unanswered = -torch.inf, "", torch.inf
    for window, offsets in enumerate(windows["offset_mapping"]):
        inputs = {{name: torch.tensor([windows[name][window]]) for name in tokenizer.model_input_names if name in windows}}
        inside = torch.tensor([part == {context} for part in windows.sequence_ids(window)])  # the tokens of the context
{appended}        with torch.no_grad():
            output = model(**inputs)
        scores = output.start_logits[0, :, None] + output.end_logits[0, None, :]  # (first tokens, last tokens)
        spans = torch.ones_like(scores, dtype=torch.bool).triu().tril({longest} - 1) & inside[:, None] & inside
        first, last = divmod(int(scores.masked_fill(~spans, -torch.inf).argmax()), len(scores))
        if inside.any() and scores[first, last] > best:
            best, text = scores[first, last], context[offsets[first][0] : offsets[last][1]].strip()
{no_answer}{threshold}    return text


print(answer("Who lives in Paris?", "Anna lives in Paris."))
"""
_APPENDED = """        end = torch.tensor([[tokenizer.eos_token_id]])  # stands for no answer
        inputs, inside = {"input_ids": torch.cat([inputs["input_ids"], end], 1)}, torch.nn.functional.pad(inside, (0, 1))
"""
_NO_ANSWER = "        unanswered = min(unanswered, scores[{place}, {place}])\n"
_THRESHOLD = """    if unanswered - best > {threshold!r}:  # tuned on the validation split
        return ""
"""


def usage(folder: Path, dataset: Mapping[str, Any], *, threshold: float | None) -> str:
    """The section of a model card.

    Args:
        folder: the export.
        dataset: the config's node.
        threshold: null odds above which there is no answer; None if it was not tuned.
    """
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    question_first = tokenizer.get("padding_side", "right") == "right"  # as in `data.encoding.contexts`
    unanswerable, cls = dataset["unanswerable"], tokenizer.get("cls_token")
    source = _ANSWER.format(
        texts="question, context" if question_first else "context, question",
        truncated="only_second" if question_first else "only_first",
        context=int(question_first),
        max_length=dataset["max_length"] - (cls is None),  # of GPT-2: see `appended`
        stride=int(dataset["stride"]),
        longest=int(dataset["max_answer_length"]),
        appended="" if cls else _APPENDED,
        no_answer=_NO_ANSWER.format(place=0 if question_first and cls else -1) if unanswerable else "",
        threshold=_THRESHOLD.format(threshold=float(threshold or 0.0)) if unanswerable else "",
    )
    return (
        f"{python(source)}\n\nContexts that do not fit into {dataset['max_length']} tokens with the question are read in "
        "overlapping windows, and questions of more than half as many tokens are cut, as in training."
    )
