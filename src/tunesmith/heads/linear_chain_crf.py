"""The arithmetic of a linear-chain CRF (Lafferty et al., 2001): likelihood with its gradient, and the best path.

Shapes: emissions (batch, words, labels), tags (batch, words), lengths (batch,), start and end (labels,), transitions
(labels, labels) as [from, to]. Parameters and their meaning are those of pytorch-crf.

The forward-backward recursions run in probability space, in float64 and scaled at every word: a step is one small
matrix product instead of a log-sum-exp over all pairs of labels. Both directions run in one loop, since the backward
recursion is the forward one on the reversed sequence with transposed transitions.
"""

from typing import Any

import torch
import torchcrf
from torch import Tensor

_SPREAD = 300.0  # of the scores of a word and its transitions, in nats


class LinearChainCrf(torchcrf.CRF):
    """pytorch-crf's `CRF`, computed by the functions below: parameters, their names and initial values, arguments and checks are its.

    A state dict of either loads into the other. Unlike there, a mask may not have holes: its numerator would count
    transitions from a masked word.
    """

    def forward(self, emissions: Tensor, tags: Tensor, mask: Tensor | None = None, reduction: str = "sum") -> Tensor:
        """Log-likelihood of the tags: (batch,) for the reduction `none`, else a scalar.

        Args:
            emissions: (words, batch, labels), or (batch, words, labels) if `batch_first`.
            tags: (words, batch), or (batch, words).
            mask: like `tags`; None: all words.
            reduction: none, sum, mean over sequences, or token_mean over words.

        Raises:
            ValueError: for shapes that do not fit, a mask that does not begin with each sequence or has holes, or another reduction.
        """
        self._validate(emissions, tags=tags, mask=mask)
        if reduction not in ("none", "sum", "mean", "token_mean"):
            raise ValueError(f"invalid reduction: {reduction}; expected none, sum, mean or token_mean")
        lengths = self._lengths(emissions, mask)
        emissions, tags = self._batch_first(emissions), self._batch_first(tags)
        value = -negative_log_likelihood(
            emissions, tags, lengths, self.start_transitions, self.transitions, self.end_transitions
        )
        if reduction == "none":
            return value
        if reduction == "token_mean":
            return value.sum() / lengths.sum()
        return value.mean() if reduction == "mean" else value.sum()

    def decode(self, emissions: Tensor, mask: Tensor | None = None) -> list[list[int]]:
        """The most probable tags of each sequence (Viterbi).

        Args:
            emissions: as in `forward`.
            mask: as in `forward`.
        """
        self._validate(emissions, mask=mask)
        lengths = self._lengths(emissions, mask)
        path = best_path(
            self._batch_first(emissions), lengths, self.start_transitions, self.transitions, self.end_transitions
        )
        return [row[:length] for row, length in zip(path.tolist(), lengths.tolist(), strict=True)]

    def _batch_first(self, tensor: Tensor) -> Tensor:
        return tensor if self.batch_first else tensor.transpose(0, 1)

    def _lengths(self, emissions: Tensor, mask: Tensor | None) -> Tensor:
        batch, words = self._batch_first(emissions).shape[:2]
        if mask is None:
            return torch.full((batch,), words, device=emissions.device)
        mask = self._batch_first(mask).bool()
        if bool((mask[:, 1:] & ~mask[:, :-1]).any()):
            raise ValueError("the mask has holes; gather the words that count first, so that padding comes last")
        return mask.sum(1)


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor
) -> Tensor:
    """(batch,) negative log-probability of the tag sequences.

    Args:
        emissions: of any float type; computed in float64, returned in float32 (float64 for float64).
        tags: any label at padding.
        lengths: of the sequences, 1 or more.
        start: score of a sequence's first label.
        transitions: score of a label after another.
        end: score of a sequence's last label.
    """
    found: Tensor = _NegativeLogLikelihood.apply(emissions, tags, lengths, start, transitions, end)
    return found


