"""What was logged is read back by Python's own reader."""

import json
from pathlib import Path

from tunesmith.skeletons.logger import Skeleton


def test_a_line_for_each_step(tmp_path: Path) -> None:
    logger = Skeleton(tmp_path, {}, 0, digits=3)
    logger.log_metrics({"train/loss": 0.123456}, step=10)
    logger.log_metrics({"validation/f1": 0.5, "epoch": 1.0}, step=20)
    lines = [json.loads(line) for line in (tmp_path / "skeleton.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [{"step": 10, "train/loss": 0.123}, {"step": 20, "validation/f1": 0.5, "epoch": 1.0}]
