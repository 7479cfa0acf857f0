"""One vector for a text from the hidden states of its tokens; padding may be on either side.

Hidden states have shape (batch, length, width), the mask (batch, length) with 0 at padding; None: no padding.
"""

import torch
from torch import Tensor


def first_token(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) of the first token that is not padding: CLS of BERT and RoBERTa."""
    if mask is None:
        return hidden[:, 0]
    return _select(hidden, mask.argmax(1))  # the first of the largest


def last_token(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) of the last token that is not padding: CLS of XLNet; GPT-2 has no CLS."""
    if mask is None:
        return hidden[:, -1]
    return _select(hidden, mask.shape[1] - 1 - mask.flip(1).argmax(1))


def mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, width) mean over all tokens that are not padding, special tokens included, in float32."""
    hidden = hidden.float()
    if mask is None:
        return hidden.mean(1)
    weights = mask.unsqueeze(-1).float()  # (batch, length, 1)
    return (hidden * weights).sum(1) / weights.sum(1)


def _select(hidden: Tensor, places: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), places]
