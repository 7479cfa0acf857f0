"""The GPUs of this machine, counted without creating a CUDA context, and how jobs share them."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from tunesmith.errors import UserError


def visible_gpus() -> list[str]:
    """Device names for CUDA_VISIBLE_DEVICES; empty without an NVIDIA GPU."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    if shutil.which("nvidia-smi") is None:
        return []
    query = subprocess.run(
        ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],  # noqa: S607  because the user's PATH names theirs
        capture_output=True,
        text=True,
    )
    return query.stdout.split() if query.returncode == 0 else []


def gpu_slots(gpus: Sequence[str], devices_per_job: float) -> list[str]:
    """The value of CUDA_VISIBLE_DEVICES for each concurrent job.

    Args:
        gpus: names of the GPUs.
        devices_per_job: number of GPUs per job, or a fraction of one GPU.

    Raises:
        UserError: if there are fewer GPUs, or it is above 1 and not a whole number.
    """
    if devices_per_job > len(gpus):
        raise UserError(
            f"a job needs {devices_per_job:g} GPUs, but only {len(gpus)} {'is' if len(gpus) == 1 else 'are'} "
            "available; reduce trainer.devices or hydra.launcher.devices_per_job"
        )
    if devices_per_job >= 1:
        count = int(devices_per_job)
        if count != devices_per_job:
            raise UserError(
                f"hydra.launcher.devices_per_job is {devices_per_job:g}; expected a whole number, or a fraction of one "
                "GPU such as 0.5"
            )
        return [",".join(gpus[start : start + count]) for start in range(0, len(gpus) - count + 1, count)]
    jobs_per_gpu = int(1 / devices_per_job + 1e-9)
    return [gpu for _ in range(jobs_per_gpu) for gpu in gpus]  # one job on each GPU before any GPU has two
