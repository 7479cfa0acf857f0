"""Builds the parts of a run from its config: the only place where training reads its settings."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers.logger import Logger

from tunesmith.backbones.families import dropouts
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.callbacks.gradient_norm import GradientNorm
from tunesmith.callbacks.run_log import RunLog
from tunesmith.callbacks.status import Status
from tunesmith.configuration import Config, schema
from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.configuration.targets import Factories, part_target
from tunesmith.contracts.optimization import check_schedule
from tunesmith.data.encoding.special_tokens import read_as_text
from tunesmith.data.module import TextDataModule
from tunesmith.data.sources.files import Files, digest
from tunesmith.data.survey.survey import Surveyed
from tunesmith.distributed.context import SINGLE_PROCESS, DistributedContext
from tunesmith.errors import UserError
from tunesmith.errors.messages import full_name
from tunesmith.loggers.csv import CsvHistory, csv
from tunesmith.loggers.run_description import Launch, RunDescription
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.plugin_files import files_of
from tunesmith.training.model import fine_tuning_module
from tunesmith.training.module import FineTuningModule
from tunesmith.training.peak import share_per_token
from tunesmith.training.trial import try_classes


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
    launch: Launch,
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
        launch: what starts the run.
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

    try_classes(config, dataset, spec, tokenizer)
    pl.seed_everything(config["seed"], verbose=False)
    steps = _total_steps(data, **_select(config["trainer"], *_LENGTH))
    check_schedule(config["scheduler"], steps=steps)
    model_config = spec.config()
    published = dropouts(model_config)
    module = fine_tuning_module(
        factories,
        spec,
        model_config,
        data.tokenizer,
        task,
        regularizer_names=list(config["regularization"]),
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
    configured = [_made(callback, pl.Callback, run.path, monitor, mode) for callback in factories.callbacks]
    checkpoint = next((callback for callback in configured if isinstance(callback, Checkpoint)), None)
    options = {"progress_bar": False}
    if context.is_rank_zero:
        step = checkpoint.resumed["step"] if checkpoint is not None and checkpoint.resumed is not None else 0
        for logger in factories.logger:
            loggers.append(_made(logger, Logger, run.path, config, step))
        if not any(isinstance(logger, CsvHistory) for logger in loggers):  # reports read metrics.csv
            loggers.append(csv(run.path, config, step))
        described = [logger for logger in loggers if hasattr(logger, "describe")]
        if described:
            description = RunDescription.of(config, run.path, launch)
            for logger in described:
                logger.describe(description)
        options = {}
        callbacks = [*callbacks, Status(run, steps), RunLog()]
    callbacks = [*callbacks, GradientNorm(), *module.regularizers, *configured]
    trainer = factories.trainer(run.path, callbacks, loggers, context, **options)
    module.metrics.peak_share = share_per_token(
        module, precision=config["trainer"]["precision"], device=trainer.strategy.root_device
    )
    commit = spec.commit() if hasattr(spec, "commit") else None
    return Assembly(data, module, trainer, checkpoint, steps, published, commit)


def _made(factory: Any, kind: type, *arguments: Any) -> Any:
    """What a factory makes, a plugin's among them.

    Raises:
        UserError: if that is not of the kind that Lightning takes.
    """
    made = factory(*arguments)
    if not isinstance(made, kind):
        target = full_name(factory.func)
        raise UserError(f"{target} makes {made!r:.60}; expected a {full_name(kind)}")
    return made


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
    own = [_sources_reading(config["dataset"]), sorted(tokenizer.model_input_names)]
    own += _plugins_reading(config["dataset"], source)
    return TextDataModule(source, task, tokenizer, tokenizer_key, config["seed"], context, own, **batching)


def _sources_reading(dataset: dict[str, Any]) -> dict[str, Any]:
    """How a source reads its files, such as a column's number, which its fingerprint of their content need not tell."""
    target = part_target(dataset["source"], group="source")
    return {key: dataset[key] for key in schema.signature(target, group="source").settings if key not in _FILES}


def _plugins_reading(dataset: dict[str, Any], source: Any) -> list[Any]:
    """Settings and code of a source or task that is a plugin's: other ones read the same file otherwise.

    So does the content of files that these settings name, such as a list of words, which the source's fingerprint may not tell.
    """
    named = {group: dataset[group] for group in ("source", "task") if "." in dataset[group]}
    settings = {
        group: {key: dataset[key] for key in schema.signature(target, group=group).settings}
        for group, target in named.items()
    }
    if not named:
        return []
    told = set(source.files.values()) if isinstance(source, Files) else set()
    texts = [os.path.expanduser(value) for own in settings.values() for value in own.values() if isinstance(value, str)]  # noqa: PTH111 - a text may be no path
    files = [Path(text) for text in texts if os.path.isfile(text)]  # noqa: PTH113
    digests = [digest(file) for file in files if file not in told]
    return [settings, files_of(named.values()), digests]


_FILES = ("train", "validation", "test", "more", "path")  # settings whose content the fingerprint tells
_LENGTH = ("accumulate_grad_batches", "max_epochs", "max_steps")
_STEP = ("precision", "accumulate_grad_batches", "log_every_n_steps")


def _select(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: node[name] for name in names}


def _total_steps(data: TextDataModule, *, accumulate_grad_batches: int, max_epochs: int, max_steps: int | None) -> int:
    steps = -(-len(data.plan) // accumulate_grad_batches) * max_epochs
    return min(steps, max_steps or steps)
