"""Drawings of attention: what is drawn is what was given, at any length."""

import numpy as np
import pytest

from tunesmith.figures import attention, style


def weights(*shape):
    numbers = np.random.default_rng(0).random(shape)
    return numbers / numbers.sum(-1, keepdims=True)


def image(axes):
    return np.ma.filled(axes.get_images()[0].get_array(), np.nan)


def test_blocks_keep_the_largest_weight_of_each_block():
    given = weights(7, 10)
    found = attention.blocks(given, 4)
    assert found.shape == (4, 4)
    for row in range(4):
        for column in range(4):
            assert found[row, column] == given[2 * row : 2 * row + 2, 3 * column : 3 * column + 3].max()
    assert np.array_equal(attention.blocks(given, 10), given)


def test_the_overview_has_each_head_at_its_layer():
    given = weights(2, 3, 4, 4)
    axes = attention.overview(given, title="All").axes[0]
    drawn = image(axes)
    for layer in range(2):
        for head in range(3):
            assert np.array_equal(drawn[layer * 5 : layer * 5 + 4, head * 5 : head * 5 + 4], given[layer, head])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "2"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]


@pytest.mark.parametrize("tokens", [1, 5, 60, 61, 512])
def test_a_long_text_has_few_labels_and_a_bounded_image(tokens):
    axes = attention.matrix(weights(tokens, tokens), ["word"] * tokens, title="Layer 1", unit="weight").axes[0]
    assert max(image(axes).shape) <= 256
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) == tokens if tokens <= 60 else 30 <= len(labels) <= 40
    assert axes.get_xlim() == (-0.5, tokens - 0.5)
    assert axes.get_ylim() == (tokens - 0.5, -0.5)


def test_labels_that_the_font_cannot_draw_are_numbers():
    assert attention.drawable("naïve", 0) == "naïve"
    assert attention.drawable("$5", 0) == "$5"
    assert attention.drawable("日本", 6) == "#7"
    assert attention.drawable("שלום", 6) == "#7"  # would be drawn from the wrong side
    assert len(attention.drawable("w" * 100, 0)) == 14


def test_the_same_weights_are_the_same_bytes(tmp_path):
    given = weights(2, 2, 5, 5)

    def drawn(folder):
        figures = [
            attention.overview(given, title="All"),
            attention.rows(given[:, 0, 0], given[0, :, 0], list("abcde"), title="Where", layer=2, parts=[2]),
        ]
        files = [
            style.save(figure, tmp_path / folder, str(number), endings=("png",))
            for number, figure in enumerate(figures)
        ]
        assert [len(saved) for saved in files] == [1, 1]
        return [saved[0].read_bytes() for saved in files] + [
            style.svg(figure, name="figure", title="").encode() for figure in figures
        ]

    assert drawn("first") == drawn("second")