class _NegativeLogLikelihood(torch.autograd.Function):
    """The gradient is the expected minus the observed counts, so it is computed in the forward pass."""

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, *others: Tensor) -> Tensor:
        tags, lengths, start, transitions, end = others
        with torch.autocast(emissions.device.type, enabled=False):  # scores overflow in half precision
            wide = [part.detach().double() for part in (emissions, start, transitions, end)]
            needed = any(ctx.needs_input_grad)
            compute = _likelihood if _fits(wide[0], lengths, wide[2]) else _in_log_space
            value, gradients = compute(wide[0], tags, lengths, *wide[1:], gradients=needed)
            if not bool(torch.isfinite(value).all()):  # probabilities underflowed: start or end scores differ too much
                value, gradients = _in_log_space(wide[0], tags, lengths, *wide[1:], gradients=needed)
        if needed:
            ctx.save_for_backward(*gradients)
            ctx.types = [part.dtype for part in (emissions, start, transitions, end)]
        return value.to(torch.float64 if emissions.dtype == torch.float64 else torch.float32)

    @staticmethod
    def backward(ctx: Any, *incoming: Tensor) -> Any:
        (weight,) = incoming
        weight = weight.double()
        emissions, start, transitions, end = ctx.saved_tensors  # each with the batch as its first dimension
        found = (
            weight[:, None, None] * emissions,
            weight @ start,
            torch.einsum("b,bij->ij", weight, transitions),
            weight @ end,
        )
        first, *rest = (part.to(kind) for part, kind in zip(found, ctx.types, strict=True))
        return first, None, None, *rest


def _fits(emissions: Tensor, lengths: Tensor, transitions: Tensor) -> bool:
    """Whether no path's probability can underflow beside that of a better one, which it may overtake at a later word.

    From the best label of a word each label of the next one is reached at the cost of their scores' spread, so that no label
    is less probable than that; exp(-_SPREAD) squared, for both directions, is far from the smallest float64.
    """
    counted = torch.arange(emissions.shape[1], device=emissions.device) < lengths[:, None]
    spreads = emissions.amax(-1) - emissions.masked_fill(emissions.isneginf(), torch.inf).amin(-1)
    spreads = spreads.masked_fill(~counted, 0.0)
    allowed = transitions.isfinite()
    steps = transitions.masked_fill(~allowed, -torch.inf).amax() - transitions.masked_fill(~allowed, torch.inf).amin()
    return bool(spreads.amax() + steps < _SPREAD)


