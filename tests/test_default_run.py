"""`tunesmith train` without arguments."""

import json
import subprocess
import sys

from tests.data.sources.test_generated import DEFAULT_RUN_ACCURACY


def test_the_default_run_learns(tmp_path):
    process = subprocess.run([sys.executable, "-m", "tunesmith", "train"], cwd=tmp_path, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    (run,) = (tmp_path / "runs").glob("*/*")
    assert json.loads((run / "metrics.json").read_text())["test/accuracy"] >= DEFAULT_RUN_ACCURACY
    assert str(run.relative_to(tmp_path)) in process.stdout and "accuracy" in process.stdout
