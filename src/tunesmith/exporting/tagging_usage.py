"""How to tag words with an export: each word by itself, or with the scores of tag transitions by pytorch-crf."""

from pathlib import Path

from tunesmith.exporting import tag_transitions
from tunesmith.exporting.markdown import python

_TAGS = """
import torch
{imports}from transformers import AutoModelForTokenClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForTokenClassification.from_pretrained(".").eval()
{crf}

def tags(words):
    # A word without a token, such as a zero-width space, is read as unknown.
    sizes = [len(tokenizer([word], is_split_into_words=True, add_special_tokens=False)["input_ids"]) for word in words]
    known = [word if size else "." for word, size in zip(words, sizes)]
    inputs = tokenizer(known, is_split_into_words=True, truncation=True, return_tensors="pt")
    places = inputs.word_ids()
    first = [token for token, word in enumerate(places) if word is not None and word not in places[:token]]
    for token in first:
        if not sizes[places[token]]:
            inputs["input_ids"][0, token] = tokenizer.unk_token_id
    with torch.no_grad():
        scores = model(**inputs).logits[:, first]  # (1, words, labels), of each word's first token
        best = {best}
    return [model.config.id2label[label] for label in best]


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


def usage(folder: Path, *, constrained: bool, max_length: int) -> str:
    """The section of a model card.

    Args:
        folder: the export.
        constrained: the run predicts well-formed BIO sequences only.
        max_length: tokens of a window.
    """
    cut = f"Sentences of more than {max_length} tokens are cut here; `tunesmith predict` reads them in overlapping windows."
    if not (folder / tag_transitions.FILE).is_file():
        grouped = (
            "A pipeline groups adjacent words with the same tag. It finds words by itself, not always those that `tags` is "
            "given, and for some tokenizers it takes parts of words for words."
        )
        return f"{python(_TAGS.format(**_SOFTMAX))}\n\n{cut}\n\n{grouped}\n\n{python(_PIPELINE)}"
    forbidden = "; those into a tag that would not be well-formed BIO have -10,000" if constrained else ""
    return (
        f"`{tag_transitions.FILE}` has the scores of tag transitions{forbidden}. `crf.json` has the order of the tags. The model "
        "by itself scores each token's tags (emissions); the best sequence of tags is found by pytorch-crf "
        f"(`pip install pytorch-crf`):\n\n{python(_TAGS.format(**_CRF))}\n\n{cut} A `token-classification` pipeline loads this "
        "folder, but takes the best tag of each token by itself: its predictions are not those of this run."
    )
