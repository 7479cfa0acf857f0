"""How to answer questions with an export: the best span of the context by the sum of its ends' logits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.exporting.markdown import python

_ANSWER = """
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForQuestionAnswering.from_pretrained(".").eval()


def answer(question, context):
    inputs = tokenizer({texts}, truncation="{truncated}", {options}return_tensors="pt")
    inside = torch.tensor([part == {context} for part in inputs.sequence_ids()])  # the tokens of the context
    offsets = inputs.pop("offset_mapping")[0].tolist()
{appended}    with torch.no_grad():
        output = model(**inputs)
    scores = output.start_logits[0, :, None] + output.end_logits[0, None, :]  # (first tokens, last tokens)
    spans = torch.ones_like(scores, dtype=torch.bool).triu().tril({longest} - 1) & inside[:, None] & inside
    first, last = divmod(int(scores.masked_fill(~spans, -torch.inf).argmax()), len(scores))
{unanswered}    return context[offsets[first][0] : offsets[last][1]].strip()


print(answer("Who lives in Paris?", "Anna lives in Paris."))
"""
_APPENDED = """    end = torch.tensor([[tokenizer.eos_token_id]])  # stands for no answer
    inputs, inside = {"input_ids": torch.cat([inputs["input_ids"], end], 1)}, torch.nn.functional.pad(inside, (0, 1))
"""
_UNANSWERED = """    if scores[{place}, {place}] - scores[first, last] > {threshold!r}:  # tuned on the validation split
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
    options, appended, unanswered = "return_offsets_mapping=True, ", "", ""
    if unanswerable:
        place = 0 if question_first and cls else -1
        unanswered = _UNANSWERED.format(place=place, threshold=float(threshold or 0.0))
        if not cls:
            appended = _APPENDED
            options = f"max_length={dataset['max_length'] - 1}, {options}"
    source = _ANSWER.format(
        texts="question.strip(), context" if question_first else "context, question.strip()",
        truncated="only_second" if question_first else "only_first",
        context=int(question_first),
        options=options,
        longest=int(dataset["max_answer_length"]),
        appended=appended,
        unanswered=unanswered,
    )
    return (
        f"{python(source)}\n\nContexts that do not fit into {dataset['max_length']} tokens with the question are cut here; "
        "`tunesmith predict` reads them in overlapping windows."
    )
