"""The file has a line for each epoch."""

from pathlib import Path
from types import SimpleNamespace

from tunesmith.skeletons.callback import Skeleton


def test_a_line_for_each_epoch(tmp_path: Path) -> None:
    callback = Skeleton(tmp_path, "validation/accuracy", "max", digits=1)
    for epoch in range(2):
        trainer = SimpleNamespace(is_global_zero=True, current_epoch=epoch)
        callback.on_train_epoch_start(trainer, None)
        callback.on_train_epoch_end(trainer, None)
    assert (tmp_path / "skeleton.csv").read_text(encoding="utf-8") == "0,0.0\n1,0.0\n"
