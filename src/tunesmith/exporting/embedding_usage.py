"""How to compute the embeddings of a contrastive run, from the files that sentence-transformers reads."""

import re
from pathlib import Path
from typing import Any

from tunesmith.documents.markdown import python
from tunesmith.errors import UserError
from tunesmith.storage.bounded_files import read_json

_SENTENCE_TRANSFORMERS = """
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(".")
print(model.encode(["A first text.", "A second text."]).shape)
"""
_TRANSFORMERS = """
import torch
from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModel.from_pretrained(".").eval()

texts = ["A first text.", "A second text."]
inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
with torch.no_grad():
    output = model(**inputs{options})
hidden = {hidden}  # (texts, tokens, width)
mask = inputs["attention_mask"]
embeddings = {pooled}  # (texts, width)
{layer}print(embeddings.shape)
"""
_POOLED = {
    "pooling_mode_cls_token": "hidden[:, 0]",
    "pooling_mode_mean_tokens": "(hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)",
    "pooling_mode_lasttoken": "hidden[torch.arange(len(texts)), mask.cumsum(1).argmax(1)]",
}
_LAYER = """
from safetensors.torch import load_file

dense = load_file("{path}/model.safetensors")
embeddings = torch.tanh(embeddings @ dense["linear.weight"].T + dense["linear.bias"])
"""


def usage(folder: Path) -> str:
    """The section of a model card: with sentence-transformers, and with transformers alone."""
    modules = {module["type"].rpartition(".")[2]: module["path"] for module in _read(folder / "modules.json")}
    if wrong := [path for path in modules.values() if not re.fullmatch(r"(\d_\w+)?", path)]:
        raise UserError(f"modules.json names the folder {wrong[0]!r}; expected one such as 1_Pooling")
    pooling = _read(folder / modules["Pooling"] / "config.json")
    averaged = "WeightedLayerPooling" in modules
    alone = _TRANSFORMERS.format(
        options=", output_hidden_states=True" if averaged else "",
        hidden="(output.hidden_states[1] + output.last_hidden_state) / 2" if averaged else "output.last_hidden_state",
        pooled=next(source for mode, source in _POOLED.items() if pooling[mode]),
        layer=_LAYER.format(path=modules["Dense"]).lstrip("\n") if "Dense" in modules else "",
    )
    return f"{python(_SENTENCE_TRANSFORMERS)}\n\nWith `transformers` alone:\n\n{python(alone)}"


def _read(file: Path) -> Any:
    return read_json(file)
