"""The distribution of a linear-chain CRF over tag sequences: exact divergences and entropy, by its expected counts.

A chain's log-probability is linear in its parameters: score(tags) = <counts(tags), parameters> - log partition. So
KL(p | q) = <E_p[counts], p's parameters - q's parameters> - log partition of p + log partition of q, and the expected
counts are the gradient of the log partition. No sequence is enumerated.

Shapes: emissions (batch, words, labels), lengths (batch,), start and end (labels,), transitions (labels, labels) as [from, to].
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from tunesmith.heads.distributions import Distribution


@dataclass(frozen=True)
class Chains(Distribution):
    """One distribution over tag sequences for each sentence; divergences and entropy are sums over sentences, divided by the words.

    Attributes:
        parts: emissions, and start, transitions and end, each with the batch as its first dimension; float64.
        lengths: (batch,) 1 or more.
        partition: (batch,) logarithms of the partition.
        counts: the expected counts, like `parts`.
    """

    parts: tuple[Tensor, ...]
    lengths: Tensor
    partition: Tensor
    counts: tuple[Tensor, ...]

    @classmethod
    def of(cls, emissions: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor) -> Self:
        """The distribution of a chain; its gradient with respect to all of the parameters is defined."""
        batch = len(emissions)
        with torch.autocast(emissions.device.type, enabled=False), torch.enable_grad():
            shared = (part.double().expand(batch, *part.shape) for part in (start, transitions, end))
            parts = tuple(
                part if part.requires_grad else part.detach().requires_grad_() for part in (emissions.double(), *shared)
            )
            partition = log_partition(parts[0], lengths, *parts[1:])
            counts = torch.autograd.grad(partition.sum(), parts, create_graph=True, materialize_grads=True)
        return cls(parts, lengths, partition, counts)

    def kl(self, other: Self) -> Tensor:
        """KL(self | other)."""
        difference = tuple(own - theirs for own, theirs in zip(self.parts, other.parts, strict=True))
        return self._mean(self._expected(difference) - self.partition + other.partition)

    def entropy(self) -> Tensor:
        """log partition - E[score], a scalar."""
        return self._mean(self.partition - self._expected(self.parts))

    def detach(self) -> Self:
        """The same without gradient."""
        parts, counts = (tuple(part.detach() for part in group) for group in (self.parts, self.counts))
        return type(self)(parts, self.lengths, self.partition.detach(), counts)

    def _expected(self, weights: tuple[Tensor, ...]) -> Tensor:
        """(batch,) expected sum of the weights of what a sequence has."""
        return torch.stack(
            [(count * weight).flatten(1).sum(1) for count, weight in zip(self.counts, weights, strict=True)]
        ).sum(0)

    def _mean(self, values: Tensor) -> Tensor:
        return (values.sum() / self.lengths.sum()).float()


def log_partition(emissions: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor) -> Tensor:
    """(batch,) the logarithm of the sum of exp(score) over all tag sequences; differentiable twice.

    Args:
        emissions: (batch, words, labels).
        lengths: (batch,).
        start: (batch, labels), as are `end` and, with a second dimension of labels, `transitions`.
        transitions: (batch, labels, labels).
        end: (batch, labels).
    """
    alpha = start + emissions[:, 0]  # (batch, labels)
    for word in range(1, emissions.shape[1]):
        moved = (alpha.unsqueeze(2) + transitions).logsumexp(1) + emissions[:, word]
        alpha = torch.where((word < lengths).unsqueeze(1), moved, alpha)
    return (alpha + end).logsumexp(1)


def smoothed(tags: Tensor, labels: int, epsilon: float) -> Tensor:
    """(batch, words, labels) each tag with probability 1 - epsilon, and epsilon spread over all labels."""
    return torch.nn.functional.one_hot(tags, labels) * (1 - epsilon) + epsilon / labels


def expected_score(
    emissions: Tensor, probabilities: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor
) -> Tensor:
    """(batch,) expected score of sequences whose tags are drawn independently.

    Args:
        emissions: (batch, words, labels).
        probabilities: (batch, words, labels) of each word's tag.
        lengths: (batch,).
        start: (labels,).
        transitions: (labels, labels).
        end: (labels,).
    """
    rows = torch.arange(len(lengths), device=lengths.device)
    mask = torch.arange(emissions.shape[1], device=lengths.device) < lengths[:, None]  # (batch, words)
    with torch.autocast(emissions.device.type, enabled=False):
        probabilities = probabilities.to(emissions.dtype)
        inside = probabilities * mask.unsqueeze(-1)
        pairs = torch.einsum("bwi,ij,bwj->b", inside[:, :-1], transitions, inside[:, 1:])
        first, last = inside[:, 0], probabilities[rows, lengths - 1]
        return (inside * emissions).sum((1, 2)) + pairs + first @ start + last @ end
