"""Warnings about choices that replace a default which most runs need: `regularization=rdrop` is without `standard`."""

from collections.abc import Iterator

from tunesmith.configuration import Config


def dropped_defaults(config: Config) -> Iterator[str]:
    """A sentence for each default that other choices of its group have replaced; none for a group that is empty on purpose."""
    regularizers, callbacks = list(config["regularization"]), list(config["callbacks"])
    if regularizers and "standard" not in regularizers:
        chosen = ",".join(regularizers)
        yield (
            f"Warning: regularization={chosen} replaces standard: no gradient clipping, no weight-decay exemptions; add it: "
            f"regularization=[standard,{chosen}]"
        )
    if callbacks and "checkpoint" not in callbacks:
        chosen = ",".join(callbacks)
        yield (
            f"Warning: callbacks={chosen} replaces checkpoint: the last epoch is scored, not the best, and an interrupted run "
            f"starts again; add it: callbacks=[checkpoint,{chosen}]"
        )
