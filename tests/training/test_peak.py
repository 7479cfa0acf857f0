"""FLOPs of a training step, against those that PyTorch's FlopCounterMode counts in its operations."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.heads.test_classification import FAMILIES, build
from tunesmith.regularizers.rdrop import RDrop
from tunesmith.training.module import FineTuningModule
from tunesmith.training.peak import PEAKS, flops_per_token, share_per_token

CUDA = torch.device("cuda")


def module_of(family, *regularizers):
    backbone, head, batch = build(family, "single_label", "right", False)
    return FineTuningModule(backbone, head, regularizers).train(), batch


@pytest.mark.parametrize("family", FAMILIES)
def test_the_flops_are_those_of_the_operations(family):
    module, batch = module_of(family)
    with FlopCounterMode(display=False) as counter:
        module.backbone(batch).sum().backward()
    estimate = flops_per_token(module) * batch.inputs["input_ids"].numel()
    # From below: attention scores are left out, and that XLNet has twice as many relative positions as tokens.
    assert 0.8 * counter.get_total_flops() < estimate <= counter.get_total_flops()


def test_a_second_pass_doubles_them():
    once, twice = module_of("bert")[0], module_of("bert", RDrop(alpha=1.0))[0]
    assert flops_per_token(twice) == 2 * flops_per_token(once)


def test_the_share_of_a_known_gpu(monkeypatch):
    module, _ = module_of("bert")
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "NVIDIA H100 80GB HBM3")
    share = share_per_token(module, precision="bf16-mixed", device=CUDA)
    assert share == pytest.approx(flops_per_token(module) / 989.4e12)
    assert PEAKS["NVIDIA A100-SXM4-80GB"] == 312e12


@pytest.mark.parametrize("trouble", ["another GPU", "a slice of one", "32 bits", "CPU", "frozen"])
def test_no_share_where_it_would_be_wrong(trouble, monkeypatch):
    module, _ = module_of("bert")
    names = {"another GPU": "NVIDIA GeForce RTX 9090", "a slice of one": "NVIDIA H100 80GB HBM3 MIG 1g.10gb"}
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: names.get(trouble, "NVIDIA H200"))
    if trouble == "frozen":
        module.backbone.model.encoder.requires_grad_(False)
    precision, device = 32 if trouble == "32 bits" else "bf16-mixed", torch.device("cpu") if trouble == "CPU" else CUDA
    assert share_per_token(module, precision=precision, device=device) is None
