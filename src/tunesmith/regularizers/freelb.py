"""FreeLB: adversarial training whose ascent steps all train the model (Zhu et al., 2020)."""

import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat, PositiveFloat, PositiveInt
from tunesmith.regularizers.perturbation import direction, norms
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep, gradients_of, with_gradients


class FreeLB(Regularizer):
    """The mean of the losses of x + r_0, ..., x + r_(steps - 1), each perturbation a constant.

    r_0 is uniform in [-1, 1] times initial_magnitude / sqrt(tokens * width); each next one climbs along the normalised gradient
    and is projected onto the ball of norm max_norm. All steps have the same dropout masks, as in section 3.3 and the authors'
    code: the ascent is then that of one network. Norms are those of all embeddings of one example.

    Only the last pass is kept for the backward pass; the gradients of the others are summed as they come.

    Args:
        steps: number of passes, as in algorithm 1 and the authors' code for ALBERT; their code for RoBERTa counts the ascents,
            one fewer.
        step_size: norm of each ascent step.
        initial_magnitude: largest norm of the initial perturbation; 0: it starts at zero.
        max_norm: of a perturbation; null: any.
    """

    replaces = ("the loss",)
    skips_plain = True

    def __init__(
        self,
        *,
        steps: PositiveInt,
        step_size: NonNegativeFloat,
        initial_magnitude: NonNegativeFloat,
        max_norm: PositiveFloat | None,
    ) -> None:
        self.steps, self.step_size = steps, step_size
        self.initial_magnitude, self.max_norm = initial_magnitude, max_norm

    @property
    def passes(self) -> tuple[float, float]:
        """All but one, which takes the place of the plain pass."""
        return self.steps - 1, self.steps - 1

    def task_loss(self, step: TrainingStep) -> Tensor:
        """The mean loss, with the gradients of all passes."""
        offset = self._initial(step)
        losses: list[Tensor] = []
        sums: list[Tensor | None] = [None] * len(step.trained)
        states = _random_states(offset.device)
        for _ in range(self.steps - 1):
            loss = step.forward(offset=offset.requires_grad_()).loss / self.steps
            gradient, *found = gradients_of(loss, [offset, *step.trained], step.module)
            sums = [
                own if new is None else new if own is None else own + new for own, new in zip(sums, found, strict=True)
            ]
            losses.append(loss.detach())
            offset = self._projected(offset.detach() + self.step_size * direction(gradient * step.tokens))
            _set_random_states(states, offset.device)  # the next pass has the same dropout masks
        last = step.forward(offset=offset.detach()).loss / self.steps
        return last if not losses else last + with_gradients(torch.stack(losses).sum(), step.trained, sums)

    def _initial(self, step: TrainingStep) -> Tensor:
        zero = step.no_offset().detach()
        if not self.initial_magnitude:
            return zero
        numbers = step.tokens.sum(1, keepdim=True) * zero.shape[-1]  # (batch, 1, 1)
        return zero.uniform_(-1, 1) * step.tokens * self.initial_magnitude / numbers.clamp(min=1).sqrt()

    def _projected(self, offset: Tensor) -> Tensor:
        if self.max_norm is None:
            return offset
        return offset * (self.max_norm / norms(offset).clamp(min=self.max_norm))


def _random_states(device: torch.device) -> list[Tensor]:
    """The states of the generators that dropout on this device uses."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]


def _set_random_states(states: list[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
