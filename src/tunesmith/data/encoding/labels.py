"""The targets of text classification: values in the data to label ids, with names from the training split unless given."""

import contextlib
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from tunesmith.data.encoding.label_lists import SEPARATORS, label_list, on_or_off
from tunesmith.data.encoding.label_names import as_number, in_order, label_name, target_number
from tunesmith.errors.messages import did_you_mean, listed, shortened

Problem = Literal["single_label", "multi_label", "regression"]
_BOOLEANS = ("False", "True")


@dataclass(frozen=True)
class Labels:
    """The possible targets.

    Attributes:
        problem: one label, several labels or a number per example.
        names: label names in the order of their ids; empty for regression.
        given: the names in `dataset.labels`, whose indices the data may hold instead; empty if names are learnt.
        multi_hot: whether the data holds a 0 or 1 for each of the given names.
    """

    problem: Problem
    names: tuple[str, ...]
    given: tuple[str, ...] = field(default=(), repr=False)  # the repr is part of cache keys
    multi_hot: bool = field(default=False, repr=False)

    def encode(self, value: Any) -> int | list[float] | float:
        """A target for the loss: a label id, a 0 or 1 for each label, or the number itself.

        Raises:
            ValueError: if the value is not a target of this problem; states what was expected.
        """
        if self.problem == "regression":
            try:
                return target_number(value)
            except ValueError as error:
                raise ValueError(f"label {error}") from None
        if self.problem == "multi_label":
            chosen = {self._id(part) for part in self._several(value)}
            return [float(number in chosen) for number in range(len(self.names))]
        return self._id(value)

    def decode(self, target: Any) -> Any:
        """The name of a label id, or the names of the labels that are on; the inverse of `encode`."""
        if self.problem == "multi_label":
            return [name for name, on in zip(self.names, target, strict=True) if on]
        return self.names[int(target)]

    @property
    def numbers_are_indices(self) -> bool:
        """Whether a number in the data is the index of a given name: not if a name is a number itself."""
        return bool(self.given) and not any(_is_number(name) for name in self.given)

    def reading(self) -> dict[str, Any]:
        """What the encoding depends on besides problem and names, for cache keys; empty for most data."""
        unusual = {
            "given": self.given if self.given not in ((), self.names) else (),
            "multi_hot": self.multi_hot,
            "separators": self.problem == "multi_label" and any(set(name) & set(SEPARATORS) for name in self.given),
        }
        return {name: value for name, value in unusual.items() if value}

    def written_as(self, value: Any) -> set[str]:
        """How the data writes the labels of an example: as `name`, `number` (an index of a given name), or both."""
        if self.problem == "regression" or not self.numbers_are_indices or self.multi_hot:
            return set()
        parts = self._several(value) if self.problem == "multi_label" else [value]
        return {"name" if label_name(part) in self._ids else "number" for part in parts}

    def _several(self, value: Any) -> list[Any]:
        found = label_list(value, given=self.given)
        if not self.multi_hot or not found:
            return found
        switches = [on_or_off(part) for part in found]
        if len(found) != len(self.given) or None in switches:
            raise ValueError(
                f"label {shortened(str(value))} is not a 0 or 1 for each of the {len(self.given)} names in dataset.labels, "
                "as in other rows"
            )
        return [name for name, on in zip(self.given, switches, strict=True) if on]

    def _id(self, value: Any) -> int:
        name = label_name(value)
        if name in self._ids:
            return self._ids[name]
        if isinstance(value, float) and str(value) in self._ids:  # what version 0.1 called the number 1.0
            return self._ids[str(value)]
        index = _index(name) if self.numbers_are_indices else None
        if index is not None and index < len(self.given) and (name not in _BOOLEANS or len(self.given) == 2):
            name = self.given[index]
        if name in self._ids:
            return self._ids[name]
        near = did_you_mean(shortened(name), map(shortened, self.names))
        if not self.given and _index(name) in range(len(self.names)) and not any(map(_is_number, self.names)):
            near = "; only names in dataset.labels can be given by their index"
        raise ValueError(f"label {shortened(name)!r} is not one of {listed(self.names)}{near}")

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}


def _is_number(name: str) -> bool:
    return name in _BOOLEANS or as_number(name) is not None


def _index(name: str) -> int | None:
    """The number that a name in plain digits stands for, or a boolean; None for any other name."""
    if name in _BOOLEANS:
        return _BOOLEANS.index(name)
    plain = name.isascii() and name.isdecimal() and (name == "0" or not name.startswith("0"))
    return int(name) if plain and len(name) < 10 else None


def learn(values: Iterable[Any], *, problem: Problem) -> Labels:
    """The labels that values of the training split have; what is no label is skipped, as `encode` reports it."""
    names: set[str] = set()
    for value in values if problem != "regression" else ():
        with contextlib.suppress(ValueError):
            for part in label_list(value, given=()) if problem == "multi_label" else [value]:
                names.add(label_name(part))
    return Labels(problem, in_order(names))
