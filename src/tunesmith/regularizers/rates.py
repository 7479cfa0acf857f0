"""Learning rates by part: the head's own, and factors by pattern of a parameter's name."""

import difflib
import fnmatch
import math
from typing import Any

from torch import nn

from tunesmith.configuration.ranges import NonNegativeFloat, PositiveFloat
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer

_SHOWN = 3


class Rates(Regularizer):
    """The learning rate of a parameter is `optimizer.lr` times all factors that apply to it, those of `llrd` included.

    Args:
        head: factor for the head.
        patterns: factors by shell-style pattern of a parameter's whole name; `*` matches any text, dots included.
    """

    def __init__(self, *, head: PositiveFloat, patterns: dict[str, NonNegativeFloat]) -> None:
        self.head, self.patterns = head, patterns

    def configure_model(self, module: Any) -> None:
        """Check the patterns.

        Raises:
            UserError: for those that match no parameter, with the nearest names.
        """
        names = [name for name, _ in module.named_parameters()]
        mistakes = [
            f"regularization.rates.patterns: {pattern} matches no parameter; expected a pattern of whole names, such as "
            f"{', '.join(_nearest(pattern, names))}"
            for pattern in self.patterns
            if not any(fnmatch.fnmatchcase(name, pattern) for name in names)
        ]
        if mistakes:
            raise UserError(mistakes)

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The product of the factors for a parameter."""
        factors = [factor for pattern, factor in self.patterns.items() if fnmatch.fnmatchcase(name, pattern)]
        return {"lr_scale": math.prod(factors, start=self.head if name.startswith("head.") else 1.0)}


def _nearest(pattern: str, names: list[str]) -> list[str]:
    """The names that have most of a pattern's characters in its order."""
    matcher = difflib.SequenceMatcher(None, b=pattern, autojunk=False)
    found = []
    for name in names:
        matcher.set_seq1(name)
        found.append((-sum(block.size for block in matcher.get_matching_blocks()), len(name), name))
    return [name for *_, name in sorted(found)[:_SHOWN]]
