"""What is said of a search: counts and best by hand, and a sentence for everything that cannot be drawn."""

import copy
import json
import time

import numpy as np
import pytest

from tests.sweeps.made import config_of
from tunesmith.documents.document import Picture, Table
from tunesmith.figures import style
from tunesmith.report.records import Record
from tunesmith.report.search import section
from tunesmith.report.trials import objectives_of
from tunesmith.sweeps.folder import SweepFolder

SCORE = "validation/accuracy"
PICTURES = ["expected-performance", "importance", "slices", "parallel-coordinates", "contour", "pareto"]


def record(tmp_path, state="done", score=0.5, seconds=10.0, seed=1, config=None, **overrides):
    """A run of a sweep, its overrides written with _ for the dots."""
    texts = {key.replace("_", "."): str(value) for key, value in overrides.items()}
    settings = copy.deepcopy(config_of()) | {"seed": seed} | (config or {})
    settings["backbone"]["note"] = json.dumps(texts)  # so that configurations differ
    done = state == "done"
    scores = {SCORE: score, "validation/loss": 1 - score} if done else {}
    return Record(tmp_path, settings, state, "", None, scores, seconds if done else None, texts | {"seed": str(seed)})


def said(made):
    return [part for part in made.parts if isinstance(part, str)]


def pictures(made):
    return {part.name: part for part in made.parts if isinstance(part, Picture)}


def facts(made):
    (table,) = (part for part in made.parts if isinstance(part, Table))
    return dict(table.rows)


def a_search(tmp_path, trials):
    chance = np.random.default_rng(0)
    states = {3: "pruned", 7: "failed"}
    for number in range(trials):
        rate, epochs = 10 ** chance.uniform(-5, -2), int(chance.integers(1, 6))
        settings = {"optimizer_lr": f"{rate:.6g}", "trainer_epochs": epochs, "backbone_name": f"bert-{number % 30}"}
        score = 0.9 - 0.05 * (np.log10(rate) + 4) ** 2 + 0.01 * epochs
        yield record(tmp_path, states.get(number % 10, "done"), score, 10.0 * epochs, **settings)


def test_trials_are_counted_and_the_best_is_the_best_mean_over_seeds(tmp_path):
    records = [
        *(record(tmp_path, score=score, seed=seed, lr=1) for seed, score in enumerate([0.5, 0.9])),  # mean 0.7
        *(record(tmp_path, score=score, seed=seed, lr=2) for seed, score in enumerate([0.75, 0.75])),
        record(tmp_path, score=0.6, lr=3),
        record(tmp_path, "failed", seed=2, lr=3),
        record(tmp_path, "pruned", lr=4),
        record(tmp_path, "failed", lr=5),
        record(tmp_path, "interrupted", lr=6),
        record(tmp_path, score=float("nan"), lr=7),
        Record(tmp_path, {}, "damaged", "", None, {}, None, {"lr": "8"}),
    ]
    found = facts(section(records))
    assert found == {
        "trials": 7,
        "completed": 4,
        "completed, of some seeds only": 1,
        f"completed, but {SCORE} is not a number": 1,
        "pruned": 1,
        "failed": 1,
        "interrupted, waiting, running or lost": 1,
        "damaged runs": 1,
        "time of all completed runs": "1 min 0 s",
        "runs with a known time": 6,
        "mean time of a run": "10.0 s",
        "best trial": "lr=2",
        f"its {SCORE}": 0.75,
        "seeds of the best trial": 2,
    }


def test_a_loss_is_best_where_it_is_smallest(tmp_path):
    records = [record(tmp_path, score=score, lr=rate) for rate, score in ((1, 0.2), (2, 0.8), (3, 0.5))]
    found = facts(section(records, objectives=["validation/loss", "seconds"]))
    assert found["best trial"] == "lr=2" and found["its validation/loss"] == pytest.approx(0.2)


