"""The time of a run is that of all its attempts that ended by themselves, not only of the last one."""

import time

import pytest

from tests.conftest import TINY, checked
from tests.training.test_resume import cut
from tunesmith.errors import Interrupted
from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train


def test_a_resumed_runs_time_includes_that_before_the_interruption(tmp_path, monkeypatch):
    config = checked([*TINY, f"output_dir={tmp_path}"])

    def stop():
        time.sleep(2)
        raise Interrupted("enough")

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        cut(patched, "on_train_batch_start", 2, stop)
        train(config)
    earlier = RunFolder.of(config).status()["earlier_seconds"]
    assert 2 <= earlier < 60
    started = time.monotonic()
    run = train(config)
    last = time.monotonic() - started
    assert earlier < run.read_json("manifest.json")["seconds"] <= earlier + last + 0.01
