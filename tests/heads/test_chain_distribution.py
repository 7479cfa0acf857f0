"""Divergence, entropy and smoothed targets of a chain against sums over all tag sequences."""

import itertools

import pytest
import torch

from tests.heads.test_linear_chain_crf import path_score, random_inputs
from tunesmith.heads.chain_distribution import Chains, expected_score, log_partition, smoothed
from tunesmith.heads.linear_chain_crf import negative_log_likelihood


def every_path(inputs, row):
    """The sequences of a row and their log-probabilities."""
    emissions, _, lengths, *chain = inputs
    paths = list(itertools.product(range(emissions.shape[2]), repeat=int(lengths[row])))
    scores = torch.stack([path_score(emissions[row], path, *chain) for path in paths])
    return paths, scores.log_softmax(0)


def chains(inputs):
    emissions, _, lengths, *chain = inputs
    return Chains.of(emissions, lengths, *chain)


def both(words=4, labels=3, scale=1.0):
    """Two chains over the same sentences, with other emissions and other transitions."""
    first, second = (random_inputs(3, words, labels, dtype=torch.float64, scale=scale, seed=seed) for seed in (0, 1))
    return first, (second[0], first[1], first[2], *second[3:])


@pytest.mark.parametrize("words,labels,scale", [(1, 2, 1.0), (4, 3, 1.0), (4, 3, 30.0), (6, 2, 1.0)])
def test_divergence_and_entropy_equal_sums_over_all_sequences(words, labels, scale):
    first, second = both(words, labels, scale)
    kl = entropy = 0.0
    for row in range(3):
        p, q = every_path(first, row)[1], every_path(second, row)[1]
        kl, entropy = kl + (p.exp() * (p - q)).sum(), entropy - (p.exp() * p).sum()
    count = first[2].sum()
    close = {"rtol": 1e-6, "atol": 1e-7}  # both are returned in float32
    torch.testing.assert_close(chains(first).kl(chains(second)).double(), kl / count, **close)
    torch.testing.assert_close(chains(first).entropy().double(), entropy / count, **close)


def test_gradients_equal_those_of_sums_over_all_sequences():
    first, second = both()
    leaves = [first[0], *first[3:], second[0], *second[3:]]
    exact = 0.0
    for row in range(3):
        p, q = every_path(first, row)[1], every_path(second, row)[1]
        exact = exact + 0.5 * ((p.exp() - q.exp()) * (p - q)).sum() - (p.exp() * p).sum()
    found = chains(first).divergence(chains(second)) + chains(first).entropy()
    ours, theirs = (torch.autograd.grad(value, leaves) for value in (found, exact / first[2].sum()))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_the_divergence_from_itself_is_zero_and_detached_chains_get_no_gradient():
    first, second = both()
    assert abs(chains(first).kl(chains(first))) < 1e-7
    chains(first).detach().kl(chains(second)).backward()
    assert first[0].grad is None and second[0].grad.abs().sum() > 0
    with torch.no_grad():  # as for the weights of a teacher
        assert torch.equal(chains(first).kl(chains(second)), chains(first).detach().kl(chains(second)))


def test_under_autocast():
    first, second = both()
    expected = chains(first).kl(chains(second))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(chains(first).kl(chains(second)), expected)
    emissions, tags, lengths, *chain = random_inputs(3, 4, 3)
    spread = emissions, smoothed(tags, 3, 0.1), lengths, *chain
    expected = expected_score(*spread)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(expected_score(*spread), expected)


def test_padding_does_not_count():
    first, second = both()
    expected = chains(first).divergence(chains(second)), chains(first).entropy()
    for inputs in (first, second):
        with torch.no_grad():
            inputs[0][torch.arange(4) >= inputs[2][:, None]] = 50.0
    assert (chains(first).divergence(chains(second)), chains(first).entropy()) == expected


@pytest.mark.parametrize("epsilon", [0.0, 0.3])
def test_smoothed_targets_are_the_expected_likelihood(epsilon):
    inputs = random_inputs(3, 4, 3, dtype=torch.float64)
    emissions, tags, lengths, *chain = inputs
    spread = [expected_score(emissions, smoothed(tags, 3, part), lengths, *chain) for part in (0.0, epsilon)]
    found = negative_log_likelihood(emissions, tags, lengths, *chain) + spread[0] - spread[1]
    for row in range(3):
        expected = 0.0
        for path, value in zip(*every_path(inputs, row), strict=True):
            target = [(1 - epsilon) * (tag == int(tags[row, place])) + epsilon / 3 for place, tag in enumerate(path)]
            expected = expected - torch.tensor(target, dtype=torch.float64).prod() * value
        torch.testing.assert_close(found[row], expected)


def test_the_partition_equals_that_of_the_likelihood():
    emissions, tags, lengths, *chain = random_inputs(3, 5, 4, dtype=torch.float64)
    shared = [part.expand(3, *part.shape) for part in chain]
    certain = expected_score(emissions, smoothed(tags, 4, 0.0), lengths, *chain)
    expected = negative_log_likelihood(emissions, tags, lengths, *chain) + certain
    torch.testing.assert_close(log_partition(emissions, lengths, *shared), expected)
