"""Figures have one look, whatever the user's own settings, and are the same bytes for the same numbers."""

import matplotlib as mpl

from tunesmith.figures import style


def _drawn(title="Loss"):
    figure, (axes,) = style.new_figure(title, x="optimizer steps", y="loss (nats)")
    with style.look():
        axes.plot([1, 2, 3], [0.5, 0.2, 0.1], color=style.COLORS[0], label="lr=1e-4")
        axes.legend()
    return figure


def test_the_files_are_the_same_bytes_each_time(tmp_path):
    first = [file.read_bytes() for file in style.save(_drawn(), tmp_path / "first", "loss")]
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        second = [file.read_bytes() for file in style.save(_drawn(), tmp_path / "second", "loss")]
    assert [content[:4] for content in first] == [b"%PDF", b"\x89PNG"]
    assert first == second
    assert style.svg(_drawn(), name="loss", title="Loss") == style.svg(_drawn(), name="loss", title="Loss")


def test_the_ink_of_a_page_is_its_own_colour():
    drawn = style.svg(_drawn(), name="loss", title="Loss")
    assert style.INK not in drawn
    assert "currentColor" in drawn


def test_a_label_with_dollar_signs_is_a_text():
    assert style.svg(_drawn("costs $5 or $\\frac{$"), name="loss", title="<Loss>").startswith("<svg")
