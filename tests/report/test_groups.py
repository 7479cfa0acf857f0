"""Groups by config without the seed, and their statistics against NumPy."""

import shutil

import numpy as np
import pytest

from tests.conftest import TINY, checked
from tests.sweeps.made import config_of, end, finish
from tunesmith.documents.comma_separated import as_csv
from tunesmith.documents.markdown_page import as_markdown
from tunesmith.report.groups import best, grouped
from tunesmith.report.records import find
from tunesmith.report.results import summary
from tunesmith.report.tables import every_number, ordered_scores

SCORE = "validation/accuracy"
VALUES = {"1e-3": [0.5, 0.75, 0.875], "2e-3": [0.9, 0.1, 0.2]}


def config(place, *words):
    return config_of(f"output_dir={place}", *words)


@pytest.fixture
def groups(tmp_path):
    for rate, values in VALUES.items():
        for seed, value in enumerate(values):
            words = [f"optimizer.lr={rate}", f"seed={seed}"]
            finish(config(tmp_path, *words), {SCORE: value, "validation/loss": 1 - value}, seconds=seed + 1)
    end(config(tmp_path, "optimizer.lr=1e-3", "seed=9"), "failed")
    end(config(tmp_path, "optimizer.lr=3e-3"), "failed")
    return {group.varied["optimizer.lr"]: group for group in grouped(find([tmp_path]))}


def test_runs_that_differ_only_in_their_seed_are_a_group(groups):
    assert {rate: len(group.records) for rate, group in groups.items()} == {"0.001": 4, "0.002": 3, "0.003": 1}
    assert {rate: list(group.varied) for rate, group in groups.items()} == {rate: ["optimizer.lr"] for rate in groups}
    assert groups["0.001"].states == {"done": 3, "failed": 1}


def test_mean_and_standard_deviation(groups):
    for rate, values in VALUES.items():
        group = groups[f"{float(rate)}"]
        assert sorted(group.values(SCORE)) == sorted(values)
        assert group.mean(SCORE) == pytest.approx(np.mean(values), abs=1e-15)
        assert group.deviation(SCORE) == pytest.approx(np.std(values, ddof=1), abs=1e-15)
        assert group.mean("validation/loss") == pytest.approx(1 - np.mean(values))
        assert group.seconds == 2.0


def test_one_value_has_no_deviation_and_none_has_no_mean(groups, tmp_path):
    none = groups["0.003"]
    assert none.mean(SCORE) is None and none.deviation(SCORE) is None and none.seconds is None
    finish(config(tmp_path, "optimizer.lr=3e-3"), {SCORE: 0.5})
    (group,) = grouped(find([next(iter(none.records)).path]))
    assert group.mean(SCORE) == 0.5 and group.deviation(SCORE) is None
    assert group.mean("validation/unknown") is None


@pytest.mark.parametrize("monitor,expected", [("null", "0.001"), ("validation/loss", "0.001")])
def test_the_best_has_the_best_mean_not_the_best_run(tmp_path, monitor, expected):
    for rate, values in VALUES.items():
        for seed, value in enumerate(values):
            words = [f"optimizer.lr={rate}", f"seed={seed}", f"monitor={monitor}"]
            finish(config(tmp_path, *words), {SCORE: value, "validation/loss": 1 - value})
    first = best(grouped(find([tmp_path])))
    assert first.varied == {"optimizer.lr": expected}


def test_the_first_of_equals_is_the_best(tmp_path):
    for rate in ("1e-3", "2e-3"):
        finish(config(tmp_path, f"optimizer.lr={rate}"), {SCORE: 0.5})
    groups = grouped(find([tmp_path]))
    assert best(groups) is groups[0] and best(groups[::-1]) is groups[1]


def test_a_nan_score_is_never_the_best(tmp_path):
    for rate, value in (("1e-3", float("nan")), ("2e-3", 0.25), ("3e-3", 0.5), ("4e-3", float("nan"))):
        finish(config(tmp_path, f"optimizer.lr={rate}"), {SCORE: value})
    groups = grouped(find([tmp_path]))
    for order in (groups, groups[::-1], sorted(groups, key=lambda group: group.varied["optimizer.lr"])):
        assert best(order).varied == {"optimizer.lr": "0.003"}


def test_a_score_that_one_seed_lacks_is_not_averaged(tmp_path):
    for seed, value in enumerate([0.5, float("nan"), 0.75]):
        finish(config(tmp_path, f"seed={seed}"), {SCORE: value, "labels": {"test": {"a": {"f1": 0.5}}}})
    (group,) = groups = grouped(find([tmp_path]))
    assert np.isnan(group.mean(SCORE)) and np.isnan(group.deviation(SCORE))
    assert ordered_scores(groups) == [SCORE]
    assert "| 3 | nan | 1.0 s |" in as_markdown(summary(groups, [SCORE]))
    assert as_csv(every_number(groups, [SCORE])).splitlines()[1].startswith("3,3 done,nan,,")


