"""How to tag words with an export: each word by itself, or with the scores of tag transitions by pytorch-crf."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.data.encoding import windows
from tunesmith.documents.markdown import python
from tunesmith.exporting import tag_transitions

_TAGS = """
from collections import Counter
from collections.abc import Sequence

import torch
{imports}from transformers import AutoModelForTokenClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForTokenClassification.from_pretrained(".").eval()
{crf}

def tags(words):
    sizes = Counter(tokenizer(words, is_split_into_words=True).word_ids())  # tokens of each word
    capacity = {max_length} - tokenizer.num_special_tokens_to_add()  # tokens in a window
    spans = cut([sizes[number] or 1 for number in range(len(words))], capacity=capacity, shared=min({stride}, capacity // 2))
    best = join([(first, tags_of_window(words[first:last], [sizes[number] for number in range(first, last)])) for first, last in spans])
    return [model.config.id2label[label] for label in best]


def tags_of_window(words, sizes):
    # A word without a token, such as a zero-width space, is read as unknown.
    known = [word if size else "." for word, size in zip(words, sizes)]
    inputs = tokenizer(known, is_split_into_words=True, truncation=True, max_length={max_length}, return_tensors="pt")
    places = inputs.word_ids()
    first = [token for token, word in enumerate(places) if word is not None and word not in places[:token]]
    for token in first:
        if not sizes[places[token]]:
            inputs["input_ids"][0, token] = tokenizer.unk_token_id
    with torch.no_grad():
        scores = model(**inputs).logits[:, first]  # (1, words, labels), of each word's first token
        return {best}


{windows}

print(tags(["Anna", "lives", "in", "Paris", "."]))
"""
_SOFTMAX = {"imports": "", "crf": "", "best": "scores[0].argmax(-1).tolist()"}
_CRF = {
    "imports": "from safetensors.torch import load_file\nfrom torchcrf import CRF\n",
    "crf": 'crf = CRF(model.config.num_labels, batch_first=True)\ncrf.load_state_dict(load_file("crf.safetensors"))\n',
    "best": "crf.decode(scores)[0]",
}
_PIPELINE = """
from transformers import pipeline

tag = pipeline("token-classification", model=".", aggregation_strategy="first")
print(tag("Anna lives in Paris."))
"""


def usage(folder: Path, dataset: Mapping[str, Any], *, constrained: bool) -> str:
    """The section of a model card.

    Args:
        folder: the export.
        dataset: the config's node.
        constrained: the run predicts well-formed BIO sequences only.
    """
    chained = (folder / tag_transitions.FILE).is_file()
    source = _TAGS.format(
        **_CRF if chained else _SOFTMAX,
        max_length=dataset["max_length"],
        stride=dataset["stride"],
        windows="\n\n".join(inspect.getsource(function) for function in (windows.cut, windows.join)),
    )
    long = f"Sentences of more than {dataset['max_length']} tokens are read in overlapping windows, as in training."
    if not chained:
        grouped = (
            "A pipeline groups adjacent words with the same tag. It cuts long sentences, finds words by itself, not always those "
            "that `tags` is given, and for some tokenizers it takes parts of words for words."
        )
        return f"{python(source)}\n\n{long}\n\n{grouped}\n\n{python(_PIPELINE)}"
    forbidden = "; those into a tag that would not be well-formed BIO have -10,000" if constrained else ""
    return (
        f"`{tag_transitions.FILE}` has the scores of tag transitions{forbidden}. `crf.json` has the order of the tags. The model "
        "by itself scores each token's tags (emissions); the best sequence of tags is found by pytorch-crf "
        f"(`pip install pytorch-crf`):\n\n{python(source)}\n\n{long} A `token-classification` pipeline loads this "
        "folder, but takes the best tag of each token by itself: its predictions are not those of this run."
    )
