"""R-Drop against the paper's equation 4."""

import torch
from torch.distributions import Categorical, kl_divergence

from tests.heads import test_token_classification as tagging
from tests.regularizers.modules import assembled, dropout, module_of
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.rdrop import RDrop


def test_the_papers_loss():
    module, batch = module_of(RDrop(alpha=2.0))
    dropout(module, 0.1)
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    one, two = module(batch).scores, module(batch).scores
    p, q = one.softmax(-1), two.softmax(-1)
    divergence = 0.5 * ((p * (p / q).log()).sum(-1) + (q * (q / p).log()).sum(-1)).mean()
    targets = batch.targets["labels"]
    entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(total, entropy(one, targets) + entropy(two, targets) + 2.0 * divergence)
    assert divergence > 0


def test_only_real_words_are_compared():
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    module = assembled(backbone, head, RDrop(alpha=3.0))
    dropout(module, 0.1)
    torch.manual_seed(1)
    total = module.training_step(batch, 0)
    torch.manual_seed(1)
    one, two = module(batch).scores, module(batch).scores
    words = batch.targets["labels"] >= 0
    p, q = (Categorical(logits=scores[words]) for scores in (one, two))
    divergence = (kl_divergence(p, q) + kl_divergence(q, p)).mean() / 2
    torch.testing.assert_close(total, head.loss(one, batch) + head.loss(two, batch) + 3.0 * divergence)
