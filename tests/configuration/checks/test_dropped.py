"""Choices that leave out a default are named by `check` and `train`, and change no run id."""

import pytest

from tests.conftest import TINY, checked
from tests.sweeps.made import call
from tunesmith.configuration.checks.dropped import dropped_defaults
from tunesmith.configuration.choices import conf_folder
from tunesmith.configuration.compose import compose

RDROP = (
    "Warning: regularization=rdrop replaces standard: no gradient clipping, no weight-decay exemptions; add it: "
    "regularization=[standard,rdrop]"
)
STOPPING = "add it: callbacks=[checkpoint,early_stopping]"


@pytest.mark.parametrize(
    "words,expected",
    [
        ([], []),
        (["regularization=[standard,rdrop]"], []),
        (["regularization=none"], []),
        (["regularization=[]", "callbacks=null"], []),
        (["callbacks=[early_stopping,checkpoint]"], []),
        (["regularization=rdrop"], [RDROP]),
        (["regularization=[llrd,rdrop]"], ["regularization=[standard,llrd,rdrop]"]),
        (["regularization=rdrop", "callbacks=early_stopping"], [RDROP, STOPPING]),
    ],
)
def test_a_replaced_default(words, expected):
    lines = list(dropped_defaults(checked(words)))
    assert len(lines) == len(expected) and all(line.endswith(end) for line, end in zip(lines, expected, strict=True))


def test_a_default_under_another_name_is_not_missed(tmp_path):
    """`conf/regularization/my_standard.yaml` of a user's own, with other settings."""
    folder = tmp_path / "conf/regularization"
    folder.mkdir(parents=True)
    shipped = (conf_folder() / "regularization/standard.yaml").read_text()
    (folder / "gentle.yaml").write_text(shipped.replace("standard:", "gentle:"))
    config = compose(["regularization=[gentle,rdrop]"], config_dir=str(tmp_path / "conf"))
    assert not list(dropped_defaults(config))


@pytest.mark.parametrize("command", [["check"], ["check", "-m"], ["train"], ["train", "-m"]])
def test_it_is_printed_once(command, tmp_path):
    called = call(*command, *TINY, "trainer.max_steps=1", "regularization=rdrop", f"output_dir={tmp_path}")
    assert called.status == 0 and called.output.splitlines().count(RDROP) == 1
