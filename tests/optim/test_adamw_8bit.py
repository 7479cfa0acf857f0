"""AdamW with 8 bits: bitsandbytes' own, close to AdamW, and messages where it cannot be used."""

import sys

import pytest
import torch

from tunesmith.errors import UserError
from tunesmith.optim import adamw_8bit

SETTINGS = {"lr": 1.0, "weight_decay": 0.5, "betas": [0.9, 0.99], "eps": 1e-8}


def groups(weight):
    return [{"params": [weight], "lr": 0.01, "weight_decay": 0.1}]


def test_without_bitsandbytes_the_command_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes.optim", None)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(
        UserError, match=r"not installed; run: pip install 'tunesmith\[gpu8bit\]', or choose optimizer=adamw"
    ):
        adamw_8bit.adamw_8bit(groups(torch.nn.Parameter(torch.ones(2))), True, **SETTINGS)


def test_on_the_cpu_it_is_refused():
    pytest.importorskip("bitsandbytes")
    with pytest.raises(UserError, match="this run is on the CPU; choose optimizer=adamw"):
        adamw_8bit.adamw_8bit(groups(torch.nn.Parameter(torch.ones(2))), True, **SETTINGS)


def test_steps_are_the_packages_own_and_close_to_adamw(monkeypatch):
    bitsandbytes = pytest.importorskip("bitsandbytes")
    monkeypatch.setattr(adamw_8bit, "_on_gpu", lambda groups: True)  # recent versions compute on the CPU too
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(64, 128)) for _ in range(3)]
    for other in weights[1:]:
        other.data.copy_(weights[0])
    start = weights[0].detach().clone()
    optimizers = [
        adamw_8bit.adamw_8bit(groups(weights[0]), True, **SETTINGS),
        bitsandbytes.optim.AdamW8bit([weights[1]], lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
        torch.optim.AdamW([weights[2]], lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
    ]
    for _ in range(5):
        gradient = torch.randn_like(start)
        for weight, optimizer in zip(weights, optimizers, strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    assert torch.equal(weights[0], weights[1])
    moved, expected = weights[0].detach() - start, weights[2].detach() - start
    assert (moved - expected).norm() < 0.1 * expected.norm()
    assert optimizers[0].state[weights[0]]["state1"].dtype == torch.uint8


def test_a_saved_state_goes_on_bitwise(monkeypatch, tmp_path):
    pytest.importorskip("bitsandbytes")
    monkeypatch.setattr(adamw_8bit, "_on_gpu", lambda groups: True)
    ends = []
    for resumed in (False, True):
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(64, 128))
        optimizer = adamw_8bit.adamw_8bit(groups(weight), True, **SETTINGS)
        for number in range(6):
            if resumed and number == 3:
                torch.save(optimizer.state_dict(), tmp_path / "state")
                optimizer = adamw_8bit.adamw_8bit(groups(weight), True, **SETTINGS)
                optimizer.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
            weight.grad = torch.randn_like(weight)
            optimizer.step()
        ends.append(weight.detach())
    assert torch.equal(*ends)
