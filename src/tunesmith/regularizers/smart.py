"""SMART: smoothness-inducing adversarial penalty and Bregman proximal point (Jiang et al., 2020)."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from tunesmith.configuration.ranges import NonNegativeFloat, PositiveInt, Probability
from tunesmith.regularizers.perturbation import largest
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import TrainingStep, gradients_of

EARLY = 0.1  # fraction of the optimizer steps with the early momentum


class Smart(Regularizer):
    """loss + smoothness * D(f(x), f(x + r)) + proximal * D(f(x), teacher(x)), with D(p, q) = KL(p | q) + KL(q | p).

    - r starts as normal noise and climbs along the gradient of D, clipped to [-epsilon, epsilon]. The gradient is divided by
      the maximum norm of its example, as in algorithm 1: its own size depends on the batch and is nearly 0 at the start. The
      authors' code does otherwise: it divides the sum of noise and step by the maximum norm of its token, and clips nothing.
    - The teacher's weights are a moving average of the trained ones: momentum * teacher + (1 - momentum) * weights after each
      optimizer step. Its pass has its own dropout masks.

    D's gradient is that of both predictions; the authors' code holds p constant in KL(p | q), and q in KL(q | p). For
    regression D is the squared difference.

    Args:
        smoothness: weight of the adversarial penalty, the paper's lambda; 0: without it.
        sigma: standard deviation of the noise.
        step_size: of the ascent.
        epsilon: maximum norm of the perturbation.
        steps: number of ascent steps.
        proximal: weight of the divergence from the teacher, the paper's mu; 0: without one.
        early_momentum: of the teacher in the first tenth of the optimizer steps.
        momentum: of the teacher after that.
    """

    needs = ("distribution",)

    def __init__(
        self,
        *,
        smoothness: NonNegativeFloat,
        sigma: NonNegativeFloat,
        step_size: NonNegativeFloat,
        epsilon: NonNegativeFloat,
        steps: PositiveInt,
        proximal: NonNegativeFloat,
        early_momentum: Probability,
        momentum: Probability,
    ) -> None:
        self.smoothness, self.proximal = smoothness, proximal
        self.sigma, self.step_size, self.epsilon, self.steps = sigma, step_size, epsilon, steps
        self.early_momentum, self.momentum = early_momentum, momentum
        self._teacher: dict[str, Tensor] = {}  # by the name of the parameter

    @property
    def passes(self) -> tuple[float, float]:
        """The ascent and the perturbed pass; the teacher's, which has no backward."""
        adversarial = self.steps + 1 if self.smoothness else 0
        return adversarial + bool(self.proximal), adversarial

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Create the teacher, into which a resumed run loads its weights."""
        if self.proximal:
            self._teacher_weights(pl_module)

    def penalty(self, step: TrainingStep) -> Tensor | None:
        """The sum of both parts."""
        parts = []
        if self.smoothness:
            parts.append(self.smoothness * self._adversarial(step))
        if self.proximal:
            teacher = step.forward(weights=self._teacher_weights(step.module)).distribution.detach()
            parts.append(self.proximal * step.plain.distribution.distance(teacher))
        return torch.stack(parts).sum() if parts else None

    def _adversarial(self, step: TrainingStep) -> Tensor:
        predicted = step.plain.distribution
        constant = predicted.detach()
        offset = self.sigma * torch.randn_like(step.no_offset()) * step.tokens
        for _ in range(self.steps):
            offset.requires_grad_()
            divergence = constant.distance(step.forward(offset=offset).distribution)
            (gradient,) = gradients_of(divergence, [offset], step.module)
            gradient = gradient * step.tokens
            climbed = offset.detach() + self.step_size * gradient / largest(gradient)
            offset = climbed.clamp(-self.epsilon, self.epsilon)
        found: Tensor = predicted.distance(step.forward(offset=offset).distribution)
        return found

    def _teacher_weights(self, module: Any) -> dict[str, Tensor]:
        """The teacher's weights of all trained parameters, which begin as those at the first step that trains them."""
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                found = self._teacher.get(name)
                self._teacher[name] = parameter.detach().clone() if found is None else found.to(parameter.device)
        return self._teacher

    def after_update(self, module: Any) -> None:
        """Let the teacher's weights follow."""
        if self.proximal:
            early = module.global_step < EARLY * module.total_steps  # which counts this step only later
            parameters = dict(module.named_parameters())
            teacher = self._teacher_weights(module)
            trained = [parameters[name].detach() for name in teacher]
            torch._foreach_lerp_(list(teacher.values()), trained, 1 - (self.early_momentum if early else self.momentum))

    def state_dict(self) -> dict[str, Any]:
        """The teacher's weights."""
        return dict(self._teacher)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the teacher's weights."""
        self._teacher = dict(state_dict)
