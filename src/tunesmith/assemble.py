"""What a resolved config describes: one DataModule and one LightningModule."""

import functools
from typing import Any

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.model_config import position_limit
from tunesmith.backbones.objectives import looked_up
from tunesmith.build import build, build_all
from tunesmith.checks import constants
from tunesmith.config import Config
from tunesmith.data.module import TextDataModule
from tunesmith.errors import UserError
from tunesmith.module import FineTuningModule
from tunesmith.training.processes import ALONE, Place


def data_module(
    config: Config, source: Any, task: Any, tokenizer: Any, tokenizer_key: str, place: Place = ALONE
) -> TextDataModule:
    """The data module of a config's dataset."""
    dataset = config["dataset"]
    return TextDataModule(
        source,
        task,
        tokenizer,
        tokenizer_key,
        config["seed"],
        place,
        batch_size=dataset["batch_size"],
        max_tokens=dataset["max_tokens"],
        eval_batch_size=dataset["eval_batch_size"],
    )


def fine_tuning_module(
    config: Config, spec: Any, model_config: Any, task: Any, tokenizer: Any, *, total_steps: int
) -> FineTuningModule:
    """The module of a config's backbone, head, regularizers, optimizer and scheduler; new weights are drawn as torch's seed says.

    Args:
        spec: built from `config["backbone"]`.
        model_config: the spec's; regularizers write their dropout into it.
        task: that has seen its data.
        tokenizer: the backbone's.
        total_steps: optimizer steps of the run.

    Raises:
        UserError: if what the model's own config says does not fit the tokenizer, the task or the head.
    """
    regularizers = build_all(config["regularization"], group="regularization")
    _fits(config, model_config, task, tokenizer)
    for regularizer in regularizers:
        if hasattr(regularizer, "configure_backbone"):
            regularizer.configure_backbone(model_config)
    backbone = Backbone(spec.model(model_config), tokenizer, functools.partial(spec.model, model_config))
    head = build(config["head"], backbone, task, group="head")
    precision = config["trainer"]["precision"]
    return FineTuningModule(
        backbone,
        head,
        regularizers,
        # A fused step cannot clip what the loss scaling of float16 has not undone.
        make_optimizer=lambda groups: build(
            config["optimizer"], _scaled(groups, config["optimizer"]["lr"]), precision != "16-mixed", group="optimizer"
        ),
        make_schedule=lambda total: build(config["scheduler"], total, group="scheduler"),
        log_every_n_steps=config["trainer"]["log_every_n_steps"],
        total_steps=total_steps,
        seed=config["seed"],
    )


def _fits(config: Config, model_config: Any, task: Any, tokenizer: Any) -> None:
    """What `checks.check` cannot know before the model's files are here."""
    if len(tokenizer) > model_config.vocab_size:
        raise UserError(
            f"the tokenizer has {len(tokenizer):,} tokens, but the model knows {model_config.vocab_size:,}; backbone.name needs a "
            "folder whose tokenizer and weights belong together"
        )
    limit = position_limit(model_config.to_dict())
    if limit is not None and task.max_length > limit:
        raise UserError(
            f"dataset.max_length is {task.max_length}, but the model allows {limit} tokens; set dataset.max_length<={limit}"
        )
    objective = constants(config["head"], group="head").get("objective")
    if objective is not None and (mistakes := list(looked_up(objective, model_config.model_type))):
        raise UserError(mistakes)


def _scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    return [{**group, "lr": lr * group.pop("lr_scale", 1.0)} for group in map(dict, groups)]
