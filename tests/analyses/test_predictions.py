"""Analyses of tiny runs of every task equal their metrics.json; damaged files are named and the others are analysed."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from tests.analyses.tables import means, part, pictures, texts
from tests.conftest import TINY, checked
from tests.sweeps.made import config_of, finish
from tunesmith.analyses import questions
from tunesmith.analyses.predictions import of_runs, predictions, splits
from tunesmith.errors import UserError
from tunesmith.metrics import calibration
from tunesmith.storage.verified_folder import DamagedError
from tunesmith.training.train import train

QUESTIONS = ["dataset=demo_questions", "head=span", "dataset.unanswerable=true", "dataset.unanswerable_share=0.3"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return lambda *words: train(checked([*TINY, *words, f"output_dir={tmp_path_factory.mktemp('runs')}"]))


def test_classification_as_in_metrics_json(tiny_run):
    assert splits(tiny_run) == ["test", "validation"]
    metrics, section = tiny_run.read_json("metrics.json"), of_runs([tiny_run], "test")
    for label, row in means(part(section, "test-labels")).items():
        recorded = metrics["labels"]["test"][label]
        assert row == {"F1": recorded.pop("f1")} | recorded
    assert f"{metrics['test/calibration_error']:.3f}" in pictures(section)["test-reliability"].caption
    legend = pictures(section)["test-precision-recall"].figure.axes[0].get_legend().get_texts()
    assert f"AP {metrics['test/average_precision']:.3f}" in legend[0].get_text()
    rows = list(predictions(tiny_run, "test"))
    confidence = np.array([max(row["probabilities"].values()) for row in rows])
    right = np.array([row["label"] == row["prediction"] for row in rows])
    assert calibration.confidence_error(right, confidence) == pytest.approx(metrics["test/calibration_error"])


def test_tagging_as_in_metrics_json(trained):
    run = trained("dataset=demo_entities", "head=token_classification", "trainer.max_epochs=6", "optimizer.lr=3e-3")
    found = means(part(of_runs([run], "test"), "test-types"))
    for label, recorded in run.read_json("metrics.json")["labels"]["test"].items():
        assert found[label] == {"F1": recorded.pop("f1")} | recorded


def test_questions_as_in_metrics_json(trained):
    run = trained(*QUESTIONS, "dataset.max_length=64")
    scores, section = run.scores(), of_runs([run], "validation")
    for name in ("first-words", "answer-lengths"):
        rows = part(section, f"validation-{name}-table").rows
        total = sum(count for *_, count in rows)
        assert sum(f1.mean * count for _, f1, _, count in rows) / total == pytest.approx(scores["validation/f1"])
        exact = sum(exact.mean * count for _, _, exact, count in rows) / total
        assert exact == pytest.approx(scores["validation/exact_match"])
    line = pictures(section)["validation-threshold"].figure.axes[0].lines[0]
    assert max(line.get_ydata()) == pytest.approx(scores["validation/best_f1"])
    # The null odds, from probabilities, are those that the official script gets.
    odds = run.read_json("predictions/test_null_odds.json")
    seed = questions.collect(predictions(run, "test"), run.config()["dataset"])
    assert seed.odds == pytest.approx(list(odds.values()), abs=1e-5)


def test_language_models_and_embeddings_as_in_metrics_json(trained):
    run = trained("dataset=demo_corpus", "head=causal_lm", "dataset.packing=none", "backbone=random_gpt2")
    cells = part(of_runs([run], "test"), "test-scores").rows[0][3:]
    assert [cell.mean for cell in cells] == pytest.approx(
        [run.scores()["test/perplexity"], run.scores()["test/accuracy"]]
    )
    run = trained("dataset=demo_sentences", "head=contrastive")
    cells = part(of_runs([run], "test"), "test-scores").rows[0]
    assert [cell.mean for cell in cells] == pytest.approx([run.scores()["test/spearman"], run.scores()["test/pearson"]])


def lines(labels):
    names = ("negative", "positive")
    return [
        {"id": str(n), "text": "t", "label": names[n % 2], "prediction": names[k], "probabilities": {names[k]: 0.9}}
        for n, k in enumerate(labels)
    ]


@pytest.fixture
def seeds(tmp_path):
    runs = [finish(config_of(f"seed={seed}", f"output_dir={tmp_path}"), {"test/accuracy": 0.5}) for seed in (1, 2, 3)]
    for number, run in enumerate(runs):
        rows = lines([0, 1, number % 2, 0])
        for row in rows:
            row["probabilities"] = {"negative": 0.5, "positive": 0.5}
        run.write_lines("predictions/test.jsonl", rows)
    return runs


def test_a_damaged_file_is_named_and_the_others_are_analysed(seeds):
    file = seeds[1].path / "predictions" / "test.jsonl"
    file.write_text(file.read_text().replace('"positive"', '"negative"', 1))
    with pytest.raises(DamagedError, match="is damaged: it differs"):
        list(predictions(seeds[1], "test"))
    section = of_runs(seeds, "test")
    assert str(file) in texts(section)[0] and "over 2 seeds" in part(section, "test-labels").note
    file.unlink()
    assert "it is missing" in texts(of_runs(seeds, "test"))[0]
    assert texts(of_runs(seeds[1:2], "test"))[0].startswith("Left out: ")


def test_files_of_an_earlier_version_have_no_digest_and_may_be_cut_off(seeds):
    run = seeds[0]
    (run.path / "digests.json").unlink()
    assert len(list(predictions(run, "test"))) == 4
    file = run.path / "predictions" / "test.jsonl"
    for content in (file.read_bytes()[:-20], b'{"id": 1}\n[1]\n', b"\xff\n", b"[" * 200_000):
        file.write_bytes(content)
        with pytest.raises(DamagedError, match="is damaged"):
            list(predictions(run, "test"))
    file.unlink()
    with pytest.raises(UserError, match="expected one of no split"):
        list(predictions(run, "test"))


def test_seeds_on_other_data_are_not_averaged(seeds):
    rows = [json.loads(line) for line in seeds[0].lines("predictions/test.jsonl")]
    seeds[0].write_lines("predictions/test.jsonl", [*rows[:3], rows[3] | {"id": "other"}])
    assert texts(of_runs(seeds, "test"))[-1].startswith(
        "Not analysed: the seeds have predictions for different examples"
    )


def test_a_number_that_is_not_finite_is_written_as_null(seeds):
    rows = [json.loads(line) for line in seeds[0].lines("predictions/test.jsonl")]
    rows[0]["probabilities"]["negative"] = math.nan
    seeds[0].write_lines("predictions/test.jsonl", rows)
    assert any("are not numbers" in text for text in texts(of_runs(seeds[:1], "test")))


def test_analyses_do_not_wait_for_torch():
    program = "import sys, tunesmith.analyses.predictions, tunesmith.analyses.data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
