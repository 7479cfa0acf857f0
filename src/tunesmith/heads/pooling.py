"""One vector for a text from the hidden states of its tokens; padding may stand on either side.

Hidden states have shape (batch, length, width), the mask (batch, length) with 0 where padded; None: nothing is padded.
"""

import torch
from torch import Tensor


def first_token(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) of the first token that is not padding: CLS of BERT and RoBERTa."""
    if mask is None:
        return hidden[:, 0]
    return _taken(hidden, mask.argmax(1))  # the first of the largest


def last_token(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) of the last token that is not padding: CLS of XLNet; in GPT-2, which has none, it has seen all others."""
    if mask is None:
        return hidden[:, -1]
    return _taken(hidden, mask.shape[1] - 1 - mask.flip(1).argmax(1))


def mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) mean over all tokens that are not padding, special ones included, in float32."""
    hidden = hidden.float()
    if mask is None:
        return hidden.mean(1)
    weights = mask.unsqueeze(-1).float()  # (batch, length, 1)
    return (hidden * weights).sum(1) / weights.sum(1)


def _taken(hidden: Tensor, places: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), places]
