"""FGM against the usual way to write it: perturb the embeddings by the gradient that a backward pass left, and go again."""

import numpy as np
import pytest
import torch

from tests.heads import test_span as span
from tests.heads import test_token_classification as tagging
from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assembled, assert_plain_training, module_of
from tunesmith.heads.crf import Crf
from tunesmith.regularizers.fgm import FastGradientMethod


def reference(module, batch, weight, epsilon):
    """The loss, and its gradients, by a leaf that is added to the embeddings."""
    offset = torch.zeros(*batch.inputs["input_ids"].shape, 32, dtype=module.backbone.embeddings.weight.dtype)
    plain = module(batch, offset=offset.requires_grad_()).loss
    plain.backward()
    real = batch.inputs["attention_mask"].unsqueeze(-1)  # XLNet reads the last token, padding too
    flat = (offset.grad * real).flatten(1)
    r = (epsilon * flat / flat.norm(dim=1, keepdim=True)).view_as(offset)
    adversarial = weight * module(batch, offset=r).loss
    adversarial.backward()  # gradients add up
    return plain.detach() + adversarial.detach(), [parameter.grad for parameter in module.parameters()]


def assert_equals_reference(module, batch):
    total = module.training_step(batch, 0)
    total.backward()
    found = [parameter.grad for parameter in module.parameters()]
    module.zero_grad()
    expected, gradients = reference(module, batch, 0.7, 1.5)
    torch.testing.assert_close(total.detach(), expected)
    torch.testing.assert_close(found, gradients, rtol=1e-4, atol=1e-6)
    assert module.training_step(batch, 0) > 1.7 * module(batch).loss  # the perturbed loss is larger


@pytest.mark.parametrize("family", FAMILIES)
def test_a_classifier(family):
    assert_equals_reference(*module_of(FastGradientMethod(weight=0.7, epsilon=1.5), family=family, dtype=torch.float64))


def test_a_crf_and_spans():
    regularizer = FastGradientMethod(weight=0.7, epsilon=1.5)
    backbone, head, batch, _ = tagging.build("bert", Crf, "left", constrained=False, transition_lr_scale=1.0)
    assert_equals_reference(assembled(backbone, head, regularizer), batch)
    backbone, head, split, _ = span.build("bert", span.question_task())
    assert_equals_reference(assembled(backbone, head, regularizer), split[np.arange(len(split))])


def test_a_perturbation_does_not_depend_on_the_rest_of_the_batch():
    module, batch = module_of(FastGradientMethod(weight=1.0, epsilon=1.5))
    whole = module.training_step(batch, 0)
    single = []
    for row in range(3):
        chosen = type(batch)(
            {name: tensor[row : row + 1] for name, tensor in batch.inputs.items()},
            {"labels": batch.targets["labels"][row : row + 1]},
            batch.rows[row : row + 1],
        )
        single.append(module.training_step(chosen, 0))
    torch.testing.assert_close(whole, torch.stack(single).mean())


def test_strength_0_is_plain_training():
    assert_plain_training(FastGradientMethod(weight=0.0, epsilon=1.0))
