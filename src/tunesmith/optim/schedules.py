"""Learning-rate schedules: pure functions from the optimizer step to a factor of the learning rate.

Each takes the total number of steps and the length of its warm-up, and returns a function from the step, counted from 0, to
the factor.
"""

import math
from collections.abc import Callable

from tunesmith.configuration.ranges import AtLeastOne, NonNegativeInt, OpenFraction, PositiveFloat, Probability

Schedule = Callable[[int], float]


def linear(total: int, *, warmup_steps: NonNegativeInt | None, warmup_ratio: Probability | None) -> Schedule:
    """Linear decay to zero."""
    return _warm_up(total, warmup_steps, warmup_ratio, lambda progress: 1 - progress)


def cosine(total: int, *, warmup_steps: NonNegativeInt | None, warmup_ratio: Probability | None) -> Schedule:
    """Cosine decay to zero (Loshchilov & Hutter, 2017)."""
    return _warm_up(total, warmup_steps, warmup_ratio, lambda progress: 0.5 * (1 + math.cos(math.pi * progress)))


def polynomial(
    total: int,
    *,
    warmup_steps: NonNegativeInt | None,
    warmup_ratio: Probability | None,
    power: PositiveFloat,
    end_ratio: Probability,
) -> Schedule:
    """(1 - progress) ** power, down to `end_ratio` of the learning rate."""
    return _warm_up(
        total, warmup_steps, warmup_ratio, lambda progress: end_ratio + (1 - end_ratio) * (1 - progress) ** power
    )


def constant(total: int, *, warmup_steps: NonNegativeInt | None, warmup_ratio: Probability | None) -> Schedule:
    """The full learning rate after the warm-up."""
    return _warm_up(total, warmup_steps, warmup_ratio, lambda progress: 1.0)


def inverse_square_root(
    total: int, *, warmup_steps: NonNegativeInt | None, warmup_ratio: Probability | None
) -> Schedule:
    """sqrt(warm-up / step) after the warm-up (Vaswani et al., 2017)."""
    warm = warmup(total, warmup_steps, warmup_ratio)
    return lambda step: step / warm if step < warm else math.sqrt(max(warm, 1) / max(step, 1))


def slanted_triangular(total: int, *, cut_fraction: OpenFraction, ratio: AtLeastOne) -> Schedule:
    """A short linear rise and a long linear fall (Howard & Ruder, 2018, equation 3).

    It begins and ends at 1 / `ratio`. The fall takes all steps after the rise, which is what the paper's formula means
    where `cut_fraction` of the steps is no whole number; as printed, it would then end below zero.

    Args:
        cut_fraction: of the steps, for the rise.
        ratio: of the largest to the smallest factor.
    """
    cut = math.floor(total * cut_fraction)

    def factor(step: int) -> float:
        progress = step / cut if step < cut else 1 - min((step - cut) / max(total - cut, 1), 1.0)
        return (1 + progress * (ratio - 1)) / ratio

    return factor


def warmup(total: int, steps: int | None, ratio: float | None) -> int:
    """Number of warm-up steps; a ratio is rounded up, as in transformers."""
    return steps if steps is not None else math.ceil(total * (ratio or 0.0))


def _warm_up(total: int, steps: int | None, ratio: float | None, rest: Callable[[float], float]) -> Schedule:
    warm = warmup(total, steps, ratio)

    def factor(step: int) -> float:
        if step < warm:
            return step / warm
        return rest(min((step - warm) / max(total - warm, 1), 1.0))

    return factor
