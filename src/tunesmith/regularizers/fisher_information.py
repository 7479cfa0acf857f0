"""The Fisher information of weights, estimated from the gradients of training batches."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives


def fisher_information(
    module: Any, batches: Iterable[Batch], parameters: Mapping[str, nn.Parameter]
) -> dict[str, Tensor]:
    """The mean over batches of the squared gradient of the head's loss, in evaluation mode: no random number is drawn.

    Args:
        module: whose modes are left as they were.
        batches: this rank's shard of each.
        parameters: the weights, by name.
    """
    training = {part: part.training for part in module.modules()}
    module.eval()
    totals, count = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}, 0
    for batch in batches:
        for name, gradient in zip(parameters, _gradients(module, batch, list(parameters.values())), strict=True):
            totals[name] += gradient.square()
        count += 1
    for part, mode in training.items():
        part.training = mode
    return {name: total / max(count, 1) for name, total in totals.items()}


def _gradients(module: Any, batch: Batch, parameters: list[nn.Parameter]) -> list[Tensor]:
    """Gradients of the loss over a whole batch, of which each rank has a shard."""
    batch = module.prepared(batch, training=False).to(module.device)
    terms = module.loss_denominator(batch)
    loss = module(batch).loss * (terms / collectives.all_reduce(terms).clamp(min=torch.finfo(terms.dtype).tiny))
    # Not `backward`, which would leave gradients behind, and start DDP's averaging.
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return [collectives.all_reduce(gradient) for gradient in gradients]
