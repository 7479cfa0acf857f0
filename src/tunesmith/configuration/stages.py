"""Stages of a run: `backbone.after` is the full config of the previous stage, which may have its own."""

from collections.abc import Iterable

from tunesmith.configuration import Config
from tunesmith.errors import UserError


def stage_before(config: Config) -> Config | None:
    """The config of the previous stage; None if a run starts from a published or random model."""
    return config["backbone"].get("after")


def stages(config: Config) -> list[Config]:
    """The configs of all previous stages of a run, the first stage first."""
    found: list[Config] = []
    stage = stage_before(config)
    while stage is not None:
        found.insert(0, stage)
        stage = stage_before(stage)
    return found


def keeps_no_model(config: Config) -> bool:
    """Whether a run deletes its weights when it is completed, so that no stage can start from them."""
    return any(part.get("save_model") is False for part in config["callbacks"].values() if isinstance(part, dict))


def in_stage(stage: Config, mistakes: Iterable[str]) -> list[str]:
    """Mistakes, prefixed with the name of their stage."""
    return [f"in the stage {stage['name']}: {mistake}" for mistake in mistakes]


def origin(config: Config) -> Config:
    """The backbone node of the first stage, whose family and size all stages share."""
    node: Config = next(iter(stages(config)), config)["backbone"]
    return node


def starting_from(stage: Config, changed: Config, *, choice: str | None) -> Config:
    """The backbone node of a run that starts from a stage's model.

    Args:
        stage: config of the stage.
        changed: backbone settings that the run overrides.
        choice: the backbone chosen on the command line, if any.

    Raises:
        UserError: for settings that differ from the stage's.
    """
    first = origin(stage)
    other = {key: value for key, value in changed.items() if key != "learning_rate" and first.get(key) != value}
    if choice is not None and other.keys() & {"_target_", "family", "name"}:
        raise UserError(
            f"backbone={choice} differs from the model of the previous stage, {stage['name']}; leave it out, or choose it in "
            f"the stage: backbone.after=[{stage['name']},backbone={choice}]"
        )
    mistakes = [
        f"backbone.{key} is {value}, but the model comes from the previous stage, {stage['name']}, where it is "
        f"{first.get(key, 'not a setting')}; leave it out, or set it in the stage: backbone.after=[{stage['name']},backbone.{key}={value}]"
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
