"""Which GPUs a job sees, without any GPU."""

import pytest

from tests.sweeps.made import config_of
from tunesmith.errors import UserError
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.launchers import gpus
from tunesmith.sweeps.launchers.gpus import gpu_slots, visible_gpus
from tunesmith.sweeps.launchers.local import Local


@pytest.fixture
def four(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")


def slots(*, n_jobs=None, devices_per_job=None, words=()):
    job = Job(1, config_of("trainer.accelerator=gpu", *words), {})
    return Local(n_jobs=n_jobs, devices_per_job=devices_per_job)._job_slots([job])


@pytest.mark.parametrize(
    "visible,expected",
    [
        ("0,1", ["0", "1"]),
        (" 2, GPU-8932f937 ", ["2", "GPU-8932f937"]),
        ("MIG-1,MIG-2", ["MIG-1", "MIG-2"]),
        ("", []),
        ("-1", []),
    ],
)
def test_visible_gpus(monkeypatch, visible, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_gpus() == expected


def test_without_the_variable_nvidia_smi_is_queried(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n[ \"$1\" = --query-gpu=index ] && printf '0\\n1\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus() == ["0", "1"]
    program.write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    assert visible_gpus() == []
    program.unlink()
    assert visible_gpus() == []


@pytest.mark.parametrize(
    "available,devices_per_job,expected",
    [
        ("abcd", 1, ["a", "b", "c", "d"]),
        ("abcd", 2, ["a,b", "c,d"]),
        ("abcde", 2, ["a,b", "c,d"]),
        ("abc", 3, ["a,b,c"]),
        ("ab", 0.5, ["a", "b", "a", "b"]),
        ("a", 0.1, ["a"] * 10),
        ("a", 1 / 93, ["a"] * 93),  # 1 / (1 / 93) is a little less than 93
        ("a", 0.4, ["a", "a"]),
        ("ab", 0.7, ["a", "b"]),
    ],
)
def test_slots(available, devices_per_job, expected):
    assert gpu_slots(list(available), devices_per_job) == expected


@pytest.mark.parametrize(
    "devices_per_job,message", [(3, "a job needs 3 GPUs, but only 2 are available"), (1.5, "is 1.5; expected")]
)
def test_invalid_devices_per_job(devices_per_job, message):
    with pytest.raises(UserError, match=message):
        gpu_slots(["a", "b"], devices_per_job)


def test_a_job_gets_as_many_gpus_as_its_trainer_uses(four):
    assert slots() == ["0", "1", "2", "3"]
    assert slots(words=["trainer.devices=2"]) == ["0,1", "2,3"]
    assert slots(words=["trainer.devices=2"], n_jobs=1) == ["0,1"]
    assert slots(n_jobs=5, devices_per_job=0.5) == ["0", "1", "2", "3", "0"]


def test_more_jobs_than_the_gpus_can_run(four):
    with pytest.raises(UserError, match=r"n_jobs is 5, but 4 GPUs with devices_per_job=1 can run 4 at a time"):
        slots(n_jobs=5)
    with pytest.raises(UserError, match="a job needs 8 GPUs, but only 4 are available"):
        slots(words=["trainer.devices=8"])


@pytest.mark.parametrize(
    "cores,n_jobs,devices,expected", [(2, None, 1, 2), (16, None, 1, 8), (16, None, 2, 4), (2, 5, 1, 5)]
)
def test_without_gpus_half_the_cores_are_used(monkeypatch, cores, n_jobs, devices, expected):
    monkeypatch.setattr(gpus.os, "sched_getaffinity", lambda process: set(range(cores)))
    assert slots(words=["trainer.accelerator=cpu", f"trainer.devices={devices}"], n_jobs=n_jobs) == [None] * expected
