"""Schedule-free AdamW: the weights are averaged over the steps instead of decaying the learning rate (Defazio et al., 2024)."""

from typing import Any

from schedulefree import AdamWScheduleFree

from tunesmith.configuration.ranges import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositivePair


class ScheduleFree(AdamWScheduleFree):
    """The schedulefree package's optimizer. Its `eval` replaces the trained weights by their average, `train` undoes it.

    Args:
        lr: learning rate after the warm-up.
        weight_decay: for all parameters whose group has none of its own.
        betas: of the interpolation between trained and averaged weights, and of the second moment.
        eps: added to the root of the second moment.
        warmup_steps: optimizer steps of a linear warm-up, which counts less in the average.
    """

    constant_rate = True  # it takes no schedule
    replaces = ("the evaluated weights",)
    conflicts = {
        "gradual_unfreezing": "it counts the steps of all weights alike, and the first ones of a weight that waits would be too large"
    }

    def __init__(
        self,
        groups: list[dict[str, Any]],
        fused: bool,
        *,
        lr: PositiveFloat,
        weight_decay: NonNegativeFloat,
        betas: PositivePair,
        eps: PositiveFloat,
        warmup_steps: NonNegativeInt,
    ) -> None:
        options: dict[str, Any] = {"lr": lr, "weight_decay": weight_decay, "eps": eps, "warmup_steps": warmup_steps}
        super().__init__(groups, betas=(betas[0], betas[1]), **options)
        self.train()
