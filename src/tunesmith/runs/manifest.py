"""Provenance of a run: versions, code, command, hardware, data and model."""

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from tunesmith.configuration.secrets import recorded_command
from tunesmith.runs.code import packages, repository

PACKAGES = [
    "tunesmith",
    "torch",
    "pytorch-lightning",
    "transformers",
    "tokenizers",
    "datasets",
    "torchmetrics",
    "hydra-core",
    "omegaconf",
    "numpy",
]


def manifest(
    *, data: dict[str, Any], model: dict[str, Any], plugins: dict[str, str], smaller_is_better: list[str]
) -> dict[str, Any]:
    """Everything needed to trace a run that is not in its config.

    Args:
        data: fingerprints and counts of the splits.
        model: number of parameters, and fingerprint of the tokenizer.
        plugins: digest of each source file of the user's that the config depends on.
        smaller_is_better: scores of metrics of the user's own, whose classes a report may not have.
    """
    import torch

    installed = packages()
    versions = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in installed.items()}
    devices = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {
        "command": recorded_command(sys.argv[1:]),
        "versions": {"python": platform.python_version(), **{name: versions.get(name) for name in PACKAGES}},
        "packages": installed,
        "git": repository(Path(__file__).parent),
        "working_folder": {"path": str(Path.cwd()), "git": repository(Path.cwd())},
        "plugins": plugins,
        **({"smaller_is_better": smaller_is_better} if smaller_is_better else {}),
        "hardware": {
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpus": devices,
        },
        "data": data,
        "model": model,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
