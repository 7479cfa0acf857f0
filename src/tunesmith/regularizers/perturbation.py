"""Arithmetic of adversarial perturbations, each example's its own: it does not depend on what else is in the batch.

Perturbations and gradients have shape (batch, length, embedding width).
"""

import torch
from torch import Tensor


def norms(perturbation: Tensor) -> Tensor:
    """(batch, 1, 1) the Euclidean norm of each example's."""
    return torch.linalg.vector_norm(perturbation, dim=(1, 2), keepdim=True)


def largest(perturbation: Tensor) -> Tensor:
    """(batch, 1, 1) the maximum norm of each example's, at least the smallest positive number, to divide by."""
    return perturbation.abs().amax((1, 2), keepdim=True).clamp(min=torch.finfo(perturbation.dtype).tiny)


def direction(gradient: Tensor) -> Tensor:
    """Each example's gradient scaled to norm 1; zero where it is zero."""
    scaled = gradient / largest(gradient)  # first, since the squares of tiny gradients underflow
    return scaled / norms(scaled).clamp(min=1)
