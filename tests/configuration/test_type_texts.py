"""Types in words; what the words say is what pydantic accepts."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from tunesmith.configuration import ranges
from tunesmith.configuration.ranges import Ge, Gt, Le, Len, Lt
from tunesmith.configuration.type_texts import described


def accepts(annotation, value):
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    "annotation,words,accepted,refused",
    [
        (ranges.PositiveInt, "whole number from 1", [1], [0, 1.5, True, None]),
        (ranges.NonNegativeInt | None, "whole number from 0, or null", [0, None], [-1]),
        (ranges.PositiveFloat, "number above 0", [1e-9, 1], [0, float("inf")]),
        (ranges.Probability, "number from 0 to 1", [0, 1.0], [-0.1, 1.1]),
        (ranges.BelowOne, "number from 0 to below 1", [0, 0.99], [1]),
        (ranges.OpenFraction, "number above 0 and below 1", [0.5], [0, 1]),
        (ranges.PositiveFraction, "number above 0 to 1", [1, 0.1], [0, 1.01]),
        (ranges.AtLeastOne, "number from 1", [1, 7.5], [0.5]),
        (ranges.Seed, "whole number from 0 to 4294967295", [0, 2**32 - 1], [2**32, -1]),
        (ranges.Pair, "list of 2: number from 0 to below 1", [[0.9, 0.999]], [[0.9], [0.9, 1.0]]),
        (ranges.OptionalPair, "list of 2: number from 0, or null", [[None, 0.1]], [[None]]),
        (Annotated[str, Len(1)], "text, not empty", ["a"], [""]),
        (Annotated[list[str], Len(1)], "list of 1 or more: text", [["a"], ["a", "b"]], [[]]),
        (Annotated[list[str], Len(1, 2)], "list of 1 to 2: text", [["a"]], [["a", "b", "c"]]),
        (Annotated[int, Gt(2), Lt(9)], "whole number from 3 to 8", [3, 8], [2, 9]),
        (Annotated[float, Lt(2.5)], "number below 2.5", [2.4], [2.5]),
        (Annotated[int, Le(4)], "whole number up to 4", [4, -9], [5]),
        (Annotated[int, Ge(2), Le(4)], "whole number from 2 to 4", [2, 4], [1, 5]),
        (Literal[32, "bf16-mixed", "16-mixed"], "32, bf16-mixed or 16-mixed", [32, "16-mixed"], ["32", 16]),
        (Literal["a"] | None, "a or null", ["a", None], ["b"]),
        (bool, "true or false", [True], [1, "true"]),
        (list[str] | str | None, "list of text, text, or null", [["a"], "a", None], [1]),
        (dict[str, float], "mapping of text to number", [{"a": 0.5}], [{"a": "b"}]),
        (dict, "mapping", [{}], [[]]),
        (Any, "anything", [1, "a", None], []),
    ],
)
def test_words_and_what_is_accepted(annotation, words, accepted, refused):
    assert described(annotation) == words
    assert all(accepts(annotation, value) for value in accepted)
    assert not any(accepts(annotation, value) for value in refused)
