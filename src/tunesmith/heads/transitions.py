"""Allowed tag transitions in a well-formed BIO sequence."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tunesmith.errors import UserError


def forbidden_transitions(names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """(labels,) scores of first tags and (labels, labels) of transitions [from, to]: 0, or -inf where I- does not continue its type.

    Raises:
        UserError: if the tags are not BIO.
    """
    if not any(name.startswith("I-") for name in names):
        raise UserError("head.constrained=true needs BIO tags, but the data has none; set head.constrained=false")
    start, transitions = torch.zeros(len(names)), torch.zeros(len(names), len(names))
    for to, name in enumerate(names):
        if name.startswith("I-"):
            start[to] = -torch.inf
            before = [other[:2] in ("B-", "I-") and other[2:] == name[2:] for other in names]
            transitions[~torch.tensor(before), to] = -torch.inf
    return start, transitions
