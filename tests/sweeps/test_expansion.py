"""The config of a job against that of `compose`, and mistakes of many jobs reported once."""

import pytest

from tests.conftest import composer, write_csv
from tunesmith.configuration.compose import compose
from tunesmith.errors import UserError
from tunesmith.sweeps import expansion
from tunesmith.sweeps.expansion import SHOWN, Expansion, summarized

ROWS = [("a fine film", "good"), ("a dull film", "bad")] * 10


@pytest.mark.parametrize(
    "overrides",
    [
        {"optimizer": "sgd", "seed": "2"},
        {"regularization": "[standard,rdrop]", "optimizer.lr": "1e-3"},
        {"backbone": "random_gpt2", "backbone.width": "32"},
    ],
)
def test_a_jobs_config_matches_compose(overrides):
    fixed = ["dataset.size=50", "trainer.max_epochs=2"]
    words = [*fixed, *(f"{key}={value}" for key, value in overrides.items())]
    assert Expansion(composer(), fixed).config(overrides) == compose(words)


def test_data_is_read_once_for_all_jobs_that_share_it(tmp_path, monkeypatch):
    good = write_csv(tmp_path / "good.csv", ROWS)
    bad = write_csv(tmp_path / "bad.csv", [*ROWS, ("no label", "")])
    read = []
    monkeypatch.setattr(expansion, "mistakes_in", lambda node: read.append(node["train"]) or mistakes_in(node))
    expands = Expansion(composer(), ["dataset=csv", f"dataset.validation={good}"])
    for seed in "12":
        expands.config({"dataset.train": str(good), "seed": seed})
        with pytest.raises(UserError, match="line 22: no label"):
            expands.config({"dataset.train": str(bad), "seed": seed})
    assert read == [str(good), str(bad)]


mistakes_in = expansion.mistakes_in


def test_a_mistake_is_reported_once_with_its_first_job():
    mistakes = {"lr is bad": ["job 2 (lr=x)", "job 4 (lr=x)"], "name is bad": [f"job {n}" for n in range(1, 5)]}
    assert list(summarized(mistakes, 4)) == ["job 2 (lr=x) and 1 more of 4: lr is bad", "name is bad"]


def test_further_mistakes_are_counted():
    lines = list(summarized({f"mistake {n}": [f"job {n}"] for n in range(SHOWN + 3)}, 100))
    assert len(lines) == SHOWN + 1 and lines[-1] == "... and 3 more mistakes"
