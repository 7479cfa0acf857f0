"""Scores by label and curves equal scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics as reference

from tests.analyses.tables import means, part, pictures, texts
from tunesmith.analyses.analysis import analysis
from tunesmith.errors import UserError

DATASET = {"task": "text_classification", "problem": "multi_label", "text": "text", "text_pair": None}
NAMES = ["joy", "<b>$x$</b>", "日本", "never"]


def made(seed, examples=150):
    targets = np.random.default_rng(0).random((examples, 4)) < [0.5, 0.3, 0.1, 0.0]
    probabilities = np.clip(targets * 0.4 + np.random.default_rng(seed).random((examples, 4)) * 0.6, 0, 1)
    return targets, probabilities


def rows_of(targets, probabilities):
    chosen = lambda flags: [name for name, flag in zip(NAMES, flags, strict=True) if flag]  # noqa: E731
    return [
        {
            "id": f"{number}",
            "text": "a text",
            "label": chosen(target),
            "prediction": chosen(values > 0.5),
            "probabilities": dict(zip(NAMES, values.tolist(), strict=True)),
        }
        for number, (target, values) in enumerate(zip(targets, probabilities, strict=True))
    ]


def test_the_scores_equal_scikit_learns():
    seeds = [made(seed) for seed in (1, 2)]
    section = analysis(DATASET, [rows_of(*seed) for seed in seeds], split="test")
    found = means(part(section, "test-labels"))
    for score in ("precision", "recall", "f1"):
        each = [
            getattr(reference, f"{score}_score")(targets, values > 0.5, average=None, zero_division=0)
            for targets, values in seeds
        ]
        heading = {"f1": "F1"}.get(score, score)
        assert [found[name][heading] for name in NAMES] == pytest.approx(np.mean(each, axis=0))
    assert [found[name]["support"] for name in NAMES] == seeds[0][0].sum(0).tolist()
    picture = pictures(section)["test-precision-recall"]
    legend = [text.get_text() for text in picture.figure.axes[0].get_legend().get_texts()]
    expected = np.mean(
        [reference.average_precision_score(targets[:, :3], values[:, :3], average=None) for targets, values in seeds],
        axis=0,
    )
    assert [float(text.split("AP ")[1][:5]) for text in legend] == pytest.approx(expected, abs=5e-4)
    assert "#3 is 日本" in picture.caption  # a label that never occurs has no curve


def test_the_worst_errors():
    targets, probabilities = made(1)
    table = part(analysis(DATASET, [rows_of(targets, probabilities)], split="test"), "test-worst")
    wrong = targets != (probabilities > 0.5)
    badness = np.where(wrong, np.abs(probabilities - targets), -1).max(1)
    assert [row[3] for row in table.rows] == pytest.approx(sorted(badness, reverse=True)[:20])
    assert f"20 of {wrong.any(1).sum()} errors" in table.note


def test_labels_without_a_probability_are_refused():
    rows = rows_of(*made(1))
    rows[2] = rows[2] | {"prediction": ["sorrow"]}
    with pytest.raises(UserError, match=r"row 3 .* has a label, but no probability of it"):
        analysis(DATASET, [rows], split="test")


def test_without_any_error():
    targets = np.ones((5, 4), dtype=bool)
    assert "Worst errors on test: none." in texts(analysis(DATASET, [rows_of(targets, targets * 0.9)], split="test"))
