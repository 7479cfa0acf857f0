"""The memory of a run's process, without waiting for the device."""

import os
import sys
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


def peak_memory(device: torch.device) -> str:
    """The most memory that this process has had, `1.25 GiB`, and on a GPU the most that tensors have taken there."""
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # bytes of what getrusage counts in
    found = [f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIB:.2f} GiB"]
    if device.type == "cuda":
        found.append(f"{torch.cuda.max_memory_allocated(device) / _GIB:.2f} GiB on {device}")
    return ", ".join(found)
