"""Word dropout: embeddings of whole tokens are dropped (Iyyer et al., 2015; Gal & Ghahramani, 2016)."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from tunesmith.configuration.ranges import BelowOne
from tunesmith.regularizers.regularizer import Regularizer


class WordDropout(Regularizer):
    """Each token's embedding becomes zero with a probability, in training only; the others are not rescaled.

    Tokens are dropped independently, before anything else changes the embeddings; Gal & Ghahramani drop a word wherever it
    occurs in a text. Special tokens stay.

    Args:
        probability: of a token being dropped.
    """

    def __init__(self, *, probability: BelowOne) -> None:
        self.probability = probability
        self._handle: RemovableHandle | None = None

    def configure_model(self, module: Any) -> None:
        """Drop tokens in each pass in training mode."""
        special = module.backbone.tokenizer.all_special_ids

        def dropped(ids: Tensor, embedded: Tensor) -> Tensor:
            if not module.training:
                return embedded
            kept = torch.rand(ids.shape, device=ids.device) >= self.probability
            for number in special:  # a handful
                kept = kept | (ids == number)
            return embedded * kept.unsqueeze(-1)

        if self.probability:
            self._handle = module.backbone.hook_embeddings(dropped, first=True)

    def finish(self, module: Any) -> None:
        """Remove the hook."""
        if self._handle is not None:
            self._handle.remove()
