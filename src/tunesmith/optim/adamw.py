"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, 2019), with or without bias correction."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor
from torch.optim import AdamW

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


class UncorrectedAdamW(AdamW):
    """The update of the optimizer that BERT was published with: p -= lr * (m / (sqrt(v) + eps) + weight_decay * p).

    At step t AdamW's own kernel computes, with c1 = 1 - beta1**t and c2 = 1 - beta2**t,
    p -= lr / c1 * m / (sqrt(v / c2) + eps) + lr * weight_decay * p. It is called with lr * c1 / sqrt(c2) and
    eps / sqrt(c2), so that c1 and c2 cancel, and with weight_decay * sqrt(c2) / c1, so that the decay stays what it is.

    Each parameter counts its own steps, as the kernel does: it has made none while it had no gradient, as under gradual
    unfreezing. A group has the counts of its parameters in its saved state.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the weights; the groups and their settings are the same afterwards."""
        groups = self.param_groups
        for group in groups:
            group["steps"] = _counts(group)
        self.param_groups = [part for group in groups for part in _uncorrected(group)]
        try:
            found = super().step(closure)
        finally:
            self.param_groups = groups
        for group in groups:
            made = (parameter.grad is not None for parameter in group["params"])
            group["steps"] = [count + one for count, one in zip(group["steps"], made, strict=True)]
        return found


def _counts(group: dict[str, Any]) -> list[int]:
    """The number of steps that each parameter of a group has made; earlier versions had one number for all."""
    found = group.get("steps", 0)
    return [found] * len(group["params"]) if isinstance(found, int) else found


def _uncorrected(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A group for each number of steps that parameters of a group have made, with the settings for the next one."""
    members: dict[int, list[Tensor]] = {}
    for parameter, count in zip(group["params"], group["steps"], strict=True):
        members.setdefault(count, []).append(parameter)
    for count, parameters in members.items():
        first, root = (1 - beta ** (count + 1) for beta in group["betas"])
        root = math.sqrt(root)
        yield {
            **group,
            "params": parameters,
            "lr": group["lr"] * first / root,
            "eps": group["eps"] / root,
            "weight_decay": group["weight_decay"] * root / first,
        }


def adamw(
    groups: list[dict[str, Any]],
    fused: bool,
    *,
    lr: PositiveFloat,
    weight_decay: NonNegativeFloat,
    betas: Pair,
    eps: PositiveFloat,
    bias_correction: bool,
) -> AdamW:
    """PyTorch's AdamW; `fused`: one kernel for all parameters.

    Args:
        bias_correction: of the moments' bias towards zero in the first steps. BERT's own optimizer lacked it, which makes
            fine-tuning on little data unstable (Mosbach et al., 2021; Zhang et al., 2021).
    """
    kind = AdamW if bias_correction else UncorrectedAdamW
    return kind(groups, lr=lr, weight_decay=weight_decay, betas=(betas[0], betas[1]), eps=eps, fused=fused)
