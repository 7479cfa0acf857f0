"""Label smoothing against the mixture of targets that it stands for, with every head that takes it."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.heads import test_span as span
from tests.heads import test_token_classification as tagging
from tests.regularizers.modules import assembled, module_of
from tunesmith.heads.crf import Crf
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.regularizers.label_smoothing import LabelSmoothing


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_it_equals_torchs_in_training_and_is_off_in_evaluation(family):
    module, batch = module_of(LabelSmoothing(epsilon=0.2), family=family)
    scores, targets = module(batch).scores, batch.targets["labels"]
    torch.testing.assert_close(
        module.training_step(batch, 0), functional.cross_entropy(scores, targets, label_smoothing=0.2)
    )
    module.eval()
    torch.testing.assert_close(module.head.loss(scores, batch), functional.cross_entropy(scores, targets))


def test_several_labels_are_two_outcomes_each():
    module, batch = module_of(LabelSmoothing(epsilon=0.2), problem="multi_label")
    targets = 0.1 + 0.8 * batch.targets["labels"]
    expected = functional.binary_cross_entropy_with_logits(module(batch).scores, targets)
    torch.testing.assert_close(module.training_step(batch, 0), expected)


def test_the_outcomes_of_a_span_are_the_tokens_of_its_window():
    backbone, head, split, _ = span.build("bert", span.question_task())
    batch = split[np.arange(len(split))]
    module = assembled(backbone, head, LabelSmoothing(epsilon=0.3))
    lengths, labels = batch.inputs["attention_mask"].sum(1), batch.targets["labels"]
    assert lengths.min() < lengths.max()
    losses = [
        functional.cross_entropy(scores[:length, part], labels[row, part], label_smoothing=0.3)
        for row, (scores, length) in enumerate(zip(module(batch).scores, lengths, strict=True))
        for part in (0, 1)
    ]
    torch.testing.assert_close(module.training_step(batch, 0), torch.stack(losses).mean())


def test_a_crf_without_transitions_is_smoothed_like_a_softmax():
    backbone, softmax, batch, _ = tagging.build("bert", TokenClassification, "right", constrained=False)
    _, crf, _, _ = tagging.build("bert", Crf, "right", constrained=False, transition_lr_scale=1.0)
    crf.stem.load_state_dict(softmax.stem.state_dict())
    for parameter in crf.chain.parameters():
        torch.nn.init.zeros_(parameter)
    losses = [assembled(backbone, head, LabelSmoothing(epsilon=0.2)).training_step(batch, 0) for head in (softmax, crf)]
    torch.testing.assert_close(*losses)
