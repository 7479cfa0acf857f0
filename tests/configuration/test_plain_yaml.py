"""YAML that libyaml reads is the same value as what PyYAML reads, and nothing deep reaches libyaml."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith.configuration import plain_yaml

TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "1e3",
        "0x1F",
        "012",
        "1:30",
        "yes",
        "~",
        "2024-01-31",
        ".5e+3",
        "_1",
        "é",
        "日本",
        "😀",
        "a: b",
        "# no",
        "- x",
        "\x85",
        "\u2028",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def slowly(text):
    loader = plain_yaml._classes()[0](text)
    node = loader.get_single_node()
    return None if node is None else loader.construct_document(node)


@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_back_by_both(value):
    text = plain_yaml.dump(value)
    assert plain_yaml.load(text) == value == slowly(text)
    assert repr(plain_yaml.load(text)) == repr(slowly(text))  # 1 is not 1.0 or True


@given(
    st.text(alphabet="ab01 :-?[]{}#&*!|>'\"%@`,~\n\t._e+x", max_size=40)
    | st.lists(
        st.sampled_from(["a", "b: ", "- ", "\n", "\n  ", " ", "'", '"', "[]", "{}", "1", ".", "+", "e", "\\n"]),
        max_size=14,
    ).map("".join)
)
@example("a: 1e3\nb: 0o7\nc: 1_000\nd: 12:30:45\ne: =\nf: <<\n")
@example("a: &x [1]\nb: *x\n")
@settings(max_examples=2000, deadline=None)
def test_any_text_is_the_same_value_or_an_error_of_both(text):
    try:
        expected = slowly(text)
    except (yaml.YAMLError, ValueError):
        with pytest.raises((yaml.YAMLError, ValueError)):
            plain_yaml.load(text)
        return
    try:
        found = plain_yaml.load(text)
    except plain_yaml.InvalidError:
        return
    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    "text", ["- " * 50_000, "? " * 50_000, "".join(f"{' ' * level}a:\n" for level in range(3000)), "[" * 50_000]
)
def test_a_deep_text_is_an_error_and_no_crash(text):
    with pytest.raises((plain_yaml.InvalidError, yaml.YAMLError)):
        plain_yaml.load(text)
