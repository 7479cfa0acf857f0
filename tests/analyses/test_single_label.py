"""Scores, curves and calibration equal scikit-learn's and torchmetrics'; the worst errors equal a brute-force sort."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from torchmetrics.classification import MulticlassCalibrationError

from tests.analyses.tables import means, part, pictures, texts
from tunesmith.analyses import curves, single_label
from tunesmith.analyses.analysis import analysis
from tunesmith.errors import UserError
from tunesmith.figures import style
from tunesmith.metrics import calibration, ranking

DATASET = {"task": "text_classification", "problem": "single_label", "text": "text", "text_pair": None}


def rows_of(targets, probabilities, names):
    return [
        {
            "id": str(number),
            "text": f"text {number}",
            "label": names[target],
            "prediction": names[int(np.argmax(values))],
            "probabilities": dict(zip(names, map(float, values), strict=True)),
        }
        for number, (target, values) in enumerate(zip(targets, probabilities, strict=True))
    ]


def made(examples, names, seed):
    generator = np.random.default_rng(seed)
    targets = np.random.default_rng(0).integers(0, len(names), examples)
    logits = generator.normal(size=(examples, len(names))) + 1.5 * np.eye(len(names))[targets]
    exponents = np.exp(logits)
    return targets, exponents / exponents.sum(1, keepdims=True)


@pytest.mark.parametrize("names", [["no", "yes"], ["a", "b", "c", "d"]])
def test_the_scores_equal_scikit_learns(names):
    seeds = [made(300, names, seed) for seed in (1, 2, 3)]
    section = analysis(DATASET, [rows_of(*seed, names) for seed in seeds], split="test")
    table = part(section, "test-labels")
    for column, score in ((1, "precision"), (2, "recall"), (3, "f1")):
        each = [
            getattr(reference, f"{score}_score")(targets, probabilities.argmax(1), average=None)
            for targets, probabilities in seeds
        ]
        for label in range(len(names)):
            cell = table.rows[label][column]
            assert cell.mean == pytest.approx(np.mean(each, axis=0)[label])
            assert cell.deviation == pytest.approx(np.std(each, axis=0, ddof=1)[label])
    assert [row[4] for row in table.rows] == np.bincount(seeds[0][0]).tolist()
    (axes, _) = pictures(section)["test-confusion"].figure.axes
    summed = sum(reference.confusion_matrix(targets, values.argmax(1)) for targets, values in seeds)
    drawn = {tuple(map(round, text.get_position())): int(text.get_text()) for text in axes.texts}
    assert drawn == {(column, row): summed[row, column] for row, column in zip(*np.nonzero(summed), strict=True)}
    assert "summed over 3 seeds" in pictures(section)["test-confusion"].caption


def test_the_calibration_error_equals_torchmetrics_and_the_bins_add_up():
    targets, probabilities = made(400, ["a", "b", "c"], 5)
    section = analysis(DATASET, [rows_of(targets, probabilities, ["a", "b", "c"])], split="test")
    metric = MulticlassCalibrationError(num_classes=3, n_bins=15)
    expected = float(metric(torch.tensor(probabilities), torch.tensor(targets)))
    picture = pictures(section)["test-reliability"]
    assert f"{expected:.3f}" in picture.caption
    upper, lower = picture.figure.axes
    heights = [bar.get_height() for bar in lower.patches]
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    (line,) = (line for line in upper.lines if line.get_label() == "model")
    inside = [(confidence > k / 15) & (confidence <= (k + 1) / 15) for k in range(15)]  # the paper's definition
    assert heights == [mask.sum() for mask in inside]
    assert line.get_xdata() == pytest.approx([confidence[mask].mean() for mask in inside if mask.any()])
    assert line.get_ydata() == pytest.approx([right[mask].mean() for mask in inside if mask.any()])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40))
def test_curves_equal_scikit_learns(examples):
    targets = np.array([target for target, _ in examples])
    scores = np.array([score / 6 for _, score in examples])
    if not targets.any():
        return
    precision, recall = ranking.precision_recall(targets, scores)
    expected_precision, expected_recall, _ = reference.precision_recall_curve(targets, scores)
    assert precision[::-1] == pytest.approx(expected_precision[:-1]) and recall[::-1] == pytest.approx(
        expected_recall[:-1]
    )
    drawn = curves.precision_at(recall, precision)
    for level, value in zip(curves.LEVELS[::20], drawn[::20], strict=True):
        # The largest threshold with that recall: brute force over all of them.
        threshold = max(t for t in set(scores) if (targets & (scores >= t)).sum() / targets.sum() >= level - 1e-12)
        assert value == pytest.approx(targets[scores >= threshold].mean())


def test_the_worst_errors_are_the_most_confident_ones_of_all_seeds():
    names = ["a", "b"]
    seeds = [made(200, names, seed) for seed in (1, 2)]
    table = part(analysis(DATASET, [rows_of(*seed, names) for seed in seeds], split="test"), "test-worst")
    expected = {}
    for targets, probabilities in seeds:
        for number in np.flatnonzero(probabilities.argmax(1) != targets):
            expected[number] = max(expected.get(number, 0), probabilities[number].max())
    order = sorted(expected, key=lambda number: -expected[number])[:20]
    assert [row[0] for row in table.rows] == [str(number) for number in order]
    assert [row[3] for row in table.rows] == pytest.approx([expected[number] for number in order])
    for row in table.rows:
        wrong = sum(probabilities[int(row[0])].argmax() != targets[int(row[0])] for targets, probabilities in seeds)
        assert row[5] == f"{wrong} of 2"
    assert f"20 of {len(expected)} that any of the seeds has wrong" in table.note


HOSTILE = ["<script>alert(1)</script>", "\\frac{$x$}{", "日本語のラベル", "long " * 60, "\x1b[31mred\nline"]


def test_any_label_can_be_drawn(recwarn):
    section, again = (analysis(DATASET, [rows_of(*made(100, HOSTILE, 1), HOSTILE)], split="test") for _ in range(2))
    assert len(pictures(section)) == 3
    for name, picture in pictures(section).items():
        assert style.svg(picture.figure, name="figure", title="") == style.svg(
            pictures(again)[name].figure, name="figure", title=""
        )
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]
    assert "#3 is 日本語のラベル" in pictures(section)["test-confusion"].caption
    assert all(
        "\x1b" not in str(cell) and len(str(cell)) < 210 for row in part(section, "test-worst").rows for cell in row
    )


def test_many_labels_are_pairs_in_a_table():
    names = [f"label {number}" for number in range(120)]
    targets, probabilities = made(1_200, names, 1)
    section = analysis(DATASET, [rows_of(targets, probabilities, names)], split="test")
    matrix = reference.confusion_matrix(targets, probabilities.argmax(1), labels=range(120))
    largest = part(section, "test-labels")
    assert sorted(row[4] for row in largest.rows) == sorted(matrix.sum(1).tolist())[20:]
    assert "The 20 with the smallest support are left out" in largest.note
    wrong = matrix - np.diag(np.diag(matrix))
    table = part(section, "test-confusion")
    assert [row[2] for row in table.rows] == sorted(wrong[wrong > 0].tolist(), reverse=True)[:20]
    for true, predicted, count, share in table.rows:
        row, column = names.index(true), names.index(predicted)
        assert matrix[row, column] == count and share == pytest.approx(count / matrix[row].sum())
    assert any("more than 20 labels" in text for text in texts(section))


def test_probabilities_that_are_not_numbers_are_reported():
    rows = rows_of(*made(20, ["a", "b"], 1), ["a", "b"])
    rows[3] = rows[3] | {"probabilities": {"a": None, "b": None}}
    section = analysis(DATASET, [rows], split="test")
    assert sum("are not numbers" in text for text in texts(section)) == 2
    assert (
        means(part(section, "test-labels"))["a"]["support"] + means(part(section, "test-labels"))["b"]["support"] == 20
    )


@pytest.mark.parametrize(
    "changed,message",
    [
        ({"probabilities": None}, "row 2 of the predictions has None as 'probabilities'"),
        ({"label": ["a"]}, r"row 2 of the predictions has \['a'\] as 'label'"),
        ({"label": "c"}, "row 2 of the predictions has the label c, but no probability of it"),
        ({"probabilities": {"a": 1.0}}, "row 2 of the predictions has probabilities of other labels"),
    ],
)
def test_other_rows_are_refused(changed, message):
    rows = rows_of(*made(3, ["a", "b"], 1), ["a", "b"])
    rows[1] = rows[1] | changed
    with pytest.raises(UserError, match=message):
        single_label.collect(rows, DATASET)


def test_nothing_is_averaged_over_different_examples():
    rows = rows_of(*made(20, ["a", "b"], 1), ["a", "b"])
    other = [*rows[:5], rows[5] | {"label": "a" if rows[5]["label"] == "b" else "b"}, *rows[6:]]
    with pytest.raises(UserError, match="different examples or labels"):
        analysis(DATASET, [rows, other], split="test")
    with pytest.raises(UserError, match="have no rows"):
        analysis(DATASET, [[]], split="test")


def test_all_right_and_one_label_only():
    rows = rows_of([0] * 5, [[0.9, 0.1]] * 5, ["a", "b"])
    section = analysis(DATASET, [rows], split="test")
    assert "Worst errors on test: none." in texts(section)
    assert any("no example has one of the labels" in text for text in texts(section))
    assert calibration.confidence_error(np.ones(5, dtype=bool), np.full(5, 0.9)) == pytest.approx(0.1)
