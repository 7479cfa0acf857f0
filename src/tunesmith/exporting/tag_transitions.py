"""Scores of tag transitions beside a tagging model, as pytorch-crf's `CRF` loads them.

A Hugging Face class for tagging has no transitions, so they are in a file of their own: those of a CRF, or for a constrained
softmax zeros. A transition that the run's decoding forbids has a score of -10,000.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tunesmith.heads.transitions import forbidden_transitions
from tunesmith.storage.files import write_json

FILE = "crf.safetensors"
NAMES = ("start_transitions", "end_transitions", "transitions")
_FORBIDDEN = -10_000.0  # finite, so that pytorch-crf never subtracts infinities
_CRF = "tunesmith.heads.crf.Crf"
_SOFTMAX = "tunesmith.heads.token_classification.TokenClassification"


def tag_transitions(
    head: Mapping[str, Any], labels: Sequence[str], weights: Mapping[str, Tensor]
) -> dict[str, Tensor] | None:
    """The state dict of pytorch-crf's `CRF` that decodes as the run does; None if each tag is decoded by itself.

    Args:
        head: its node in the config.
        labels: tags in the order of their ids.
        weights: the head's.
    """
    if head["_target_"] == _CRF:
        prefix = "chain." if "chain.transitions" in weights else ""  # runs of version 0.1 have none
        chain = {name: weights[prefix + name].clone() for name in NAMES}
    elif head["_target_"] == _SOFTMAX and head["constrained"]:
        count = len(labels)
        chain = dict(zip(NAMES, (torch.zeros(count), torch.zeros(count), torch.zeros(count, count)), strict=True))
    else:
        return None
    if head["constrained"]:
        start, transitions = forbidden_transitions(labels)
        chain["start_transitions"][start.isinf()] = _FORBIDDEN
        chain["transitions"][transitions.isinf()] = _FORBIDDEN
    return chain


def write(folder: Path, chain: Mapping[str, Tensor], *, labels: Sequence[str], constrained: bool) -> None:
    """Write the transitions, and crf.json with the order of the labels."""
    from safetensors.torch import save_file

    save_file(dict(chain), folder / FILE, metadata={"format": "pt"})
    write_json(folder / "crf.json", {"labels": list(labels), "constrained": constrained})
