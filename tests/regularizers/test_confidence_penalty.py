"""The confidence penalty against the entropies of torch.distributions."""

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical

from tests.heads import test_span as span
from tests.heads import test_token_classification as tagging
from tests.regularizers.modules import assembled, module_of
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.confidence_penalty import ConfidencePenalty


@pytest.mark.parametrize("problem", ["single_label", "multi_label"])
def test_the_entropy_of_a_classifier(problem):
    module, batch = module_of(ConfidencePenalty(beta=0.7), problem=problem, dtype=torch.float64)
    scores = module(batch).scores
    of_examples = (
        Categorical(logits=scores).entropy() if problem == "single_label" else Bernoulli(logits=scores).entropy().sum(1)
    )
    expected = module.head.loss(scores, batch) - 0.7 * of_examples.mean()
    torch.testing.assert_close(module.training_step(batch, 0), expected)


def test_only_real_words_count():
    backbone, head, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    module = assembled(backbone, head, ConfidencePenalty(beta=0.7))
    scores, words = module(batch).scores, batch.targets["labels"] >= 0
    expected = head.loss(scores, batch) - 0.7 * Categorical(logits=scores[words]).entropy().mean()
    torch.testing.assert_close(module.training_step(batch, 0), expected)


def test_a_span_has_the_entropies_of_its_start_and_its_end():
    backbone, head, split, _ = span.build("bert", span.question_task())
    batch = split[np.arange(len(split))]
    module = assembled(backbone, head, ConfidencePenalty(beta=0.7))
    scores, lengths = module(batch).scores, batch.inputs["attention_mask"].sum(1)
    entropies = [
        Categorical(logits=row[:length, part]).entropy()
        for row, length in zip(scores, lengths, strict=True)
        for part in (0, 1)
    ]
    total = module.training_step(batch, 0)
    torch.testing.assert_close(total, head.loss(scores, batch) - 0.7 * torch.stack(entropies).mean())
    total.backward()  # padding's logits are -inf
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters() if parameter.grad is not None)


def test_strength_0_is_plain_training():
    module, batch = module_of(ConfidencePenalty(beta=0.0))
    assert torch.equal(module.training_step(batch, 0), module_of()[0].training_step(batch, 0))
