"""The distributions over outputs that heads predict, and how far apart two of them are.

R-Drop, SMART, R3F, virtual adversarial training and the confidence penalty are written once, over these: a head says with
`distribution(scores, batch)` what its scores mean. Divergences and entropies are sums over what one term of the head's loss
covers (an example, a word, a token), averaged over the terms.
"""

import abc
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional


class Distribution(abc.ABC):
    """Predicted probabilities of a batch's outputs."""

    @abc.abstractmethod
    def kl(self, other: Self) -> Tensor:
        """Kullback-Leibler divergence KL(self | other), a scalar."""

    @abc.abstractmethod
    def detach(self) -> Self:
        """The same without gradient."""

    def divergence(self, other: Self) -> Tensor:
        """Symmetric divergence (KL(self | other) + KL(other | self)) / 2, a scalar (R-Drop, equation 2)."""
        return 0.5 * (self.kl(other) + other.kl(self))

    def distance(self, other: Self) -> Tensor:
        """Symmetric divergence KL(self | other) + KL(other | self), a scalar (SMART; Jiang et al., 2020)."""
        return 2 * self.divergence(other)


@dataclass(frozen=True)
class Categorical(Distribution):
    """Independent categorical variables.

    Attributes:
        log_probabilities: (..., outcomes); -inf for impossible outcomes, the same ones in both of a pair.
        mask: (...) 1 for variables that count and 0 for padding; None: all count.
        terms: number of terms to average over, a scalar; None: the number of variables that count.
    """

    log_probabilities: Tensor
    mask: Tensor | None = None
    terms: Tensor | None = None

    def kl(self, other: Self) -> Tensor:
        """Sum of p * (log p - log q)."""
        difference = (self.log_probabilities - other.log_probabilities).nan_to_num()  # of -inf and -inf
        return self._mean((self.log_probabilities.exp() * difference).sum(-1))

    def entropy(self) -> Tensor:
        """Sum of -p * log p, a scalar; 0 for impossible outcomes."""
        possible = self.log_probabilities.clamp(min=torch.finfo(self.log_probabilities.dtype).min)
        return self._mean(-(self.log_probabilities.exp() * possible).sum(-1))

    def detach(self) -> Self:
        """The same without gradient."""
        return type(self)(self.log_probabilities.detach(), self.mask, self.terms)

    def _mean(self, values: Tensor) -> Tensor:
        count = self.terms
        if self.mask is not None:
            values = values * self.mask
            count = self.mask.sum() if count is None else count
        return values.sum() / (max(values.numel(), 1) if count is None else count.clamp(min=1))


def bernoulli(logits: Tensor) -> Categorical:
    """One yes-or-no variable for each of the logits (batch, labels); a term is an example, the sum over its labels."""
    pairs = torch.stack([functional.logsigmoid(logits), functional.logsigmoid(-logits)], dim=-1)
    return Categorical(pairs, terms=torch.tensor(len(logits), device=logits.device))


@dataclass(frozen=True)
class Gaussian(Distribution):
    """Normal variables with the variance for which the squared error is the negative log-likelihood: 1/2.

    Attributes:
        mean: (batch, outputs).
    """

    mean: Tensor

    def kl(self, other: Self) -> Tensor:
        """(difference of the means)^2 / (2 * variance), the mean squared difference."""
        return functional.mse_loss(self.mean, other.mean)

    def distance(self, other: Self) -> Tensor:
        """The mean squared difference: for regression SMART takes it once."""
        return self.kl(other)

    def detach(self) -> Self:
        """The same without gradient."""
        return type(self)(self.mean.detach())
