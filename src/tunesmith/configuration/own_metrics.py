"""Metrics that `dataset.metrics` names by class: of torchmetrics, or of a plugin.

`torchmetrics.classification.MulticlassCohenKappa`, `my_plugin.metrics.cost.Cost`: the score is called `cohen_kappa`, `cost`. Only
classes of `torchmetrics.classification` and `torchmetrics.regression` are allowed, and those of trusted packages; that one exists,
and whether larger values are better, is read from its source.
"""

import ast
import functools
import re
from collections.abc import Iterator
from typing import Any

from tunesmith.configuration import Config, plugins, schema
from tunesmith.configuration.source_files import source_file, tree
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean

LIBRARY = ("torchmetrics.classification", "torchmetrics.regression")
PROBLEMS = {  # how the classes of the library begin that can score a problem
    "single_label": ("Binary", "Multiclass"),
    "multi_label": ("Multilabel",),
    "regression": ("",),
}
_NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
_BEGINNING = re.compile(r"^(Binary|Multiclass|Multilabel)(?=[A-Z])")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_own(metric: str) -> bool:
    """Whether a metric is named by its class."""
    return "." in metric


def short_name(metric: str) -> str:
    """The name of its score: `cohen_kappa` of `torchmetrics.classification.MulticlassCohenKappa`; other names stay."""
    return _WORD.sub("_", _BEGINNING.sub("", metric.rpartition(".")[2])).lower() if is_own(metric) else metric


@functools.cache
def tunesmith_scores() -> list[str]:
    """The scores that text classification has anyway."""
    task = schema.read_signature("tunesmith.tasks.text_classification.TextClassification")
    return [name for names in task.constants["scores"].values() for name in names]


def constants(metric: str) -> Any:
    """The literal class constants of a metric's class, `higher_is_better` among them.

    Raises:
        UserError: if it is not allowed, or does not exist.
    """
    package, _, name = metric.rpartition(".")
    trusted = [plugin.name for plugin in plugins.trusted()]
    if _NAME.fullmatch(metric) is None or not (
        package in LIBRARY or any(metric.startswith(f"{plugin}.") for plugin in trusted)
    ):
        raise UserError(
            f"{metric!r:.80} may not be a metric: expected a score's name, a class of {' or '.join(LIBRARY)}, or one of a "
            f"trusted package{'; ' + plugins.trusting(metric) if _NAME.fullmatch(metric) else ''}"
        )
    if package not in LIBRARY:
        return schema.read_signature(metric).constants
    file = source_file(package)
    origins = {
        alias.name: node.module
        for node in (tree(file).body if file is not None else ())
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if origins.get(name) is None:
        raise UserError(f"{package} has no {name}{did_you_mean(name, [key for key in origins if key[:1].isupper()])}")
    return schema.read_signature(f"{origins[name]}.{name}").constants


def mistakes(dataset: Config, scores: Any) -> Iterator[str]:
    """What is wrong with the classes that `dataset.metrics` names, without importing them.

    Args:
        dataset: the node of the config.
        scores: names of the task's own scores.
    """
    own, problem = [metric for metric in dataset["metrics"] if is_own(metric)], dataset.get("problem")
    if own and dataset["task"] != "text_classification":
        yield (
            f"dataset.metrics names {own[0]}, but only datasets of the task text_classification take classes; this one is of "
            f"{dataset['task']} (scores: {', '.join(scores)})"
        )
        return
    names: dict[str, str] = {}
    for metric in own:
        short, last = short_name(metric), metric.rpartition(".")[2]
        try:
            constants(metric)
        except UserError as error:
            yield f"dataset.metrics: {error}"
            continue
        if metric.rpartition(".")[0] == LIBRARY[0] and not last.startswith(PROBLEMS.get(problem or "", ())):
            begins = (
                " or ".join(f"{word}..." for word in PROBLEMS.get(problem or "", ()) if word)
                or "of torchmetrics.regression"
            )
            yield f"dataset.metrics: {metric} does not score a {problem} dataset; expected a class {begins}"
        elif metric.rpartition(".")[0] == LIBRARY[1] and problem != "regression":
            yield f"dataset.metrics: {metric} is for regression, but dataset.problem is {problem}; expected a class of {LIBRARY[0]}"
        elif short in scores:
            yield (
                f"dataset.metrics: {metric} would be called {short}, which is tunesmith's own score; name that one, or a class of "
                "another name in a package of yours"
            )
        elif names.setdefault(short, metric) != metric:
            yield f"dataset.metrics: {names[short]} and {metric} would both be called {short}; leave one of them out"


def larger_is_better(metric: str) -> bool | None:
    """The direction of a metric's class; None if it has none, so that it cannot be monitored."""
    found = constants(metric).get("higher_is_better")
    return found if isinstance(found, bool) else None
