"""The CRF's likelihood, gradients and best path against brute force and pytorch-crf."""

import itertools

import pytest
import torch
from torchcrf import CRF

from tunesmith.heads.linear_chain_crf import best_path, negative_log_likelihood


def random_inputs(batch, words, labels, *, dtype=torch.float32, scale=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    emissions = scale * torch.randn(batch, words, labels, generator=generator, dtype=dtype)
    tags = torch.randint(labels, (batch, words), generator=generator)
    lengths = torch.randint(1, words + 1, (batch,), generator=generator)
    lengths[0], lengths[-1] = words, 1
    chain = [
        torch.randn(*shape, generator=generator, dtype=dtype) for shape in ((labels,), (labels, labels), (labels,))
    ]
    leaves = [emissions, *chain]
    for leaf in leaves:
        leaf.requires_grad_()
    return emissions, tags, lengths, *chain


def path_score(emissions, path, start, transitions, end):
    score = start[path[0]] + end[path[-1]] + sum(emissions[word, tag] for word, tag in enumerate(path))
    return score + sum(transitions[a, b] for a, b in itertools.pairwise(path))


def brute_force(emissions, tags, lengths, start, transitions, end):
    """Negative log-likelihoods and best paths by enumeration."""
    values, paths = [], []
    for row, length in enumerate(lengths.tolist()):
        every = list(itertools.product(range(emissions.shape[2]), repeat=length))
        scores = torch.stack([path_score(emissions[row], path, start, transitions, end) for path in every])
        own = path_score(emissions[row], tags[row, :length].tolist(), start, transitions, end)
        values.append(scores.logsumexp(0) - own)
        paths.append(list(every[int(scores.argmax())]))
    return torch.stack(values), paths


@pytest.mark.parametrize("gap", [100.0, 350.0, 750.0, 5000.0])
def test_a_path_that_is_overtaken_late_does_not_underflow(gap):
    """The best path begins with a label that is improbable at first."""
    emissions = torch.tensor([[[0.0, -gap], [50.0 - gap, 0.0], [-gap, 0.0]]], dtype=torch.float64, requires_grad=True)
    transitions = torch.tensor([[0.0, -1e4], [0.0, 0.0]], dtype=torch.float64)
    zero = torch.zeros(2, dtype=torch.float64)
    inputs = (emissions, torch.ones(1, 3, dtype=torch.long), torch.tensor([3]), zero, transitions, zero)
    expected, _ = brute_force(*inputs)
    found = negative_log_likelihood(*inputs)
    torch.testing.assert_close(found, expected)
    ours, theirs = (torch.autograd.grad(value.sum(), emissions)[0] for value in (found, expected))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("words,labels", [(1, 2), (2, 3), (5, 3), (4, 4)])
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_brute_force(words, labels, scale):
    inputs = random_inputs(4, words, labels, dtype=torch.float64, scale=scale)
    leaves = [inputs[0], *inputs[3:]]
    weight = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)  # a different weight for each sequence
    expected, paths = brute_force(*inputs)
    found = negative_log_likelihood(*inputs)
    torch.testing.assert_close(found, expected)
    ours, theirs = (torch.autograd.grad(value @ weight, leaves, materialize_grads=True) for value in (found, expected))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)
    decoded = best_path(inputs[0], inputs[2], *inputs[3:])
    for row, path in enumerate(paths):
        assert decoded[row].tolist() == path + [0] * (words - len(path))


@pytest.mark.parametrize("batch,words,labels", [(32, 128, 9), (16, 64, 37), (8, 300, 5)])
def test_pytorch_crf(batch, words, labels):
    emissions, tags, lengths, *chain = random_inputs(batch, words, labels)
    reference = CRF(labels, batch_first=True).double()  # the error of its float32 exceeds the tolerance
    names = ("start_transitions", "transitions", "end_transitions")
    reference.load_state_dict({name: part.double() for name, part in zip(names, chain, strict=True)})
    exact, mask = emissions.detach().double().requires_grad_(), torch.arange(words) < lengths[:, None]
    expected = -reference(exact, tags, mask=mask, reduction="none")
    found = negative_log_likelihood(emissions, tags, lengths, *chain)
    torch.testing.assert_close(found, expected.float(), atol=1e-4, rtol=1e-6)
    leaves = [exact, *(getattr(reference, name) for name in names)]
    gradients = zip(
        torch.autograd.grad(found.sum(), [emissions, *chain]), torch.autograd.grad(expected.sum(), leaves), strict=True
    )
    for one, other in gradients:
        torch.testing.assert_close(one, other.float(), atol=1e-4, rtol=1e-6)
    paths = reference.decode(exact, mask=mask)
    decoded = best_path(emissions, lengths, *chain)
    assert [row[: len(path)] for row, path in zip(decoded.tolist(), paths, strict=True)] == paths


def test_under_autocast():
    emissions, tags, lengths, *chain = random_inputs(8, 40, 7)
    expected, path = negative_log_likelihood(emissions, tags, lengths, *chain), best_path(emissions, lengths, *chain)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = negative_log_likelihood(emissions, tags, lengths, *chain)
        assert torch.equal(best_path(emissions, lengths, *chain), path)
    assert found.dtype == torch.float32 and torch.equal(found, expected)


def test_gradcheck():
    emissions, tags, lengths, *chain = random_inputs(3, 5, 3, dtype=torch.float64)
    function = lambda emissions, *chain: negative_log_likelihood(emissions, tags, lengths, *chain)  # noqa: E731
    assert torch.autograd.gradcheck(function, (emissions, *chain))


@pytest.mark.parametrize("scale", [300.0, 3000.0])
def test_scores_whose_probabilities_underflow(scale):
    inputs = random_inputs(4, 5, 3, dtype=torch.float64, scale=scale)
    leaves = [inputs[0], *inputs[3:]]
    expected, _ = brute_force(*inputs)
    found = negative_log_likelihood(*inputs)
    torch.testing.assert_close(found, expected)
    for one, other in zip(
        *(torch.autograd.grad(value.sum(), leaves, materialize_grads=True) for value in (found, expected)), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_extremely_improbable_paths():
    # The emissions of each word favour a label that no transition leads to, so that every path is extremely improbable.
    emissions, tags, lengths, start, transitions, end = random_inputs(4, 6, 3, dtype=torch.float64)
    with torch.no_grad():
        emissions[:, ::2, 0] += 900
        emissions[:, 1::2, 1] += 900
        transitions[0, 1] = transitions[1, 0] = -2000.0
    inputs = (emissions, tags, lengths, start, transitions, end)
    expected, paths = brute_force(*inputs)
    torch.testing.assert_close(negative_log_likelihood(*inputs), expected)
    decoded = best_path(emissions, lengths, start, transitions, end)
    assert [row[: len(path)] for row, path in zip(decoded.tolist(), paths, strict=True)] == paths


@pytest.mark.parametrize("forbidden", [-torch.inf, -1e4])
def test_forbidden_transitions_are_never_taken(forbidden):
    emissions, _, lengths, start, transitions, end = random_inputs(16, 30, 5)
    with torch.no_grad():
        transitions[0, 1:3] = forbidden
        start[4] = forbidden
    decoded = best_path(emissions, lengths, start, transitions, end).tolist()
    for row, length in zip(decoded, lengths.tolist(), strict=True):
        assert row[0] != 4
        assert not any(a == 0 and b in (1, 2) for a, b in itertools.pairwise(row[:length]))
