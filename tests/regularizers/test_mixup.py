"""Mixup against mixing what the last layer reads, and mixing one-hot targets."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional

from tests.conftest import checked
from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, assert_plain_training, module_of
from tunesmith.errors import UserError
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.mixup import Mixup, drawn_share


def drawn(size, alpha, seed):
    """The share, and each example's partner; not the identity."""
    torch.manual_seed(seed)
    share = drawn_share(alpha)
    partners = torch.randperm(size)
    assert (partners != torch.arange(size)).any() and 0.01 < share < 0.99
    return share, partners


@pytest.mark.parametrize("alpha", [1e-3, 0.2, 1.0, 8.0])
def test_shares_have_the_beta_distribution(alpha):
    torch.manual_seed(1)
    shares = np.array([drawn_share(alpha) for _ in range(4000)])
    middle = ((shares > 0.01) & (shares < 0.99)).mean()
    expected = np.diff(stats.beta(alpha, alpha).cdf([0.01, 0.99])).item()
    assert middle == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 4000) ** 0.5)
    assert shares.mean() == pytest.approx(0.5, abs=4 * 0.5 / 4000**0.5)
    if alpha > 0.1:  # below, most shares are rounded to 0 or 1
        assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("alpha", [1e-320, 1e-12, 1e30])
def test_extreme_shares(alpha):
    torch.manual_seed(1)
    shares = {round(drawn_share(alpha), 6) for _ in range(20)}
    assert shares == ({0.5} if alpha > 1 else {0.0, 1.0})


def last_layer(module):
    """The last linear layer that runs, and what it reads."""
    linear = [part for part in module.head.modules() if isinstance(part, torch.nn.Linear)]
    return linear[-1]


@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_last_layer_reads_is_mixed(family, problem):
    module, batch = module_of(Mixup(alpha=1.0), family=family, problem=problem, side="left")
    torch.manual_seed(2)
    total = module.training_step(batch, 0)
    share, partners = drawn(3, 1.0, 2)

    def mix(layer, given):
        read = given[0]  # (batch, width) or (batch, length, width)
        return (share * read + (1 - share) * read[partners],)

    handle = last_layer(module).register_forward_pre_hook(mix)
    scores = module(batch).scores
    handle.remove()
    labels = batch.targets["labels"]
    if problem == "single_label":
        targets = functional.one_hot(labels, 3).float()
        expected = functional.cross_entropy(scores, share * targets + (1 - share) * targets[partners])
    elif problem == "multi_label":
        targets = share * labels + (1 - share) * labels[partners]
        expected = functional.binary_cross_entropy_with_logits(scores, targets)
    else:
        targets = share * labels + (1 - share) * labels[partners]
        constant = share * (1 - share) * ((labels - labels[partners]) ** 2).mean()
        expected = functional.mse_loss(scores[:, 0], targets) + constant
    if family == "gpt2":  # its layer reads every token, and the last one is chosen of what it returns
        assert batch.inputs["attention_mask"][:, -1].all()
    torch.testing.assert_close(total, expected)


def test_words_are_mixed_where_both_sentences_have_one():
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    module = assembled(backbone, head, Mixup(alpha=1.0))
    torch.manual_seed(2)
    total = module.training_step(batch, 0)
    share, partners = drawn(3, 1.0, 2)
    scores, labels = module(batch).scores, batch.targets["labels"]
    losses = []
    for row, partner in enumerate(partners.tolist()):
        for word in range(labels.shape[1]):
            if labels[row, word] < 0:
                continue
            target, mixed = functional.one_hot(labels[row, word], 5).float(), scores[row, word]
            if labels[partner, word] >= 0:
                target = share * target + (1 - share) * functional.one_hot(labels[partner, word], 5)
                mixed = share * mixed + (1 - share) * scores[partner, word]
            losses.append(functional.cross_entropy(mixed, target))
    torch.testing.assert_close(total, torch.stack(losses).mean())


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(Mixup(alpha=0.0))


def test_heads_whose_targets_have_no_mixture_are_refused():
    with pytest.raises(UserError, match="mixup needs a head with mixup, which Crf does not offer: two sentences have"):
        checked(["regularization=[mixup]", "head=crf", "dataset=demo_entities"])


def test_a_batch_of_one_has_nothing_to_mix():
    with pytest.raises(
        UserError,
        match="batch_size is 1, but regularization mixup combines each example with another of its batch; set",
    ):
        checked(["regularization=[standard,mixup]", "dataset.batch_size=1"])
