"""Annotations are read as Python itself evaluates them, and what is no type is refused without being evaluated."""

import ast
import typing

import pytest

from tunesmith.configuration import annotations, ranges

READ = [
    "int",
    "str | None",
    "PositiveInt | None",
    "list[str] | str | None",
    "dict[str, float]",
    "tuple[int, ...]",
    "Literal[32, 'bf16-mixed', -1, True, None]",
    "Annotated[int, Ge(0), Lt(2**32)]",
    "Annotated[list[FiniteFloat], Len(2, 2)]",
    "Annotated[float, Gt(gt=-1.5)]",
    "Optional[PositiveInt]",
    "Union[int, str, None]",
]


def parsed(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize("text", READ)
def test_known_types_are_those_that_python_evaluates(text):
    assert annotations.read(parsed(text)) == eval(text, vars(typing) | vars(ranges))


@pytest.mark.parametrize(
    "text",
    [
        "open('x')",
        "__import__('os')",
        "'int'",
        "int.__class__",
        "ranges.Annotated",
        "[x for x in y]",
        "lambda: 1",
        "Annotated[int, open('x')]",
        "Annotated[int, Gt(open('x'))]",
        "Annotated[int, Gt(10**10**10)]",
        "Literal[open('x')]",
        "list[open('x')]",
        "int[str]",
        "unknown",
        "list['int']",
        "(x := 1)",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(annotations.UnreadableError):
        annotations.read(parsed(text))
