"""Which share of a GPU's peak training uses: the FLOPs that its tokens need, over those of NVIDIA's data sheet.

A token costs two FLOPs for each weight of a matrix product in a forward pass and four in a backward pass (Kaplan et al., 2020,
section 2.1): 6 N in all. N counts the backbone's, without embeddings, which are looked up; attention scores, the head and padding
are not counted, so the share is an estimate from below. There is none where it would be wrong: for a GPU whose peak is not
listed, in 32 bits, whose peak depends on how PyTorch rounds, and where a part of the backbone is not trained.
"""

import torch
from torch import nn

from tunesmith.training.module import FineTuningModule
from tunesmith.training.outline import passes

# FLOPs a second with bfloat16 or float16, dense: without the factor of 2 for sparse matrices. By the name that CUDA gives.
PEAKS = {
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
    "NVIDIA A100-PCIE-40GB": 312e12,
    "NVIDIA A100 80GB PCIe": 312e12,
    "NVIDIA H100 80GB HBM3": 989.4e12,
    "NVIDIA H200": 989.4e12,
}


def share_per_token(module: FineTuningModule, *, precision: int | str, device: torch.device) -> float | None:
    """The share of the device's peak for one token a second; None where it is not known.

    Args:
        module: on the device or not.
        precision: `trainer.precision`.
        device: of this rank.
    """
    if device.type != "cuda" or precision == 32:
        return None
    peak, needed = PEAKS.get(torch.cuda.get_device_name(device)), flops_per_token(module)
    return None if peak is None or needed is None else needed / peak


def flops_per_token(module: FineTuningModule) -> float | None:
    """FLOPs of a training step for each token; None if a weight that takes part in matrix products is not trained."""
    weights = {
        id(weight): weight
        for part in module.backbone.modules()
        if not isinstance(part, nn.Embedding)
        for weight in part.parameters(recurse=False)
        if sum(size > 1 for size in weight.shape) > 1  # no bias, and not XLNet's embedding of masks
    }
    if not weights or not all(weight.requires_grad for weight in weights.values()):
        return None
    forward, backward = passes(module)
    return sum(weight.numel() for weight in weights.values()) * (2 * forward + 4 * backward)
