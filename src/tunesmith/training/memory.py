"""The memory of a run's process, without waiting for the device."""

import os
from pathlib import Path

import torch

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_GIB = 2**30


def memory(device: torch.device) -> dict[str, float]:
    """`machine/memory_gib`, resident, and on a GPU `machine/gpu_memory_gib`, the peak of what tensors have taken."""
    found = {}
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        found["machine/memory_gib"] = pages * _PAGE_BYTES / _GIB
    except (OSError, ValueError, IndexError):  # not on Linux
        pass
    if device.type == "cuda":
        found["machine/gpu_memory_gib"] = torch.cuda.max_memory_allocated(device) / _GIB
    return found
