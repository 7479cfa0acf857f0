"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, 2019), with or without bias correction."""

import math
from collections.abc import Callable
from typing import Any

from torch.optim import AdamW

from tunesmith.configuration.ranges import NonNegativeFloat, Pair, PositiveFloat


class UncorrectedAdamW(AdamW):
    """The update of the optimizer that BERT was published with: p -= lr * (m / (sqrt(v) + eps) + weight_decay * p).

    At step t AdamW's own kernel computes, with c1 = 1 - beta1**t and c2 = 1 - beta2**t,
    p -= lr / c1 * m / (sqrt(v / c2) + eps) + lr * weight_decay * p. It is called with lr * c1 / sqrt(c2) and
    eps / sqrt(c2), so that c1 and c2 cancel, and with weight_decay * sqrt(c2) / c1, so that the decay stays what it is. Each
    group counts its steps, and so has the count in its saved state.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the weights; groups have their own settings again afterwards."""
        settings = [{name: group[name] for name in ("lr", "eps", "weight_decay")} for group in self.param_groups]
        for group in self.param_groups:
            group["steps"] = group.get("steps", 0) + 1
            first, root = (1 - beta ** group["steps"] for beta in group["betas"])
            root = math.sqrt(root)
            group["lr"] *= first / root
            group["eps"] /= root
            group["weight_decay"] *= root / first
        try:
            return super().step(closure)
        finally:
            for group, own in zip(self.param_groups, settings, strict=True):
                group.update(own)


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
