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


@pytest.mark.parametrize("total,fraction,ratio", [(50, 0.1, 32.0), (1000, 0.25, 8.0), (40, 0.5, 1.0)])
def test_slanted_triangular_equals_the_papers_formula(total, fraction, ratio):
    factor, cut = schedules.slanted_triangular(total, cut_fraction=fraction, ratio=ratio), int(total * fraction)
    for step in range(total + 1):  # Howard & Ruder (2018), equation 3
        p = step / cut if step < cut else 1 - (step - cut) / (cut * (1 / fraction - 1))
        assert factor(step) == pytest.approx((1 + p * (ratio - 1)) / ratio)
    assert factor(0) == factor(total) == pytest.approx(1 / ratio) and factor(cut) == 1


@pytest.mark.parametrize("total", [1, 2, 7, 19])
def test_slanted_triangular_of_few_steps_stays_between_its_limits(total):
    factor = schedules.slanted_triangular(total, cut_fraction=0.1, ratio=32.0)
    factors = [factor(step) for step in range(total + 3)]
    assert max(factors) == 1 and min(factors) == pytest.approx(1 / 32)
