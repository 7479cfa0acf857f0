"""Scores by classes that a user names: torchmetrics' own, or those of a plugin.

A class gets `update(preds, target)` once with the whole split. `preds` are probabilities (examples, labels), of torchmetrics'
`Binary...` classes and of those derived from them the ones of the second label (examples,), and of a class with
`receives = "predictions"` the predicted label ids (examples,), or zeros and ones (examples, labels) with several labels an example;
for regression, the predicted numbers (examples,). `num_classes` or `num_labels` of its constructor is the number of labels; every
other argument needs a default.

Two things of torchmetrics would be wrong numbers without a message: values outside of [0, 1], NaN among them, make it take all for
logits, and a ROC curve without positives or negatives scores 0. Such a score is not a number here, as tunesmith's own `roc_auc`.
"""

import importlib
import inspect
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torchmetrics import Metric

from tunesmith.configuration import own_metrics
from tunesmith.configuration.plugin_errors import explained, message
from tunesmith.configuration.targets import load
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line

_COUNTS = ("num_classes", "num_labels")
_RECEIVES = ("probabilities", "predictions")
_UNDEFINED = "meaningless"  # in torchmetrics' warnings of curves without positives or negatives


class _ScoringError(UserError):
    """The code of a class has failed on the examples that it was given."""


def mistakes(name: str, *, problem: str | None) -> Iterator[str]:
    """What is wrong with a class, found by scoring a few examples.

    Args:
        name: dotted, of a class that is allowed: see `tunesmith.configuration.own_metrics`.
        problem: `dataset.problem`.
    """
    try:
        kind = _load(name)
        _try(kind, name, problem)
        if (getattr(kind, "higher_is_better", None) is False) != (own_metrics.larger_is_better(name) is False):
            raise UserError(
                f"{name}.higher_is_better is {kind.higher_is_better}, but its class does not say so itself; expected "
                f"higher_is_better = {kind.higher_is_better} in the class {kind.__name__}: it is read without importing torchmetrics"
            )
    except UserError as error:
        yield from (f"dataset.metrics: {mistake}" for mistake in error.mistakes)


def _try(kind: type[Metric], name: str, problem: str | None) -> None:
    """Score eight examples with two labels; if that fails 400 with 100, which a class may need, such as one of the best three labels."""
    try:
        with explained():
            _scored(kind, name, *_made_up(problem, examples=8, labels=2))
    except UserError as error:
        try:
            with explained():
                _scored(kind, name, *_made_up(problem, examples=400, labels=100))
        except UserError:
            raise error from None


def _made_up(problem: str | None, *, examples: int, labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Targets, predictions and probabilities as `scores` gets them, each label among the targets."""
    generator = np.random.default_rng(0)
    if problem == "regression":
        return generator.normal(size=examples), generator.uniform(size=examples), None
    probabilities = generator.dirichlet(np.ones(labels), examples)
    targets = np.arange(examples) % labels
    if problem == "multi_label":
        return np.eye(labels, dtype=np.int64)[targets], (probabilities > 1 / labels).astype(np.int64), probabilities
    return targets, probabilities.argmax(1), probabilities


def scores(
    names: list[str], targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray | None
) -> dict[str, float]:
    """The scores by their short names.

    Args:
        names: dotted, of classes that are allowed.
        targets: (examples,) label ids or numbers; (examples, labels) of 0 and 1 with several labels an example.
        predictions: likewise.
        probabilities: (examples, labels); None for regression.

    A class that fails on a split, such as one of two examples, has no number there, with a warning: it has scored a few examples
    before the run (`mistakes`), whose training it may not end.

    Raises:
        UserError: for a class that does not fit the task.
    """
    found = {}
    for name in names:
        try:
            found[own_metrics.short_name(name)] = _scored(_load(name), name, targets, predictions, probabilities)
        except _ScoringError as error:
            warnings.warn(f"{error}; the score is not a number", stacklevel=2)
            found[own_metrics.short_name(name)] = math.nan
    return found


def _load(name: str) -> type[Metric]:
    own_metrics.constants(name)  # it is allowed, and exists
    package, _, last = name.rpartition(".")
    if package in own_metrics.LIBRARY:
        kind = getattr(importlib.import_module(package), last, None)
    else:
        kind = load(name, group="metric")
    if not (inspect.isclass(kind) and issubclass(kind, Metric)):
        raise UserError(f"{name} is no class that is derived from torchmetrics.Metric; expected one")
    return kind


def _scored(
    kind: type[Metric], name: str, targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray | None
) -> float:
    metric = kind(**_arguments(kind, name, labels=1 if probabilities is None else probabilities.shape[1]))
    metric.distributed_available_fn = lambda: False  # rank zero has the whole split
    receives = getattr(kind, "receives", _RECEIVES[0])
    if receives not in _RECEIVES:
        raise UserError(f"{name}.receives is {receives!r}; expected one of {', '.join(_RECEIVES)}")
    given = predictions
    if probabilities is not None and receives != "predictions":
        if np.isnan(probabilities).any():
            return math.nan
        given = np.clip(probabilities, 0.0, 1.0)  # a sum in float32 may be above 1
        if _is_binary(kind) and targets.ndim == 1:
            if probabilities.shape[1] != 2:
                raise UserError(
                    f"{name} is for two labels, but the dataset has {probabilities.shape[1]}; name the class Multiclass..."
                )
            given = given[:, 1]
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            metric.update(*(torch.from_numpy(np.ascontiguousarray(part)) for part in (given, targets)))
            value = metric.compute()
        if isinstance(value, torch.Tensor) and value.numel() != 1:
            raise UserError(
                f"{name}.compute gives a tensor of shape {tuple(value.shape)}; expected a scalar: a subclass may choose one"
            )
        undefined = [warning for warning in caught if _UNDEFINED in str(warning.message)]
        for warning in caught:
            if warning not in undefined:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        return math.nan if undefined else float(value)
    except UserError:
        raise
    except Exception as error:
        if message(error) is not None:
            raise  # with the file and line of the plugin
        raise _ScoringError(
            f"{name} cannot score {len(targets):,} example{'s' * (len(targets) != 1)}: {first_line(error)}"
        ) from error


def _is_binary(kind: type[Metric]) -> bool:
    return any(
        base.__module__.startswith("torchmetrics.") and base.__name__.startswith("Binary") for base in kind.__mro__
    )


def _arguments(kind: type[Metric], name: str, *, labels: int) -> dict[str, Any]:
    parameters = inspect.signature(kind).parameters
    needed = [
        part.name
        for part in parameters.values()
        if part.default is part.empty
        and part.kind not in (part.VAR_KEYWORD, part.VAR_POSITIONAL)
        and part.name not in _COUNTS
    ]
    if needed:
        raise UserError(
            f"{name} needs {', '.join(needed)}, which tunesmith does not know; derive a class of your own that sets it"
        )
    return {part: labels for part in _COUNTS if part in parameters}
