"""The targets of text classification: label names to ids, inferred from the training split unless given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tunesmith.errors.messages import did_you_mean

Problem = Literal["single_label", "multi_label", "regression"]


@dataclass(frozen=True)
class Labels:
    """The possible targets.

    Attributes:
        problem: one label, several labels or a number per example.
        names: label names in the order of their ids; empty for regression.
    """

    problem: Problem
    names: tuple[str, ...]

    def encode(self, value: Any) -> int | list[float] | float:
        """A target for the loss: a label id, a 0 or 1 for each label, or the number itself.

        Raises:
            ValueError: if the value is not a target of this problem; states what was expected.
        """
        if self.problem == "regression":
            try:
                return float(value)
            except (TypeError, ValueError):
                raise ValueError(f"label {value!r} is not a number") from None
        if self.problem == "multi_label":
            chosen = {self._number(part) for part in split_labels(value)}
            return [float(number in chosen) for number in range(len(self.names))]
        return self._number(value)

    def _number(self, value: Any) -> int:
        name = str(value).strip()
        if name in self.names:
            return self.names.index(name)
        number = int(value) if isinstance(value, bool) else int(name) if name.isdecimal() else -1
        if 0 <= number < len(self.names):
            return number
        raise ValueError(f"label {name!r} is not one of {', '.join(self.names)}{did_you_mean(name, self.names)}")


def split_labels(value: Any) -> list[Any]:
    """The labels of a multi-label cell: a list as it is, a string split at commas, semicolons and vertical bars."""
    if isinstance(value, str):
        return [part.strip() for part in value.replace(";", ",").replace("|", ",").split(",") if part.strip()]
    return list(value)


def learn(values: Iterable[Any], *, problem: Problem) -> Labels:
    """Infer the label names from the training split, in numerical order if all are numbers, else alphabetical."""
    if problem == "regression":
        return Labels(problem, ())
    names = {
        str(part).strip() for value in values for part in (split_labels(value) if problem == "multi_label" else [value])
    }
    return Labels(problem, tuple(sorted(names, key=_order(names))))


def _order(names: Iterable[str]) -> Any:
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return str
    return numbers.__getitem__


def counts(encoded: Iterable[int | Sequence[float]], labels: Labels) -> list[int]:
    """Number of examples with each label."""
    seen: Counter[int] = Counter()
    for target in encoded:
        if isinstance(target, int):
            seen[target] += 1
        else:
            seen.update(number for number, on in enumerate(target) if on)
    return [seen[number] for number in range(len(labels.names))]
