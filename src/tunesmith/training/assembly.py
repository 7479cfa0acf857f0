"""Builds what a run needs from its config, in the order in which it is needed: training reads its settings here and nowhere else."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.families import dropouts
from tunesmith.backbones.language_model_classes import misfits
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.callbacks.status import Status
from tunesmith.configuration import Config
from tunesmith.configuration.build import build, build_all
from tunesmith.configuration.checks.model_config import position_limit
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.schema import constants
from tunesmith.data.module import TextDataModule
from tunesmith.data.survey.survey import Surveyed
from tunesmith.distributed.context import SINGLE_PROCESS, DistributedContext
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.training.module import FineTuningModule


@dataclass(frozen=True)
class Assembly:
    """The parts of a run.

    Attributes:
        data: prepared and set up.
        module: with pretrained or new weights.
        trainer: with the callbacks and loggers of the run.
        checkpoint: the callback that saves states and best weights; None if the config has none.
        total_steps: optimizer steps of the run.
        published: dropouts of the model's config as it was published, before regularizers changed them.
    """

    data: TextDataModule
    module: FineTuningModule
    trainer: pl.Trainer
    checkpoint: Checkpoint | None
    total_steps: int
    published: dict[str, Any]


def assemble(
    config: Config, dataset: Surveyed, run: RunFolder, callbacks: Sequence[pl.Callback], context: DistributedContext
) -> Assembly:
    """Build the parts of a run, on each rank.

    Args:
        config: resolved and checked.
        dataset: opened from it.
        run: that the parts write to.
        callbacks: besides those of the config.
        context: of this process.

    Raises:
        UserError: if what the model's own config says does not fit the tokenizer, the task or the head.
    """
    source, task = dataset.source, dataset.task
    spec = build(config["backbone"], group="backbone")
    tokenizer = spec.tokenizer(functools.partial(task.training_texts, source), pre_split=task.pre_split)
    data = data_module(config, source, task, tokenizer, spec.tokenizer_key(tokenizer), context)
    data.prepare_data()
    data.setup()

    pl.seed_everything(config["seed"], verbose=False)
    steps = _total_steps(data, **{name: config["trainer"][name] for name in _LENGTH})
    model_config = spec.config()
    published = dropouts(model_config)
    module = _fine_tuning_module(config, spec, model_config, data, total_steps=steps)
    if not context.is_rank_zero:  # each rank drops units of its own
        torch.manual_seed(int(np.random.SeedSequence([config["seed"], context.rank]).generate_state(1)[0]))

    monitor = monitored(config)
    mode = "max" if larger_is_better(monitor) else "min"
    configured = build_all(config["callbacks"], run.path, monitor, mode, group="callbacks")
    checkpoint = next((callback for callback in configured if isinstance(callback, Checkpoint)), None)
    settings, loggers = config["trainer"], []
    if context.is_rank_zero:
        step = checkpoint.resumed["step"] if checkpoint is not None and checkpoint.resumed is not None else 0
        loggers = build_all(config["logger"], run.path, config, step, group="logger")
        callbacks = [*callbacks, Status(run, steps)]
    else:
        settings = settings | {"progress_bar": False}
    callbacks = [*callbacks, *module.regularizers, *configured]
    trainer = build(settings, run.path, callbacks, loggers, context, group="trainer")
    return Assembly(data, module, trainer, checkpoint, steps, published)


def data_module(
    config: Config,
    source: Any,
    task: Any,
    tokenizer: Any,
    tokenizer_key: str,
    context: DistributedContext = SINGLE_PROCESS,
) -> TextDataModule:
    """The data module of a config's dataset."""
    batching = {name: config["dataset"][name] for name in ("batch_size", "max_tokens", "eval_batch_size")}
    return TextDataModule(source, task, tokenizer, tokenizer_key, config["seed"], context, **batching)


def _fine_tuning_module(
    config: Config, spec: Any, model_config: Any, data: TextDataModule, *, total_steps: int
) -> FineTuningModule:
    """New weights are drawn as torch's seed says."""
    regularizers = build_all(config["regularization"], group="regularization")
    _check_fit(model_config, data, objective=constants(config["head"], group="head").get("objective"))
    for regularizer in regularizers:
        if hasattr(regularizer, "configure_backbone"):
            regularizer.configure_backbone(model_config)
    backbone = Backbone(spec.model(model_config), data.tokenizer, functools.partial(spec.model, model_config))
    head = build(config["head"], backbone, data.task, group="head")
    optimizer, trainer = config["optimizer"], config["trainer"]
    return FineTuningModule(
        backbone,
        head,
        regularizers,
        # A fused step cannot clip what the loss scaling of float16 has not undone.
        make_optimizer=lambda groups: build(
            optimizer, _scaled(groups, optimizer["lr"]), trainer["precision"] != "16-mixed", group="optimizer"
        ),
        make_schedule=lambda total: build(config["scheduler"], total, group="scheduler"),
        log_every_n_steps=trainer["log_every_n_steps"],
        total_steps=total_steps,
        seed=config["seed"],
    )


_LENGTH = ("accumulate_grad_batches", "max_epochs", "max_steps")


def _total_steps(data: TextDataModule, *, accumulate_grad_batches: int, max_epochs: int, max_steps: int | None) -> int:
    steps = -(-len(data.plan) // accumulate_grad_batches) * max_epochs
    return min(steps, max_steps or steps)


def _check_fit(model_config: Any, data: TextDataModule, *, objective: str | None) -> None:
    """What the checks of a config cannot know before the model's files are here."""
    if len(data.tokenizer) > model_config.vocab_size:
        raise UserError(
            f"the tokenizer has {len(data.tokenizer):,} tokens, but the model knows {model_config.vocab_size:,}; backbone.name "
            "needs a folder whose tokenizer and weights belong to each other"
        )
    limit = position_limit(model_config.to_dict())
    max_length = data.task.max_length
    if limit is not None and max_length > limit:
        raise UserError(
            f"dataset.max_length is {max_length}, but the model allows {limit} tokens; set dataset.max_length<={limit}"
        )
    if objective is not None and (mistakes := list(misfits(objective, model_config.model_type))):
        raise UserError(mistakes)


def _scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    return [{**group, "lr": lr * group.pop("lr_scale", 1.0)} for group in map(dict, groups)]
