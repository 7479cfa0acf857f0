"""Runs that a run starts from: `backbone.after` is the whole config of the stage before, which may have one before it."""

from collections.abc import Iterable

from tunesmith.configuration import Config
from tunesmith.errors import UserError


def stage_before(config: Config) -> Config | None:
    """The config of the stage before; None where a run starts from a published or a random model."""
    return config["backbone"].get("after")


def stages(config: Config) -> list[Config]:
    """The configs of all stages before a run, the first one first."""
    found: list[Config] = []
    stage = stage_before(config)
    while stage is not None:
        found.insert(0, stage)
        stage = stage_before(stage)
    return found


def in_stage(stage: Config, mistakes: Iterable[str]) -> list[str]:
    """Mistakes, with the name of the stage that has them."""
    return [f"in the stage {stage['name']}: {mistake}" for mistake in mistakes]


def origin(config: Config) -> Config:
    """The backbone node that the first stage starts from: its family and its size are those of every stage."""
    node: Config = next(iter(stages(config)), config)["backbone"]
    return node


def starting_from(stage: Config, changed: Config, *, choice: str | None) -> Config:
    """The backbone node of a run that starts from a stage's model.

    Args:
        stage: config of the stage.
        changed: settings of the backbone that the run asks for.
        choice: the backbone that the command line chooses, if it does.

    Raises:
        UserError: for settings that are not the stage's.
    """
    first = origin(stage)
    other = {key: value for key, value in changed.items() if key != "learning_rate" and first.get(key) != value}
    if choice is not None and other.keys() & {"_target_", "family", "name"}:
        raise UserError(
            f"backbone={choice} is another model than that of the stage before, {stage['name']}; leave it out, or choose it in "
            f"the stage: backbone.after=[{stage['name']},backbone={choice}]"
        )
    mistakes = [
        f"backbone.{key} is {value}, but the model comes from the stage before, {stage['name']}, where it is "
        f"{first.get(key, 'no setting')}; leave it out, or set it in the stage: backbone.after=[{stage['name']},backbone.{key}={value}]"
        for key, value in other.items()
    ]
    if mistakes:
        raise UserError(mistakes)
    return {
        "_target_": "tunesmith.backbones.stage.Stage",
        "after": stage,
        "max_positions": first.get("max_positions"),
        "learning_rate": changed.get("learning_rate", first.get("learning_rate")),
    }
