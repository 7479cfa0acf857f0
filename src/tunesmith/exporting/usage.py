"""How to use an export with `transformers`: Python for a model card, run in the export's folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.documents.markdown import code, python
from tunesmith.exporting import embedding_usage, head_weights, question_usage, tagging_usage
from tunesmith.exporting.own_class import architecture, transformers_class
from tunesmith.heads.classification import LABEL_THRESHOLD

_CLASSIFY = """
from transformers import pipeline

classify = pipeline("text-classification", model=".", truncation=True)
print(classify({text}, top_k=None))
"""
_SEVERAL_LABELS = """
def labels(text):
    scores = {{entry["label"]: entry["score"] for entry in classify(text, top_k=None)}}
    return [label for label in classify.model.config.id2label.values() if scores[label] > {threshold}]


print(labels({text}))
"""
_FILL = """
from transformers import pipeline

fill = pipeline("fill-mask", model=".")
print(fill(f"A text with a {fill.tokenizer.mask_token} in it."))
"""
_MASKS = (
    "Special tokens that are written in a text, such as the mask, are those tokens here. In training they were text: set "
    "`split_special_tokens=True` on the tokenizer for that."
)
_GENERATE = """
from transformers import pipeline

generate = pipeline("text-generation", model=".")
print(generate("A text that", max_new_tokens=20))
"""
_HEAD = """
from safetensors.torch import load_file
from transformers import AutoTokenizer, {name}

tokenizer = AutoTokenizer.from_pretrained(".")
model = {name}.from_pretrained(".").eval()
head = load_file("head.safetensors")  # a state dict
print({{name: tuple(weight.shape) for name, weight in head.items()}})
"""


def usage(folder: Path, dataset: Mapping[str, Any], head: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """The section of a model card.

    Args:
        folder: the export.
        dataset: the config's node.
        head: the config's node.
        state: the run's model/task.json.
    """
    name, target = architecture(folder), str(head["_target_"])
    if (folder / head_weights.FILE).is_file():
        return _head(name, target)
    text = _of_task(folder, name, dataset, head, state)
    if target.startswith("tunesmith."):
        return text
    return f"The run's head is {code(target)}. What its code does besides the class {code(name)} is not in this folder.\n\n{text}".strip()


def _of_task(
    folder: Path, name: str | None, dataset: Mapping[str, Any], head: Mapping[str, Any], state: Mapping[str, Any]
) -> str:
    task = dataset["task"]
    if task == "text_classification":
        return _classify(dataset)
    if task == "token_classification":
        return tagging_usage.usage(folder, dataset, constrained=bool(head.get("constrained")))
    if task == "question_answering":
        return question_usage.usage(folder, dataset, threshold=state.get("threshold"))
    if task == "language_modeling":
        if not str(name).endswith("ForMaskedLM"):
            return python(_GENERATE)
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        return python(_FILL) + (f"\n\n{_MASKS}" if "split_special_tokens" in settings else "")
    if task == "contrastive" and (folder / "modules.json").is_file():
        return embedding_usage.usage(folder)
    return ""


def _classify(dataset: Mapping[str, Any]) -> str:
    text = '{"text": "A first text.", "text_pair": "A second text."}' if dataset.get("text_pair") else '"A text."'
    cut = f"Texts of more than {dataset['max_length']} tokens are cut, as in training."
    one = python(_CLASSIFY.format(text=text))
    if dataset["problem"] != "multi_label":
        return f"{one}\n\n{cut}"
    several = python(_SEVERAL_LABELS.format(text=text, threshold=LABEL_THRESHOLD))
    return f"{one}\n\nThe labels of a text are those with a score above {LABEL_THRESHOLD}, none or several:\n\n{several}\n\n{cut}"


def pipeline_tag(folder: Path, task: str) -> str | None:
    """The hub's name of the task; None for tasks and heads that it does not know."""
    if (folder / head_weights.FILE).is_file():
        return None
    masked = str(architecture(folder)).endswith("ForMaskedLM")
    return {
        "text_classification": "text-classification",
        "token_classification": "token-classification",
        "question_answering": "question-answering",
        "language_modeling": "fill-mask" if masked else "text-generation",
        "contrastive": "sentence-similarity",
    }.get(task)


def _head(name: str | None, target: str) -> str:
    text = (
        f"{code(head_weights.FILE)} has the weights of {code(target)}, `head.json` its settings. The model's class "
        f"{code(name)} does not use them: its outputs alone are not this model's predictions. Load them into that head, or use "
        "the run with `tunesmith predict`."
    )
    return text + ("\n\n" + python(_HEAD.format(name=name)) if transformers_class(name) is not None else "")
