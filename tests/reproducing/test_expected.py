"""What the experiments' folders expect."""

import json
import math
from pathlib import Path

import pytest

from tests.sweeps.made import call, finish
from tunesmith.errors import UserError
from tunesmith.reproducing.expected import Claim, read_expected
from tunesmith.reproducing.relocation import Relocation
from tunesmith.reproducing.reproduce import prepared

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
COMMAND = "tunesmith train dataset=demo_reviews dataset.size=96 trainer.max_steps=1 backbone.width=16 backbone.layers=1"
MEASURED = {"test/accuracy": {"measured": [0.5, 0.6, 0.7], "mean_at_least": 0.5}}


def written(folder, **changes):
    content = {"command": COMMAND, "seeds": [1, 2, 3]} | MEASURED | changes
    (folder / "expected.json").write_text(json.dumps({key: part for key, part in content.items() if part is not None}))
    return folder


@pytest.mark.parametrize("file", sorted(EXPERIMENTS.glob("*/expected.json")), ids=lambda file: file.parent.name)
def test_every_experiment_is_read_or_says_why_not(file, tmp_path):
    if file.parent.name in ("demo_search", "dont_stop_pretraining"):
        with pytest.raises(UserError, match=r"seeds is None; .* by its command|has no scores to compare with"):
            read_expected(file.parent)
        return
    content = json.loads(file.read_text())
    if len(content) > 20:  # of many configurations of the same form one in ten, for each is composed
        folder = tmp_path / file.parent.name
        folder.mkdir()
        kept = {key: part for number, (key, part) in enumerate(content.items()) if "=" not in key or number % 10 == 0}
        (folder / "expected.json").write_text(json.dumps(kept))
    found, claims = read_expected(folder if len(content) > 20 else file.parent)
    assert {original.config["seed"] for original in found} == set(content["seeds"])
    assert claims and all(claim.at_least is not None or claim.interval is not None for claim in claims)
    if file.parent.name == "wnut17_minilm":
        crf = [original for original in found if "crf" in original.config["head"]["_target_"]]
        assert [original.scores["test/f1"] for original in crf] == content["head=crf"]["test/f1"]["measured"]
        assert len(found) == 6 and crf[0].decimals["test/f1"] == 4


def test_an_override_of_a_part_replaces_that_of_the_command(tmp_path):
    folder = written(tmp_path, **{"dataset.size=48 optimizer.lr=1e-2": MEASURED, "test/accuracy": None})
    found, _ = read_expected(folder)
    assert {(part.config["dataset"]["size"], part.config["optimizer"]["lr"]) for part in found} == {(48, 0.01)}
    assert [part.config["seed"] for part in found] == [1, 2, 3]


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({"command": "rm -r x"}, "expected tunesmith train"),
        ({"command": COMMAND + " --config-dir=/x"}, "expected tunesmith train"),
        ({"command": "tunesmith train 'x"}, "expected tunesmith train"),
        ({"command": COMMAND + " output_dir=/outside"}, "a file may not say where"),
        ({"command": COMMAND + " ++output_dir=/outside"}, "a file may not say where"),
        ({"command": COMMAND + " logger=[wandb]"}, "a file may not say where"),
        ({"name=../x": MEASURED}, "a file may not say where"),
        ({"seeds": None}, "seeds is None"),
        ({"seeds": [1, 1, 2]}, "different whole numbers"),
        ({"seeds": [True]}, "different whole numbers"),
        ({"seeds": [1, 2]}, "has 3 values for 2 seeds"),
        ({"test/accuracy": {"measured": ["x"] * 3}}, "has no scores to compare with"),
        ({"test/accuracy": {"published": 0.9}}, "has no scores to compare with"),
        ({"test/accuracy": None}, "expects no score"),
    ],
)
def test_what_cannot_be_compared(tmp_path, changes, expected):
    with pytest.raises(UserError, match=expected):
        read_expected(written(tmp_path, **changes))
    called = call("reproduce", tmp_path)
    assert called.status == 2 and expected in called.errors


@pytest.mark.parametrize("content", ["", "[1]", "{" * 100_000, '{"seeds": ' + "9" * 100_000 + "}"])
def test_damaged(tmp_path, content):
    (tmp_path / "expected.json").write_text(content)
    assert call("reproduce", tmp_path).status == 2


@pytest.mark.parametrize(
    "measured,scores,status", [([0.5, 0.6, 0.7], 0.6, 0), ([0.50, 0.51, 0.52], 0.999, 1), ([0.5, 0.5, 0.5], 0.5, 0)]
)
def test_completed_repetitions_are_compared(tmp_path, monkeypatch, measured, scores, status):
    monkeypatch.chdir(tmp_path)
    folder = written(tmp_path, **{"test/accuracy": {"measured": measured, "mean_at_least": 0.5}})
    found, _ = read_expected(folder)
    for config in prepared(found, Relocation({}), "again"):
        finish(config, {"test/accuracy": scores})
    called = call("reproduce", folder, "output_dir=again")
    assert called.status == status, called
    assert "test/accuracy: mean" in called.output and "expected at least 0.5: holds" in called.output
    assert ("identical to the digits given" in called.output) is (measured == [0.5] * 3)


def test_a_mean_alone(tmp_path):
    folder = written(tmp_path, **{"test/accuracy": {"mean": 0.5, "deviation": 0.1}})
    found, (claim,) = read_expected(folder)
    # 0.5 -+ t(0.975, 2) * 0.1 * sqrt(1/3 + 1/3)
    assert claim.interval == pytest.approx((0.5 - 0.351310, 0.5 + 0.351310), abs=1e-5)
    assert [original.scores for original in found] == [{}, {}, {}]
    assert claim.holds([0.5, 0.8, 0.9]) and not claim.holds([0.9] * 3) and not claim.holds([0.5, 0.5])
    assert not claim.holds([0.5, 0.5, math.nan])


def test_a_claim_of_nothing_holds_only_for_all_its_runs():
    assert not Claim("", "f1", ["a", "b"], 0.1, None).holds([0.5])
