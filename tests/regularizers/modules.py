"""A small module with regularizers, as a run has it."""

import pytest
import torch

from tests.conftest import TINY, checked
from tests.heads import test_classification as classification
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError
from tunesmith.training import outline
from tunesmith.training.module import FineTuningModule


def module_of(*regularizers, family="bert", problem="single_label", side="right", dtype=torch.float32):
    """A classifier in training mode without dropout, whose regularizers have changed it, and a batch.

    Dropout is off, so that passes of the same input are equal; `dropout(module, probability)` turns it on.
    """
    backbone, head, batch = classification.build(family, problem, side, False)
    return assembled(backbone, head, *regularizers, dtype=dtype), batch


def assembled(backbone, head, *regularizers, dtype=torch.float32):
    """The module of a backbone and a head."""
    module = FineTuningModule(backbone, head, list(regularizers)).to(dtype)
    dropout(module, 0.0)
    for regularizer in regularizers:
        regularizer.configure_model(module)
    return module.train()


def dropout(module, probability):
    """Set the probability of all dropout, attention's included."""
    for part in module.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = probability
        elif hasattr(part, "attention_dropout") and isinstance(part.attention_dropout, float):
            part.attention_dropout = probability


def assert_plain_training(*regularizers):
    """A step is that of a module without these regularizers, bitwise, and has drawn the same random numbers; the module."""
    module, batch = module_of(*regularizers)
    plain, _ = module_of()
    losses, states = [], []
    for one in (module, plain):
        dropout(one, 0.1)
        torch.manual_seed(1)
        losses.append(one.training_step(batch, 0))
        states.append(torch.get_rng_state())
    assert torch.equal(*losses) and torch.equal(*states)
    return module


def refusal(*words):
    """Why `tunesmith check` refuses a config, before any weights are loaded."""
    with pytest.raises(UserError) as error:
        config = checked([*TINY, *words])
        outline.module_without_weights(config, surveyed(config["dataset"]))
    return str(error.value)
