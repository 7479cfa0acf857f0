"""Warnings about choices that replace a default which most runs need: `regularization=rdrop` is without `standard`."""

from collections.abc import Iterator

from tunesmith.configuration import Config


def dropped_defaults(config: Config) -> Iterator[str]:
    """A sentence for each default that other choices of its group have replaced; none for a group that is empty on purpose."""
    regularizers, callbacks = config["regularization"], config["callbacks"]
    if regularizers and not _has(regularizers, "tunesmith.regularizers.standard."):
        chosen = ",".join(regularizers)
        yield (
            f"Warning: regularization={chosen} replaces standard: no gradient clipping, no weight-decay exemptions; add it: "
            f"regularization=[standard,{chosen}]"
        )
    if callbacks and not _has(callbacks, "tunesmith.callbacks.checkpoint."):
        chosen = ",".join(callbacks)
        yield (
            f"Warning: callbacks={chosen} replaces checkpoint: the last epoch is scored, not the best, and an interrupted run "
            f"starts again; add it: callbacks=[checkpoint,{chosen}]"
        )


def _has(choices: Config, module: str) -> bool:
    """Whether a choice is that of a module, under its own name or that of a YAML file of the user's."""
    return any(node["_target_"].startswith(module) for node in choices.values())
