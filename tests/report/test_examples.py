"""Configurations compared on the examples of a split, against statsmodels and SciPy; what is left out is named."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.analyses.tables import part, texts
from tests.sweeps.made import config_of, finish
from tunesmith.report.examples import section
from tunesmith.report.groups import grouped
from tunesmith.report.records import find

GOLD = np.arange(300) % 3 == 0
NAMES = ("negative", "positive")


def rows_of(right):
    guesses = np.where(right, GOLD, ~GOLD)
    return [
        {
            "id": f"t-{n}",
            "text": f"text {n}",
            "label": NAMES[gold],
            "prediction": NAMES[guess],
            "probabilities": {NAMES[guess]: 0.9, NAMES[not guess]: 0.1}
            if guess == 0
            else {"negative": 0.1, "positive": 0.9},
        }
        for n, (gold, guess) in enumerate(zip(GOLD.astype(int), guesses.astype(int), strict=True))
    ]


def predicted(place, rate, seed, share, *, rows=None, scores=None):
    """A run of learning rate `rate` whose predictions are right with a probability, and the predictions."""
    right = np.random.default_rng([rate, seed]).random(len(GOLD)) < share
    guess = np.where(right, GOLD, ~GOLD)
    f1 = 2 * (GOLD & guess).sum() / (GOLD.sum() + guess.sum())
    config = config_of(f"output_dir={place}", f"optimizer.lr={rate}e-4", f"seed={seed}")
    run = finish(config, scores or {"test/accuracy": right.mean(), "test/f1": f1, "validation/accuracy": share})
    run.write_lines("predictions/test.jsonl", rows_of(right) if rows is None else rows)
    return run, right


def groups_of(place):
    return sorted(grouped(find([place])), key=lambda group: group.varied["optimizer.lr"])


def test_single_runs_by_mcnemar_and_randomisation(tmp_path):
    (_, base), (_, good), (_, alike) = (
        predicted(tmp_path, n, 1, share) for n, share in ((1, 0.7), (2, 0.85), (4, 0.7))
    )
    groups = groups_of(tmp_path)
    found = section(groups, groups[0], split="test")
    table = part(found, "test-examples-accuracy")
    assert [row[0] for row in table.rows] == ["0.0002", "0.0004"]
    ps = []
    for row, right in zip(table.rows, (good, alike), strict=True):
        cells = dict(zip(table.headings, row, strict=True))
        only = (right & ~base).sum(), (base & ~right).sum()
        expected = binomtest(int(only[0]), int(sum(only))).pvalue
        assert cells["McNemar p"] == pytest.approx(expected) and cells["p"] == pytest.approx(expected, abs=0.02)
        assert cells["difference"] == pytest.approx(right.mean() - base.mean())
        assert cells["accuracy"].mean == right.mean() and cells["baseline"].mean == base.mean() and cells["runs"] == 1
        ps.append(cells["p"])
    assert [row[table.headings.index("Holm")] for row in table.rows] == [2 * ps[0], max(2 * ps[0], ps[1])]
    assert [row[table.headings.index("claim")] for row in table.rows] == ["differs", "no difference shown"]
    assert "McNemar p" not in part(found, "test-examples-f1").headings
    assert "F1 is that of the second label." in part(found, "test-examples-f1").note
    assert "300 examples" in texts(found)[0] and "other seeds" in texts(found)[0] and len(texts(found)) == 1


def test_groups_of_several_seeds_are_compared_by_their_means(tmp_path):
    base = [predicted(tmp_path, 1, seed, 0.7)[1].mean() for seed in (1, 2, 3)]
    good = [predicted(tmp_path, 2, seed, 0.8)[1].mean() for seed in (1, 2)]
    groups = groups_of(tmp_path)
    found = section(groups, groups[0], split="test")
    table = part(found, "test-examples-accuracy")
    (row,) = (dict(zip(table.headings, row, strict=True)) for row in table.rows)
    assert row["runs"] == "2 and 3" and row["difference"] == pytest.approx(np.mean(good) - np.mean(base))
    assert row["baseline"].deviation == pytest.approx(np.std(base, ddof=1)) and "McNemar p" not in row
    assert any(text.startswith("McNemar's test compares two single models") for text in texts(found))
    assert section(groups, groups[0], split="test") == found


def test_runs_that_cannot_be_used_are_named_and_the_others_compared(tmp_path):
    for seed in (1, 2):
        predicted(tmp_path, 1, seed, 0.7)
        kept, right = predicted(tmp_path, 2, seed, 0.8)
    (kept.path / "predictions" / "test.jsonl").unlink()
    other = [row | {"text": "other"} for row in rows_of(right)]
    predicted(tmp_path, 3, 1, 0.8, rows=other, scores={"test/accuracy": right.mean()})
    predicted(tmp_path, 4, 1, 0.8, scores={"test/accuracy": 0.1})
    damaged, _ = predicted(tmp_path, 5, 1, 0.8)
    file = damaged.path / "predictions" / "test.jsonl"
    file.write_text(file.read_text().replace('"positive"', '"negative"', 1))
    groups = groups_of(tmp_path)
    found = section(groups, groups[0], split="test")
    (row,) = part(found, "test-examples-accuracy").rows
    assert row[:2] == ["0.0002", "1 and 2"]
    left = [text for text in texts(found) if text.startswith("Left out: ")]
    assert len(left) == 4
    for text, reason in zip(
        left, ("missing", "300 examples with other texts or labels", "has 0.1000", "is damaged"), strict=True
    ):
        assert reason in text


def test_reordered_predictions_give_the_same_numbers(tmp_path):
    predicted(tmp_path, 1, 1, 0.7)
    run, _ = predicted(tmp_path, 2, 1, 0.8)
    groups = groups_of(tmp_path)
    found = section(groups, groups[0], split="test")
    rows = [json.loads(line) for line in run.lines("predictions/test.jsonl")]
    run.write_lines("predictions/test.jsonl", rows[::-1])
    assert section(groups, groups[0], split="test") == found


def test_at_most_20_configurations_in_their_order(tmp_path):
    for rate in range(1, 24):
        predicted(tmp_path, rate, 1, 0.8)
    groups = groups_of(tmp_path)
    found = section(groups, groups[4], split="test")
    expected = [group.varied["optimizer.lr"] for group in [*groups[:4], *groups[5:]]][:20]
    assert [row[0] for row in part(found, "test-examples-f1").rows] == expected
    assert texts(found)[-1] == "The first 20 configurations are compared; 2 more are left out."


def test_nothing_to_compare(tmp_path):
    predicted(tmp_path, 1, 1, 0.7)
    (base,) = grouped(find([tmp_path]))
    assert texts(section([base], base, split="test")) == ["There is no other configuration than the baseline."]
    predicted(tmp_path, 2, 1, 0.8)
    groups = groups_of(tmp_path)
    found = texts(section(groups, groups[0], split="validation"))
    assert (
        found[0].startswith("Not tested: the baseline has no predictions")
        and "predictions/validation.jsonl" in found[1]
    )
    (groups[1].records[0].path / "predictions" / "test.jsonl").unlink()
    found = texts(section(groups, groups[0], split="test"))
    assert "Not tested: no other configuration has predictions that can be used." in found and "Left out: " in found[-1]


def test_a_task_without_such_scores(tmp_path):
    for rate in (1, 2):
        words = ("dataset=demo_corpus", "head=causal_lm", "backbone=random_gpt2", f"optimizer.lr={rate}e-4")
        finish(config_of(*words, f"output_dir={tmp_path}"), {"test/perplexity": 9.0, "validation/perplexity": 9.0})
    groups = groups_of(tmp_path)
    (text,) = texts(section(groups, groups[0], split="test"))
    assert text.startswith("Not tested on examples: perplexity") and "functions of counts" in text
