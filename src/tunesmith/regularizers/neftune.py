"""NEFTune: uniform noise on the embeddings (Jain et al., 2024)."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer


class NefTune(Regularizer):
    """Embeddings + alpha / sqrt(L * d) * uniform noise in [-1, 1], in training only.

    L is the number of tokens of each example and d the embedding width. Padding gets no noise.

    Args:
        alpha: scale of the noise.
    """

    def __init__(self, *, alpha: NonNegativeFloat) -> None:
        self.alpha = alpha
        self._handle: RemovableHandle | None = None

    def configure_model(self, module: Any) -> None:
        """Add noise in each pass in training mode."""

        def noisy(ids: Tensor, embedded: Tensor) -> Tensor:
            if not module.training:
                return embedded
            mask = module.backbone.attention_mask
            tokens = (torch.ones_like(ids) if mask is None else mask).unsqueeze(-1)  # (batch, length, 1)
            scale = self.alpha / (tokens.sum(1, keepdim=True) * embedded.shape[-1]).clamp(min=1).sqrt()  # (batch, 1, 1)
            return embedded + torch.empty_like(embedded).uniform_(-1, 1) * scale * tokens

        if self.alpha:
            self._handle = module.backbone.hook_embeddings(noisy)

    def finish(self, module: Any) -> None:
        """Remove the hook."""
        if self._handle is not None:
            self._handle.remove()