def test_all_pictures_of_a_search_and_the_same_bytes_each_time(tmp_path):
    records = list(a_search(tmp_path, 40))
    made, again = pictures(section(records)), pictures(section(records))
    assert list(made) == PICTURES
    for name in ("slices", "contour"):
        assert style.svg(made[name].figure, name="figure", title="") == style.svg(
            again[name].figure, name="figure", title=""
        )
    panel = made["slices"].figure.axes[0]
    shown = {points.get_label(): len(points.get_offsets()) for points in panel.collections}
    assert shown == {"completed": 32, "pruned": 4, "failed": 4, "best": 1}


def test_a_thousand_trials_stay_small_and_quick(tmp_path):
    records = list(a_search(tmp_path, 1000))
    start = time.process_time()
    made = pictures(section(records))
    assert time.process_time() - start < 10  # about 2 seconds on an idle machine
    assert {
        name: len(style.svg(part.figure, name="figure", title="")) for name, part in made.items() if part.figure
    } == {name: pytest.approx(100_000, abs=100_000) for name in PICTURES}


@pytest.mark.parametrize(
    "scores,rates,sentence,names",
    [
        ([0.1], [1], "No setting varies", []),
        ([0.5, 0.5, 0.5], [1, 2, 3], "have the same validation/accuracy", ["pareto"]),
        ([0.1, 0.2, 0.3], [1, 2, 3], "Only lr varies", ["expected-performance", "slices", "pareto"]),
        (
            [0.1, 0.2, 0.3],
            [1, 2, 3],
            "needs 10 trials with a score; there are 3",
            ["expected-performance", "slices", "pareto"],
        ),
        ([float("nan"), float("inf")], [1, 2], "No trial has completed with a number", []),
        ([0.5, float("nan")], [1, 2], "Only one trial has a score", []),
        ([n / 20 for n in range(12)], range(12), "fewer than two", ["expected-performance", "slices", "pareto"]),
    ],
)
def test_what_cannot_be_drawn_is_said(tmp_path, scores, rates, sentence, names):
    made = section([record(tmp_path, score=score, lr=rate) for score, rate in zip(scores, rates, strict=True)])
    assert any(sentence in part for part in said(made)), said(made)
    assert list(pictures(made)) == names


def test_without_a_completed_or_a_readable_run(tmp_path):
    made = section([record(tmp_path, "failed", lr=1), record(tmp_path, "pruned", lr=2)])
    assert "No trial has completed" in said(made)[0] and not pictures(made)
    made = section([Record(tmp_path, {}, "damaged", "", None, {}, None, {"lr": "1"})])
    assert "No config of a run could be read" in said(made)[0] and facts(made)["damaged runs"] == 1


def test_trials_of_other_data_or_another_score_are_not_compared(tmp_path):
    other = copy.deepcopy(config_of()["dataset"]) | {"size": 97}
    made = section([record(tmp_path, lr=1), record(tmp_path, lr=2, config={"dataset": other})])
    assert "scored on different data" in said(made)[0] and "best trial" not in facts(made)
    made = section([record(tmp_path, lr=1), record(tmp_path, lr=2, config={"monitor": "validation/f1"})])
    assert "monitor different scores (validation/accuracy, validation/f1)" in said(made)[0]
    longer = copy.deepcopy(config_of()["dataset"]) | {"max_length": 64}
    made = section([record(tmp_path, lr=1), record(tmp_path, lr=2, score=0.6, config={"dataset": longer})])
    assert facts(made)["best trial"] == "lr=2"


def test_the_best_of_a_setting_that_some_trials_lack(tmp_path):
    records = [record(tmp_path, score=n / 30, a=n, **({"b": 1 / (n + 1)} if n < 15 else {})) for n in range(20)]
    made = section(records)
    assert "slices" in pictures(made) and "Too few trials have both a and b for a contour." in said(made)


def test_objectives_of_a_sweeps_folder(tmp_path):
    folder = SweepFolder.claim(tmp_path / "s", identity="", varied=["lr"])
    for objective, expected in ((None, []), ("seconds", ["seconds"]), (["validation/f1", "seconds"],) * 2, (3, [])):
        folder.describe(settings={"objective": objective})
        assert objectives_of(SweepFolder(folder.path)) == expected
    folder.lock.release()
