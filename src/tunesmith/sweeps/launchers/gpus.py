"""The GPUs of this machine, counted without a CUDA context, and how jobs share them."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from tunesmith.errors import UserError


def visible_gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES may name; empty without an NVIDIA GPU."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    if shutil.which("nvidia-smi") is None:
        return []
    asked = subprocess.run(["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True)
    return asked.stdout.split() if asked.returncode == 0 else []


def gpu_slots(gpus: Sequence[str], devices_per_job: float) -> list[str]:
    """What CUDA_VISIBLE_DEVICES is for each of the jobs that run at a time.

    Args:
        gpus: names of the GPUs.
        devices_per_job: whole GPUs for a job, or the share of one GPU.

    Raises:
        UserError: if that is more than there is, or neither whole nor a share.
    """
    if devices_per_job > len(gpus):
        raise UserError(
            f"a job needs {devices_per_job:g} GPUs, but {len(gpus)} are here; lower trainer.devices or "
            "hydra.launcher.devices_per_job"
        )
    if devices_per_job >= 1:
        count = int(devices_per_job)
        if count != devices_per_job:
            raise UserError(
                f"hydra.launcher.devices_per_job is {devices_per_job:g}; expected whole GPUs, or a share of one such as 0.5"
            )
        return [",".join(gpus[start : start + count]) for start in range(0, len(gpus) - count + 1, count)]
    share = int(1 / devices_per_job + 1e-9)
    return [gpu for _ in range(share) for gpu in gpus]  # one job on each GPU before any GPU has two
