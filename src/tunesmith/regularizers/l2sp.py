"""L2-SP: weight decay towards the pretrained weights instead of towards zero (Li et al., 2018)."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.starting_weights import StartingWeights
from tunesmith.regularizers.step import TrainingStep


class L2SP(Regularizer):
    """loss + alpha/2 * |w - w0|^2 + beta/2 * |v|^2, the paper's equation 2, with w of the backbone and v of the head.

    w0 is what training starts from. Weights that the head shares with the backbone are the backbone's.

    Args:
        alpha: strength of the pull of the backbone's weights towards w0.
        beta: strength of the pull of the head's weights towards zero.
    """

    def __init__(self, *, alpha: NonNegativeFloat, beta: NonNegativeFloat) -> None:
        self.alpha, self.beta = alpha, beta
        self._start = StartingWeights()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the pretrained weights."""
        if self.alpha:
            self._start.keep(pl_module, lambda name, parameter: True)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The squared distances."""
        start, terms = self._start.values, []
        for name, weight in step.module.named_parameters():
            if name in start:
                terms.append(self.alpha / 2 * (weight - start[name]).square().sum())
            elif self.beta and weight.requires_grad and not name.startswith("backbone."):
                terms.append(self.beta / 2 * weight.square().sum())
        return torch.stack(terms).sum() if terms else None

    def state_dict(self) -> dict[str, Any]:
        """The pretrained weights."""
        return self._start.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._start.load_state_dict(state_dict)
