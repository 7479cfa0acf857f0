"""Shades follow the weights; special tokens and a causal model's first token do not set the scale."""

import numpy as np
import pytest

from tunesmith.attention.shading import shaded
from tunesmith.attention.tokens import Token
from tunesmith.attention.windows import Window


def window_of(*names, causal=False, parts=()):
    tokens = [Token(name, True, name.startswith("[")) for name in names]
    return Window(tokens, np.zeros((1, 1, len(tokens), len(tokens))), list(parts), {}, causal, [])


@pytest.mark.parametrize(
    "names,causal,expected",
    [
        (("[CLS]", "b", "c", "d"), False, [1.0, 1.0, 0.5, 0.25]),  # CLS has 0.9, which is no scale
        (("a", "b", "c", "d"), True, [1.0, 1.0, 0.5, 0.25]),
        (("a", "b", "c", "d"), False, [1.0, 0.4 / 0.9, 0.2 / 0.9, 0.1 / 0.9]),
        (("[CLS]", "[SEP]", "[SEP]", "[SEP]"), False, [1.0, 0.4 / 0.9, 0.2 / 0.9, 0.1 / 0.9]),
    ],
)
def test_the_scale_is_that_of_the_texts_tokens(names, causal, expected):
    found = shaded("who", np.array([0.9, 0.4, 0.2, 0.1]), window_of(*names, causal=causal))
    assert [shade.strength for shade in found.paragraphs[0]] == pytest.approx(expected)


def test_each_text_is_a_paragraph_and_the_largest_weights_are_named():
    found = shaded("who", np.array([0.1, 0.2, 0.3, 0.4]), window_of("[CLS]", "a", "[SEP]", "b", parts=[3]))
    assert [[shade.token.text for shade in part] for part in found.paragraphs] == [["[CLS]", "a", "[SEP]"], ["b"]]
    assert found.most.startswith(
        "Most: b (token 4) 0.400, [SEP] (token 3) 0.300, a (token 2) 0.200, [CLS] (token 1) 0.100."
    )
    assert found.most.endswith("The strongest shade is 0.4000; spread evenly, each token would have 0.2500.")


def test_weights_of_zero_have_no_shade():
    found = shaded("who", np.zeros(2), window_of("a", "b"))
    assert [shade.strength for shade in found.paragraphs[0]] == [0.0, 0.0]
