"""Figures of searches: means of cells by brute force, all labels different, and no text taken for mathematics."""

import numpy as np
import pytest
from matplotlib.text import Text

from tunesmith.figures import contour, parallel_coordinates, style
from tunesmith.figures.axis import Axis
from tunesmith.figures.expected_performance import ExpectedCurve, expected_performance
from tunesmith.figures.labels import logarithmic, shortened, shortened_key, told_apart
from tunesmith.figures.learning_curves import Curve, learning_curves
from tunesmith.figures.thinning import evenly


def texts(figure):
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text)]


def test_long_names_lose_what_they_share_and_stay_different():
    assert told_apart(["org/bert-base-long-name", "org/bert-large-long-name"], 12) == ["…base…", "…large…"]
    assert told_apart(["short", "names"], 12) == ["short", "names"]
    assert told_apart(["a" * 30 + "x" + "b" * 30, "a" * 30 + "y" + "b" * 30], 9) == ["aaaa…bbbb (1)", "aaaa…bbbb (2)"]
    assert told_apart(["only-one-name-that-is-long"], 9) == ["only…long"]
    assert shortened("line\nbreak\x1b", 20) == "line�break�"
    assert shortened_key("regularization.standard.weight_decay", 26) == "…standard.weight_decay"
    assert shortened_key("optimizer.lr", 26) == "optimizer.lr"


@pytest.mark.parametrize("values,expected", [([1, 21], True), ([1, 20], False), ([0, 100], False), ([np.nan], False)])
def test_positive_values_over_more_than_a_factor_of_twenty_are_logarithmic(values, expected):
    assert logarithmic(np.array(values, dtype=float)) is expected


def test_cells_are_means():
    chance = np.random.default_rng(0)
    x, y, score = chance.integers(0, 3, 50) / 10, chance.integers(0, 4, 50) * 7.0, chance.normal(size=50)
    found = contour.means(x, y, score)
    for row, height in enumerate(np.unique(y)):
        for column, width in enumerate(np.unique(x)):
            chosen = score[(x == width) & (y == height)]
            assert found[row, column] == pytest.approx(chosen.mean()) if len(chosen) else np.isnan(found[row, column])


@pytest.mark.parametrize("y", [[0.1, 0.2, 0.3] * 8, [0.5] * 23 + [0.6], np.linspace(1, 2, 24)])
def test_a_surface_of_any_points_is_drawn(y):
    x, places = Axis("lr", np.linspace(1, 2, 24)), Axis("decay", np.array(y))
    score = Axis("loss", np.geomspace(1, 100, 24), log=True)
    assert style.svg(contour.contour(x, places, score, 0, title="Loss"), name="figure", title="").startswith("<svg")


def test_no_tick_is_mathematical_text():
    """Which the look of the figures does not read: a power would appear as its source."""
    score = Axis("loss", np.geomspace(0.01, 100, 30), log=True)
    rate = Axis("lr", np.geomspace(1e-6, 1e-2, 30), log=True)
    curve = Curve("a", np.arange(30), score.places)
    expected = ExpectedCurve("a", np.arange(1, 101), np.linspace(0, 1, 100))
    for figure in (
        contour.contour(rate, Axis("decay", np.arange(30) ** 1.5), score, 0, title="Loss"),
        learning_curves([curve], title="Loss", y="loss"),
        expected_performance([expected], title="Expected", y="f1"),
    ):
        assert not any("$" in text for text in texts(figure))


def test_a_line_has_a_gap_where_a_trial_lacks_the_setting_and_keeps_its_color():
    axes = [Axis(name, np.array(places)) for name, places in (("a", [0.0, 1, 1]), ("b", [0.0, 1, 0]))]
    axes += [Axis("c", np.array([np.nan, 0, 1])), Axis("d", np.array([0.0, 1, 1]))]
    score = Axis("f1", np.array([0.9, 0.1, 0.5]))
    figure = parallel_coordinates.parallel_coordinates(axes, score, ["done"] * 3, larger=True, title="")
    lines = figure.axes[0].collections[0]
    drawn = [segment.tolist() for segment in lines.get_segments()]
    worst, middle = [[0, 1], [1, 1], [2, 0], [3, 1], [4, 0]], [[0, 1], [1, 0], [2, 1], [3, 1], [4, 0.5]]
    assert drawn == [worst, middle, [[0, 0], [1, 0]], [[3, 0], [4, 1]]]
    assert lines.get_array().tolist() == [0.1, 0.5, 0.9, 0.9]


def test_thinning_keeps_the_ends():
    assert evenly(5, 9).tolist() == [0, 1, 2, 3, 4] and evenly(0, 9).size == 0 and evenly(1, 9).tolist() == [0]
    assert len(evenly(10_000, 200)) == 200 and evenly(10_000, 200)[[0, -1]].tolist() == [0, 9999]


def test_a_diverged_curve_has_a_gap_and_one_without_any_number_can_be_drawn():
    steps = np.arange(3)
    for mean in ([1.0, np.inf, 2.0], [np.nan] * 3):
        figure = learning_curves([Curve("a", steps, np.array(mean), np.ones(3))], title="Loss", y="loss")
        (line,) = figure.axes[0].lines
        assert np.isnan(line.get_ydata()[1]) and style.svg(figure, name="figure", title="").startswith("<svg")
