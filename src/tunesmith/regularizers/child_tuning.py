"""Child-Tuning: each update changes only a part of the backbone's weights, its child network (Xu et al., 2021)."""

from collections.abc import Mapping
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from tunesmith.configuration.ranges import PositiveFraction
from tunesmith.distributed import collectives
from tunesmith.errors import UserError
from tunesmith.regularizers.fisher_information import fisher_information
from tunesmith.regularizers.random_mask import random_mask, rounded
from tunesmith.regularizers.regularizer import Regularizer


class ChildTuning(Regularizer):
    """The clipped gradient of the backbone is masked, as in the authors' optimizer; the head is trained as usual.

    In mode `free` that optimizer masks the head as well. Its Fisher information, too, is the mean of the squared gradients of
    batches, but with dropout and after each parameter's gradient is clipped; here without either.

    Args:
        mode: `free`, a new Bernoulli mask at each step, of gradients divided by `reserve`; `task_driven`, one mask of the
            layers for the whole run, of the elements with the largest Fisher information. That takes as long as an epoch.
        reserve: fraction of the elements that is updated.
    """

    def __init__(self, *, mode: Literal["free", "task_driven"], reserve: PositiveFraction) -> None:
        self.mode, self.reserve = mode, reserve
        self._mask: dict[str, Tensor] = {}
        self._device = torch.device("cpu")
        if not rounded(reserve):
            raise UserError(
                f"regularization.child_tuning.reserve is {reserve:g}, so that no element would be updated; set it to 2e-5 or more"
            )

    def configure_model(self, module: Any) -> None:
        """Look for gradients to mask.

        Raises:
            UserError: if there are none.
        """
        if not _trained(module.backbone, layers=self.mode == "task_driven"):
            raise UserError(
                f"regularization.child_tuning, mode={self.mode}, masks gradients of "
                f"{'the layers' if self.mode == 'task_driven' else 'the backbone'}, of which nothing is trained; freeze less, or "
                "drop child_tuning"
            )

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Note where a mask has to be."""
        self._device = pl_module.device

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Compute the mask of the whole run, unless a resumed run has it."""
        if self.mode == "task_driven" and self.reserve < 1 and not self._mask:
            backbone, data = pl_module.backbone, trainer.datamodule  # type: ignore[attr-defined]
            layers = _trained(backbone, layers=True)
            shard: Any = trainer.train_dataloader.dataset  # type: ignore[union-attr]
            batches = (shard[rows] for rows in data.plan.batches)
            self._mask = largest(fisher_information(pl_module, batches, layers), self.reserve)

    def before_update(self, module: Any) -> None:
        """Mask the gradients."""
        if self.reserve == 1:
            return
        gradients = {
            f"backbone.model.{name}": parameter.grad
            for name, parameter in module.backbone.model.named_parameters()
            if parameter.grad is not None
        }
        if self.mode == "task_driven":
            for name, mask in self._mask.items():
                if name in gradients:
                    gradients[name].mul_(mask)
            return
        if not gradients:  # all weights of the backbone wait for gradual unfreezing
            return
        # Gradients are equal on all ranks, and so must be the masks: rank 0 chooses their seed.
        generator = torch.Generator(module.device)
        generator.manual_seed(collectives.broadcast_int(int(torch.randint(2**62, ()))))
        for gradient in gradients.values():
            # On 2 cores `masked_fill_` takes five times as long, which random masks mislead.
            gradient.mul_(random_mask(gradient, self.reserve, generator=generator))
        torch._foreach_div_(list(gradients.values()), rounded(self.reserve))

    def state_dict(self) -> dict[str, Any]:
        """The mask of the whole run."""
        return {"mask": self._mask}  # not empty before there is one: a callback without state gets none

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self._mask = {name: mask.to(self._device) for name, mask in state_dict["mask"].items()}


def _trained(backbone: Any, *, layers: bool) -> dict[str, nn.Parameter]:
    """The parameters of the backbone that are trained, or those of its layers, by the module's names for them."""
    return {
        f"backbone.model.{name}": parameter
        for name, parameter in backbone.model.named_parameters()
        if parameter.requires_grad and (not layers or 1 <= backbone.depth_of(name) <= backbone.layers)
    }


def largest(values: Mapping[str, Tensor], fraction: float) -> dict[str, Tensor]:
    """Masks of the largest values of all, of any shapes; of those equal to the smallest of these, all."""
    everything = torch.cat([value.flatten() for value in values.values()])
    kept = max(round(fraction * len(everything)), 1)
    threshold = everything.kthvalue(len(everything) - kept + 1).values
    return {name: value >= threshold for name, value in values.items()}