def _likelihood(
    emissions: Tensor,
    tags: Tensor,
    lengths: Tensor,
    start: Tensor,
    transitions: Tensor,
    end: Tensor,
    *,
    gradients: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    batch, words, labels = emissions.shape
    rows = torch.arange(batch, device=emissions.device)
    places = torch.arange(words, device=emissions.device)
    mask = places < lengths[:, None]  # (batch, words)
    largest = emissions.amax(-1, keepdim=True)
    factors = (emissions - largest).exp()
    shift = transitions.max()
    steps = (transitions - shift).exp()
    start_shift, end_shift = start.max(), end.max()
    first, last = (start - start_shift).exp(), (end - end_shift).exp()

    # (directions, batch, words, labels): each sequence, and each sequence reversed within its own length.
    if gradients:
        backwards = (lengths[:, None] - 1 - places).clamp(min=0)
        both = torch.stack([factors, factors.gather(1, backwards.unsqueeze(-1).expand_as(factors))])
        matrices, begin = torch.stack([steps, steps.T.contiguous()]), torch.stack([first, last])
    else:
        both, matrices, begin = factors[None], steps[None], first[None]
    both = both.permute(2, 0, 1, 3).contiguous()  # (words, directions, batch, labels)
    before = torch.empty_like(both)  # messages into a label, without its own emission
    scaled = torch.empty_like(both)
    scales = torch.empty(*both.shape[:-1], 1, dtype=both.dtype, device=both.device)
    before[0] = begin[:, None, :]
    for word, (reaching, own, state, scale) in enumerate(zip(before, both, scaled, scales, strict=True)):
        if word:
            torch.bmm(scaled[word - 1], matrices, out=reaching)
        torch.mul(reaching, own, out=state)
        torch.sum(state, -1, keepdim=True, out=scale)
        state.div_(scale)

    final = lengths - 1
    alpha = scaled[:, 0]  # (words, batch, labels)
    logs = torch.where(mask, scales[:, 0, :, 0].T.log() + largest.squeeze(-1), 0.0).sum(1)
    ending = (alpha[final, rows] * last).sum(-1)
    partition = logs + ending.log() + (lengths - 1) * shift + start_shift + end_shift

    score = torch.where(mask, emissions.gather(2, tags.unsqueeze(-1)).squeeze(-1), 0.0).sum(1)
    score = score + start[tags[:, 0]] + end[tags[rows, final]]
    score = score + torch.where(mask[:, 1:], transitions[tags[:, :-1], tags[:, 1:]], 0.0).sum(1)
    value = partition - score
    if not gradients:
        return value, ()

    # Back in word order: the backward messages (beta), and beta times the word's own emission (gamma).
    index = backwards.T.unsqueeze(-1).expand(-1, -1, labels)
    beta, gamma = before[:, 1].gather(0, index), scaled[:, 1].gather(0, index)
    marginals = alpha * beta  # (words, batch, labels)
    total = marginals.sum(-1, keepdim=True)
    marginals = (marginals / total).transpose(0, 1) * mask.unsqueeze(-1)
    left = (alpha[:-1] / total[:-1]).masked_fill(~mask.T[1:].unsqueeze(-1), 0.0)
    pairs = torch.bmm(left.permute(1, 2, 0), gamma[1:].transpose(0, 1)) * steps  # (batch, labels, labels)

    observed = torch.zeros_like(emissions).scatter_(2, tags.unsqueeze(-1), mask.unsqueeze(-1).to(emissions.dtype))
    seen = torch.zeros(batch, labels * labels, dtype=emissions.dtype, device=emissions.device)
    seen.scatter_add_(1, tags[:, :-1] * labels + tags[:, 1:], mask[:, 1:].to(emissions.dtype))
    expected = marginals - observed
    return value, (expected, expected[:, 0], pairs - seen.view(batch, labels, labels), expected[rows, final])


def _in_log_space(
    emissions: Tensor,
    tags: Tensor,
    lengths: Tensor,
    start: Tensor,
    transitions: Tensor,
    end: Tensor,
    *,
    gradients: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The same by log-sum-exp and autograd: slower, but exact for any scores."""
    batch = len(emissions)
    with torch.enable_grad():
        leaves = [emissions.clone()] + [part.expand(batch, *part.shape).clone() for part in (start, transitions, end)]
        for leaf in leaves:
            leaf.requires_grad_(gradients)
        emissions, start, transitions, end = leaves
        rows = torch.arange(batch, device=tags.device)
        alpha = start + emissions[:, 0]
        score = alpha.gather(1, tags[:, :1]).squeeze(1)
        for word in range(1, emissions.shape[1]):
            mask = word < lengths
            moved = (alpha.unsqueeze(2) + transitions).logsumexp(1) + emissions[:, word]
            alpha = torch.where(mask[:, None], moved, alpha)
            here = transitions[rows, tags[:, word - 1], tags[:, word]] + emissions[rows, word, tags[:, word]]
            score = score + torch.where(mask, here, 0.0)
        value = (alpha + end).logsumexp(1) - score - end[rows, tags[rows, lengths - 1]]
        found = torch.autograd.grad(value.sum(), leaves) if gradients else ()
    return value.detach(), found


@torch.no_grad()
def best_path(emissions: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor) -> Tensor:
    """(batch, words) the most probable label sequences (Viterbi), 0 at padding.

    The forward pass keeps scores only; backtracking recomputes the best predecessor, for one label of each sequence
    instead of all.

    Args:
        emissions: of any float type.
        lengths: of the sequences, 1 or more.
        start: score of a sequence's first label; -inf forbids it.
        transitions: score of a label after another; -inf forbids it.
        end: score of a sequence's last label.
    """
    with torch.autocast(emissions.device.type, enabled=False):
        kind = torch.promote_types(emissions.dtype, torch.float32)
        emissions, start, transitions, end = (part.to(kind) for part in (emissions, start, transitions, end))
        words = emissions.shape[1]
        own = emissions.transpose(0, 1).contiguous()  # (words, batch, labels)
        into = transitions.T.contiguous()  # [to, from]
        scores = torch.empty_like(own)
        torch.add(own[0], start, out=scores[0])
        for word in range(1, words):
            torch.add((scores[word - 1].unsqueeze(1) + into).amax(-1), own[word], out=scores[word])
        path = torch.zeros(words, len(lengths), dtype=torch.int64, device=emissions.device)
        is_last = (torch.arange(words, device=lengths.device)[:, None] == lengths - 1).unsqueeze(-1)
        for word in range(words - 1, -1, -1):
            leaving = end if word == words - 1 else torch.where(is_last[word], end, into[path[word + 1]])
            torch.argmax(scores[word] + leaving, -1, out=path[word])
        mask = torch.arange(words, device=lengths.device) < lengths[:, None]
        return path.T * mask
