"""The settings that a sweep varied, as axes of a figure: numbers on a linear or logarithmic scale, or categories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.configuration.typed_values import finite_number
from tunesmith.figures.axis import Axis
from tunesmith.figures.labels import logarithmic, told_apart

MOST_CATEGORIES = 12  # whose names can be read side by side
_CHARACTERS = 16  # of the name of a category


@dataclass(frozen=True)
class Setting:
    """One varied setting.

    Attributes:
        key: of the config.
        texts: of each trial as typed; None for a trial that does not have it.
        numeric: whether all values are finite numbers.
        axis: each trial's place on it.
    """

    key: str
    texts: tuple[str | None, ...]
    numeric: bool
    axis: Axis

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return len({finite_number(text) if self.numeric else text for text in self.texts if text is not None})


def settings(values: Sequence[dict[str, str]]) -> list[Setting]:
    """The settings with at least two different values, in the order in which they first appear.

    Of a setting with more than 12 categories, those of the first trials keep a place of their own and the others share one.

    Args:
        values: of each trial by key, the best trial first.
    """
    keys = dict.fromkeys(key for trial in values for key in trial)
    found = [_setting(key, tuple(trial.get(key) for trial in values)) for key in keys]
    return [setting for setting in found if setting.distinct + (None in setting.texts) > 1]


def _setting(key: str, texts: tuple[str | None, ...]) -> Setting:
    present = [text for text in texts if text is not None]
    numeric = bool(present) and all(finite_number(text) is not None for text in present)
    if numeric:
        numbers = np.array([math.nan if text is None else float(text) for text in texts])
        return Setting(key, texts, True, Axis(key, numbers, log=logarithmic(numbers)))
    return Setting(key, texts, False, Axis(key, *_categories(texts)))


def _categories(texts: Sequence[str | None]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The place of each trial, 0, 1, ...; NaN for one without the setting; and the names of the places."""
    names = list(dict.fromkeys(text for text in texts if text is not None))
    kept = names if len(names) <= MOST_CATEGORIES else names[: MOST_CATEGORIES - 1]
    ordered = sorted(kept, key=lambda name: (finite_number(name) is None, finite_number(name) or 0.0, name))
    shown = told_apart(ordered, _CHARACTERS)
    labels = shown if len(kept) == len(names) else [*shown, f"{len(names) - len(kept)} others"]
    place = {name: float(number) for number, name in enumerate(ordered)}
    places = [math.nan if text is None else place.get(text, float(len(ordered))) for text in texts]
    return np.array(places), tuple(labels)