def test_there_is_no_best_without_a_common_score(tmp_path, groups):
    assert best([groups["0.003"]]) is None
    finish(config(tmp_path / "other", "monitor=validation/loss"), {SCORE: 0.5, "validation/loss": 0.5})
    assert best([*groups.values(), *grouped(find([tmp_path / "other"]))]) is None


def test_loggers_devices_and_folders_do_not_split_a_group(tmp_path):
    for place, words in (("a", []), ("b", ["seed=2", "logger=[csv,tensorboard]", "trainer.accelerator=auto"])):
        finish(config(tmp_path / place, *words), {SCORE: 0.5})
    (group,) = grouped(find([tmp_path]))
    assert len(group.records) == 2 and group.varied == {}


def test_differing_settings_are_listed(tmp_path):
    finish(config(tmp_path), {SCORE: 0.5})
    finish(config(tmp_path / "b", "optimizer=sgd", "seed=5", "logger=tensorboard"), {SCORE: 0.5})
    varied = [group.varied for group in grouped(find([tmp_path]))]
    first, second = sorted(varied, key=lambda settings: settings["optimizer"])  # AdamW, SGD
    assert first.keys() == second.keys()
    assert not {key.partition(".")[0] for key in first} & {"seed", "output_dir", "logger"}
    assert all(first[key] != second[key] for key in first)
    assert (first["optimizer"], second["optimizer"]) == ("adamw", "sgd")  # their own settings are told by that
    assert not [key for key in first if key.startswith("optimizer.")]


def test_a_dataset_tells_its_own_settings(tmp_path):
    """Runs of several tasks differ in some forty settings of their datasets, which their names tell; sizes they do not."""
    for words in (
        ["dataset.size=200"],
        ["dataset.size=300"],
        ["dataset=demo_entities", "head=crf"],
        ["dataset=demo_questions", "head=span"],
    ):
        finish(config(tmp_path, *words), {SCORE: 0.5})
    varied = [group.varied for group in grouped(find([tmp_path]))]
    assert {(settings["dataset"], settings["dataset.size"]) for settings in varied} == {
        ("demo_reviews", "200"),
        ("demo_reviews", "300"),
        ("demo_entities", "96"),
        ("demo_questions", "96"),
    }
    assert {key for key in varied[0] if key.startswith("dataset.")} == {"dataset.size"}


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "train.csv").write_text("text,label\nx,0\ny,1\n")
        words = [word for word in TINY if not word.startswith("dataset.")]
        words += ["dataset=csv", f"dataset.train={tmp_path}/{place}/train.csv", f"output_dir={tmp_path}"]
        finish(checked(words), {SCORE: 0.5})
    found = [group.varied["dataset.train"] for group in grouped(find([tmp_path]))]
    assert sorted(found) == [f"{tmp_path}/a/train.csv", f"{tmp_path}/b/train.csv"]


def test_a_setting_within_a_choice_is_listed(tmp_path):
    for alpha in ("1", "2"):
        finish(config(tmp_path, "regularization=[standard,rdrop]", f"regularization.rdrop.alpha={alpha}"), {SCORE: 0.5})
    finish(config(tmp_path), {SCORE: 0.5})
    varied = [group.varied for group in grouped(find([tmp_path]))]
    found = {
        (settings["regularization"], settings["regularization.rdrop.alpha"].removesuffix(".0")) for settings in varied
    }
    assert found == {("[standard,rdrop]", "1"), ("[standard,rdrop]", "2"), ("[standard]", "-")}


def test_a_repeated_run_is_no_further_seed(tmp_path):
    for seed, value in enumerate(VALUES["1e-3"]):
        run = finish(config(tmp_path, f"seed={seed}"), {SCORE: value})
        shutil.copytree(run.path, run.path.with_name(f"{run.path.name}-2"))  # as `reproduce` leaves it
    (group,) = grouped(find([tmp_path]))
    assert len(group.records) == 6 and len(group.seeds) == 3
    assert sorted(group.values(SCORE)) == VALUES["1e-3"]
    assert group.deviation(SCORE) == pytest.approx(np.std(VALUES["1e-3"], ddof=1), abs=1e-15)
    row = as_csv(every_number([group], [SCORE])).splitlines()[1]
    assert row.startswith("3,6 done,")


def test_the_setting_of_a_regularizer_in_two_lists_is_shown(tmp_path):
    decay = "regularization.standard.weight_decay"
    for words in (["regularization=[standard]", f"{decay}=0.01"], ["regularization=[standard,rdrop]", f"{decay}=0.1"]):
        finish(config(tmp_path, *words), {SCORE: 0.5})
    assert sorted(group.varied[decay] for group in grouped(find([tmp_path]))) == ["0.01", "0.1"]


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_never_the_best(tmp_path, value):
    for rate, scores in (("1e-3", [value, 0.5]), ("2e-3", [0.25, 0.5])):
        for seed, score in enumerate(scores):
            finish(config(tmp_path, f"optimizer.lr={rate}", f"seed={seed}"), {SCORE: score})
    groups = grouped(find([tmp_path]))
    assert best(groups).mean(SCORE) == 0.375
    assert any(np.isnan(group.mean(SCORE)) and np.isnan(group.deviation(SCORE)) for group in groups)
