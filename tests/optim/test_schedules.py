"""Schedules equal transformers' step by step."""

import pytest
import torch
import transformers

from tunesmith.optim import schedules

TOTAL, WARM = 50, 5
REFERENCES = {
    "linear": lambda o: transformers.get_linear_schedule_with_warmup(o, WARM, TOTAL),
    "cosine": lambda o: transformers.get_cosine_schedule_with_warmup(o, WARM, TOTAL),
    "polynomial": lambda o: transformers.get_polynomial_decay_schedule_with_warmup(
        o, WARM, TOTAL, lr_end=0.1, power=2.0
    ),
    "constant": lambda o: transformers.get_constant_schedule_with_warmup(o, WARM),
}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize(
    "warmup", [{"warmup_steps": WARM, "warmup_ratio": None}, {"warmup_steps": None, "warmup_ratio": 0.1}]
)
def test_equal_to_transformers(name, warmup):
    options = {"power": 2.0, "end_ratio": 0.1} if name == "polynomial" else {}
    factor = getattr(schedules, name)(TOTAL, **warmup, **options)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = REFERENCES[name](optimizer)
    for step in range(TOTAL):
        assert factor(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
        optimizer.step()
        reference.step()


def test_inverse_square_root_as_in_the_paper():
    factor = schedules.inverse_square_root(TOTAL, warmup_steps=10, warmup_ratio=None)
    # Vaswani et al. (2017), equation 3, scaled to 1 at the end of the warm-up
    for step in range(1, TOTAL):
        assert factor(step) == pytest.approx(min(step**-0.5, step * 10**-1.5) / 10**-0.5)
