"""Every kind of figure of predictions can be drawn of its smallest and largest input, with titles, axes and the same bytes."""

import numpy as np
import pytest

from tunesmith.figures import (
    confusion,
    groups,
    precision_recall,
    reliability,
    residuals,
    similarities,
    style,
    thresholds,
)

NAMES = ["<b>$x$</b>", "日本", "long " * 60, *(f"label {number}" for number in range(17))]
LEVELS = np.linspace(0, 1, 11)


def curves(count, deviation):
    return [precision_recall.Curve(name, 1 - LEVELS / 2, deviation, "AP 0.5") for name in NAMES[:count]]


FIGURES = {
    "one label": lambda: confusion.confusion(np.array([[0]]), true=["a"], predicted=["a"], title="T"),
    "many labels": lambda: confusion.confusion(
        np.arange(400).reshape(20, 20) ** 3, true=NAMES, predicted=NAMES, title="T"
    ),
    "one curve": lambda: precision_recall.precision_recall(curves(1, None), LEVELS, title="T"),
    "eight curves": lambda: precision_recall.precision_recall(curves(8, LEVELS / 9), LEVELS, title="T"),
    "one bin": lambda: reliability.reliability(np.array([0, 3]), np.array([0, 0.9]), np.array([0, 1]), title="T"),
    "one number": lambda: residuals.residuals(np.array([1.0]), np.array([1.0]), title="T"),
    "many numbers": lambda: residuals.residuals(np.arange(5000.0), np.arange(5000.0) ** 2, title="T"),
    "one group": lambda: groups.groups(["a"], [1], {"F1": [(0.5, None)]}, title="T", x="x", y="y"),
    "twelve groups": lambda: groups.groups(
        NAMES[:12], range(12), dict.fromkeys(("F1", "exact"), [(0.5, 0.1)] * 12), title="T", x="x", y="y"
    ),
    "thresholds": lambda: thresholds.thresholds(LEVELS, {"F1": (LEVELS, LEVELS / 9)}, best=0.5, title="T"),
    "similarities": lambda: similarities.similarities({"pairs": np.array([1.0])}, title="T"),
    "opposites": lambda: similarities.similarities({"a": np.array([-1.0, 1.0]), "b": np.array([0.0])}, title="T"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure(name, recwarn):
    figure = FIGURES[name]()
    assert figure.get_suptitle() == "T"
    assert all(axes.get_xlabel() or axes.get_ylabel() for axes in figure.axes)
    assert style.svg(figure, name="figure", title="") == style.svg(FIGURES[name](), name="figure", title="")
    assert not [str(warning.message) for warning in recwarn]


def test_counts_of_a_confusion_matrix_are_short():
    counts = np.array([[9_999, 123_456, 12_345_678], [0, 1, 2], [0, 0, 0]])
    figure = confusion.confusion(counts, true="abc", predicted="abc", title="T")
    assert [text.get_text() for text in figure.axes[0].texts] == ["9999", "123k", "12.3M", "1", "2"]
