"""Checks that each regularizer fits the head and the dataset, and the others."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.configuration import Config, schema
from tunesmith.errors.messages import listed


def mistakes(config: Config, head: Mapping[str, Any]) -> Iterator[str]:
    """Regularizers that cannot do what they are for.

    Args:
        config: valid group by group.
        head: the class constants of its head.
    """
    chosen = config["regularization"]
    found = {name: schema.constants(node, group="regularization") for name, node in chosen.items()}
    problem = config["dataset"].get("problem")
    for name, regularizer in found.items():
        for need in regularizer.get("needs", ()):
            if need not in head["offers"]:
                yield _without(need, name, head, config["head"]["_target_"].rpartition(".")[2])
        if problem is not None and problem not in regularizer.get("problems", (problem,)):
            yield (
                f"regularization {name} is for {' and '.join(regularizer['problems'])} datasets, but dataset.problem is "
                f"{problem}; drop {name}"
            )
        size, smallest = config["dataset"]["batch_size"], regularizer.get("smallest_batch", 1)
        if size is not None and size < smallest:
            yield (
                f"dataset.batch_size is {size}, but regularization {name} combines each example with another of its batch; set it to "
                f"{smallest} or more, or drop {name}"
            )
    optimizer = schema.constants(config["optimizer"], group="optimizer")
    for name, regularizer in found.items():
        both = sorted({*optimizer.get("replaces", ())} & {*regularizer.get("replaces", ())})
        reason = _reason(optimizer, chosen, name)
        if reason or both:
            kind = config["optimizer"]["_target_"].rpartition(".")[2]
            yield f"regularization {name} and optimizer {kind} contradict each other: {reason or f'both replace {listed(both)}'}; drop one of them"
    for (name, regularizer), (other, another) in itertools.combinations(found.items(), 2):
        reason = _reason(regularizer, chosen, other) or _reason(another, chosen, name)
        both = sorted({*regularizer.get("replaces", ())} & {*another.get("replaces", ())})
        if reason or both:
            yield f"regularization {name} and {other} contradict each other: {reason or f'both replace {listed(both)}'}; drop one of them"


def _reason(constants: Mapping[str, Any], chosen: Config, name: str) -> str | None:
    """Why a class cannot be combined with a regularizer, which has its own name or another one in a YAML file of the user's."""
    conflicts, target = constants.get("conflicts", {}), chosen[name]["_target_"]
    shipped = target.split(".")[-2] if target.startswith("tunesmith.regularizers.") else name
    reason: str | None = conflicts.get(name) or conflicts.get(shipped)
    return reason


def _without(need: str, name: str, head: Mapping[str, Any], kind: str) -> str:
    refuses = head.get("refuses", {})
    reason = refuses.get(need) or refuses.get("*")
    return (
        f"regularization {name} needs a head with {need}, which {kind} does not offer"
        f"{f': {reason}' if reason else ''}; drop {name} or choose another head"
    )
