"""Builds the parts of a run from its config: the only place where training reads its settings."""

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
from tunesmith.configuration.checks.model_config import position_limit
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.targets import Factories
from tunesmith.data.encoding.special_tokens import read_as_text
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
        data: data module, after `setup`.
        module: with pretrained or randomly initialised weights.
        trainer: with the callbacks and loggers of the run.
        checkpoint: callback that saves training states and best weights; None if the config has none.
        total_steps: number of optimizer steps.
        published: dropout settings of the published model config, before regularizers changed them.
        commit: of the pretrained model on the hub; None if it is not from there.
    """

    data: TextDataModule
    module: FineTuningModule
    trainer: pl.Trainer
    checkpoint: Checkpoint | None
    total_steps: int
    published: dict[str, Any]
    commit: str | None


def assemble(
    config: Config,
    dataset: Surveyed,
    run: RunFolder,
    callbacks: Sequence[pl.Callback],
    loggers: list[Any],
    context: DistributedContext,
    *,
    skipped_steps: Sequence[int],
) -> Assembly:
    """Build the parts of a run, on each rank.

    Args:
        config: resolved and checked.
        dataset: the config's dataset.
        run: folder that the parts write to.
        callbacks: in addition to those of the config.
        loggers: an empty list, to which rank 0 adds the loggers; the caller closes them.
        context: rank and world size of this process.
        skipped_steps: optimizer steps that change no weights.

    Raises:
        UserError: if the model's own config does not fit the tokenizer, the task or the head.
    """
    factories, source, task = Factories.of(config), dataset.source, dataset.task
    spec = factories.backbone()
    tokenizer = spec.tokenizer(functools.partial(task.training_texts, source), pre_split=task.pre_split)
    if not run.recorded.began_with_tokenizer(spec.tokenizer_key(tokenizer)):  # as version 0.1 did, and goes on so
        read_as_text(tokenizer)
    data = data_module(config, source, task, tokenizer, spec.tokenizer_key(tokenizer), context)
    data.prepare_data()
    data.setup()

    pl.seed_everything(config["seed"], verbose=False)
    steps = _total_steps(data, **_select(config["trainer"], *_LENGTH))
    model_config = spec.config()
    published = dropouts(model_config)
    module = _fine_tuning_module(
        factories,
        spec,
        model_config,
        data,
        seed=config["seed"],
        total_steps=steps,
        watches_gradients=config["trainer"]["on_nonfinite"] == "rollback",
        skipped_steps=skipped_steps,
        **_select(config["trainer"], *_STEP),
    )
    if not context.is_rank_zero:  # each rank draws its own dropout masks
        torch.manual_seed(int(np.random.SeedSequence([config["seed"], context.rank]).generate_state(1)[0]))

    monitor = monitored(config)
    mode = "max" if larger_is_better(monitor) else "min"
    configured = [callback(run.path, monitor, mode) for callback in factories.callbacks]
    checkpoint = next((callback for callback in configured if isinstance(callback, Checkpoint)), None)
    options = {"progress_bar": False}
    if context.is_rank_zero:
        step = checkpoint.resumed["step"] if checkpoint is not None and checkpoint.resumed is not None else 0
        for logger in factories.logger:
            loggers.append(logger(run.path, config, step))
        options = {}
        callbacks = [*callbacks, Status(run, steps)]
    callbacks = [*callbacks, *module.regularizers, *configured]
    trainer = factories.trainer(run.path, callbacks, loggers, context, **options)
    commit = spec.commit() if hasattr(spec, "commit") else None
    return Assembly(data, module, trainer, checkpoint, steps, published, commit)


def data_module(
    config: Config,
    source: Any,
    task: Any,
    tokenizer: Any,
    tokenizer_key: str,
    context: DistributedContext = SINGLE_PROCESS,
) -> TextDataModule:
    """The data module of a config's dataset."""
    batching = _select(config["dataset"], "batch_size", "max_tokens", "eval_batch_size")
    return TextDataModule(source, task, tokenizer, tokenizer_key, config["seed"], context, **batching)


def _fine_tuning_module(
    factories: Factories, spec: Any, model_config: Any, data: TextDataModule, *, precision: int | str, **options: Any
) -> FineTuningModule:
    """Build the module; new weights are initialised from torch's global seed."""
    regularizers = [regularizer() for regularizer in factories.regularization]
    _check_fit(model_config, data, objective=getattr(factories.head.func, "objective", None))
    for regularizer in regularizers:
        regularizer.configure_backbone(model_config)
    backbone = Backbone(spec.model(model_config), data.tokenizer, functools.partial(spec.model, model_config))
    optimizer, fused = factories.optimizer, precision != "16-mixed"  # which clips before it has unscaled the gradients
    module = FineTuningModule(
        backbone,
        factories.head(backbone, data.task),
        regularizers,
        make_optimizer=lambda groups: optimizer(_scaled(groups, optimizer.keywords["lr"]), fused),
        make_schedule=factories.scheduler,
        **options,
    )
    for regularizer in sorted(regularizers, key=lambda regularizer: not regularizer.adds_parameters):
        regularizer.configure_model(module)
    return module


_LENGTH = ("accumulate_grad_batches", "max_epochs", "max_steps")
_STEP = ("precision", "log_every_n_steps")


def _select(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: node[name] for name in names}


def _total_steps(data: TextDataModule, *, accumulate_grad_batches: int, max_epochs: int, max_steps: int | None) -> int:
    steps = -(-len(data.plan) // accumulate_grad_batches) * max_epochs
    return min(steps, max_steps or steps)


def _check_fit(model_config: Any, data: TextDataModule, *, objective: str | None) -> None:
    """Checks that need the model's own config, and so its files."""
    if len(data.tokenizer) > model_config.vocab_size:
        raise UserError(
            f"the tokenizer has {len(data.tokenizer):,} tokens, but the model's vocabulary has "
            f"{model_config.vocab_size:,}; set backbone.name to a folder whose tokenizer and weights match"
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
