"""One run, from its resolved config to its scores, read from top to bottom."""

import contextlib
import dataclasses
import functools
import gc
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from tunesmith.backbones.backbone import parameter_count
from tunesmith.callbacks.early_stopping import stopped_early
from tunesmith.callbacks.interruption import Interruption
from tunesmith.callbacks.resumable_state import next_batch
from tunesmith.configuration import Config
from tunesmith.configuration.monitor import monitored, score_names, smaller_is_better
from tunesmith.configuration.saved import to_yaml
from tunesmith.configuration.secrets import recorded_command
from tunesmith.contracts.classes import check_classes
from tunesmith.data.survey.survey import Surveyed, surveyed
from tunesmith.distributed.context import DistributedContext
from tunesmith.distributed.workers import launch_workers
from tunesmith.documents.durations import duration
from tunesmith.errors import Interrupted, UserError
from tunesmith.loggers.results import Results
from tunesmith.loggers.run_description import Launch
from tunesmith.runs.code import PATCH_BYTES, patch
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.heartbeat import beating
from tunesmith.runs.manifest import manifest
from tunesmith.runs.messages import message, warning
from tunesmith.runs.plugin_files import plugins
from tunesmith.runs.score_table import print_scores, warn_of_undefined
from tunesmith.runs.scores import numbers
from tunesmith.runs.stopped_early import StoppedEarly, sentence
from tunesmith.training import logging_setup, out_of_memory, saved_model
from tunesmith.training.assembly import Assembly, assemble
from tunesmith.training.attempt import close_loggers, earlier_seconds, recorded
from tunesmith.training.memory import peak_memory
from tunesmith.training.nonfinite import NonFiniteError
from tunesmith.training.previous_stage import run_previous_stage
from tunesmith.training.rollback import Rollbacks
from tunesmith.training.scoring import score_all
from tunesmith.training.summary import log_scores, notes, print_sizes

LOG = logging.getLogger("tunesmith")


_ALONE = Launch()


def train(
    config: Config, *, fresh: bool = False, callbacks: Sequence[pl.Callback] = (), launch: Launch = _ALONE
) -> RunFolder:
    """Train, score and record one run, or resume it where it was interrupted.

    Args:
        config: resolved and checked.
        fresh: train in a new folder even if this config has been run.
        callbacks: in addition to those of the config.
        launch: what starts the run, for its dashboards.

    Raises:
        UserError: if data, model or settings are wrong.
        Interrupted: after a signal; a checkpoint was saved.
        Pruned: if a callback prunes the run.
    """
    run_previous_stage(
        config, functools.partial(train, launch=dataclasses.replace(launch, job_type="stage", overrides={}))
    )
    check_classes(config)
    dataset = surveyed(config["dataset"])  # checks every row before a folder is created and before weights are loaded
    if "train" not in dataset.source.splits:
        raise UserError("dataset.train is null; set dataset.train=FILE")
    run = RunFolder.claim(config, fresh=fresh)
    if run.completed:  # another process has just completed it
        run.release()
        return run
    with Interruption() as interruption, recorded(run, config) as loggers:
        before = run.recorded
        before.check_data(dataset.source)
        before.check_plugins(config)
        run.write_text("config.yaml", to_yaml(config))
        run.set_state("running")
        LOG.info("%s: %s", run.path, recorded_command(sys.argv[1:]))
        work = functools.partial(_train_on_worker, config, dataset, run, launch)
        with launch_workers(config["trainer"]["devices"], work) as context, beating(run.path):
            metrics, stopped = _train(config, dataset, run, launch, [interruption, *callbacks], loggers, context)
        run.write_json("metrics.json", metrics)
        run.seal()
        monitor, scores = monitored(config), numbers(metrics)
        details: dict[str, Any] = {} if stopped is None else {"stopped_early": stopped}
        run.set_state("done", scores={name: value for name, value in scores.items() if name == monitor}, **details)
    rows = dataset.survey.rows
    print_scores(
        scores,
        title=str(config["name"]),
        first=[monitor.partition("/")[2], *score_names(config["dataset"])],
        examples=rows,
        note="" if stopped is None else sentence(stopped, rows.get("validation")),
    )
    warn_of_undefined(scores)
    return run


def _train_on_worker(
    config: Config, dataset: Surveyed, run: RunFolder, launch: Launch, context: DistributedContext
) -> None:
    """Train on a rank above zero, which logs to its own file and writes nothing else."""
    log = run.path / f"train-{context.rank}.log"
    logging_setup.redirect_output(log)
    logging_setup.log_to(log)
    with (
        Interruption(handles_signals=False) as interruption,
        contextlib.suppress(Interrupted),
        out_of_memory.explained(config, scoring=False),
    ):
        _train(config, dataset, RunFolder(run.path, writes=False), launch, [interruption], [], context)


def _train(
    config: Config,
    dataset: Surveyed,
    run: RunFolder,
    launch: Launch,
    callbacks: Sequence[pl.Callback],
    loggers: list[Any],
    context: DistributedContext,
) -> tuple[dict[str, Any], StoppedEarly | None]:
    """Train and score, from the last checkpoint again after each rollback.

    Returns the content of metrics.json, and why the run has stopped early, if it has.
    """
    started = time.monotonic()
    torch.set_num_threads(max(1, torch.get_num_threads() // context.world_size))
    rollbacks = Rollbacks(run, **{name: config["trainer"][name] for name in ("on_nonfinite", "max_rollbacks")})
    while True:
        try:
            parts = assemble(
                config, dataset, run, launch, callbacks, loggers, context, skipped_steps=rollbacks.skipped_steps
            )
            return _fit_and_score(config, dataset, run, parts, context, rollbacks, started)
        except NonFiniteError as error:
            rollbacks.record(error)
        close_loggers(loggers, "failed")
        del parts
        gc.collect()  # the memory of model and optimizer, before they are built again


def _fit_and_score(
    config: Config,
    dataset: Surveyed,
    run: RunFolder,
    parts: Assembly,
    context: DistributedContext,
    rollbacks: Rollbacks,
    started: float,
) -> tuple[dict[str, Any], StoppedEarly | None]:
    data, module, trainer, checkpoint = parts.data, parts.module, parts.trainer, parts.checkpoint
    facts = _facts(config, dataset, parts)
    if rollbacks.last is None and context.is_rank_zero:
        print_sizes(config, dataset, run, parts)
    step = 0
    if checkpoint is not None and checkpoint.resumed is not None:
        before = run.recorded
        before.check_tokenizer(data.tokenizer_key)
        learnt = config["dataset"]["task"] == "text_classification" and config["dataset"]["labels"] is None
        before.check_labels(_label_names(dataset.task), learnt=learnt)
        step = checkpoint.resumed["step"]
        data.plan.start_at(*next_batch(checkpoint.resumed, batches=len(data.plan)))
    if rollbacks.last is not None:
        warning(f"{rollbacks.last}; resuming from step {step:,}")
    elif step:
        message(f"Resuming from step {step:,}")

    # Train.
    facts |= {"rollbacks": rollbacks.records} if rollbacks.records else {}
    run.write_json("manifest.json", facts)
    _keep_patch(run)
    began = time.monotonic()
    trainer.fit(module, datamodule=data)
    stopped = stopped_early(trainer)
    if context.is_rank_zero:
        if stopped is not None:
            message(sentence(stopped, dataset.survey.rows.get("validation")))
        LOG.info("trained for %s", duration(time.monotonic() - began))
    trainer.strategy.barrier()  # rank 0 has written the best weights
    best = checkpoint.best_weights() if checkpoint is not None else None
    module.load_state_dict(best if best is not None else module.evaluated_state_dict())
    if best is None and checkpoint is not None and checkpoint.undefined:
        warning(f"{monitored(config)} was never a number, so no epoch is the best: the last weights are kept")
    for regularizer in module.regularizers:
        regularizer.finish(module)

    # Save the model before scoring, so that `evaluate` loads exactly what was scored.
    if checkpoint is not None and not checkpoint.save_model:
        LOG.info("no weights are kept: callbacks.checkpoint.save_model=false")
    elif context.is_rank_zero:
        saved_model.save(module, data.tokenizer, run, published=parts.published)
        weights = "those of the last step" if best is None or checkpoint is None else f"the best, {checkpoint.best}"
        LOG.info("model saved in %s; its weights are %s", run.model, weights)

    # Score.
    metrics = score_all(trainer, module, data, keep=run, tune=True)
    if loggers := trainer.loggers:
        _complete(loggers, Results(run, numbers(metrics), facts["data"], trainer.global_step))
    if checkpoint is not None and context.is_rank_zero:
        checkpoint.finish()
    seconds = round(earlier_seconds(run) + time.monotonic() - started, 2)
    ended: dict[str, Any] = {"seconds": seconds, "steps": trainer.global_step}
    run.write_json("manifest.json", facts | ended | ({} if stopped is None else {"stopped_early": stopped}))
    log_scores(metrics)
    LOG.info("completed in %s; peak memory %s", duration(seconds), peak_memory(module.device))
    return metrics, stopped


def _complete(loggers: Sequence[Any], results: Results) -> None:
    """Give the results to the loggers; one that does not take them gets the scores apart from the epochs' series."""
    for logger in loggers:
        if hasattr(logger, "complete"):
            logger.complete(results)
        else:
            logger.log_metrics(results.final, step=results.step)
        logger.finalize("success")


def _facts(config: Config, dataset: Surveyed, parts: Assembly) -> dict[str, Any]:
    """The manifest."""
    source, survey = dataset.source, dataset.survey
    fingerprints = {split: source.fingerprint(split) for split in source.splits}
    return manifest(
        data={
            "fingerprints": fingerprints,
            "rows": survey.rows,
            "notes": notes(dataset, parts),
            "label_names": _label_names(dataset.task),
            "labels": survey.counts,
            "warnings": survey.warnings,
        },
        model={"parameters": parameter_count(parts.module), "tokenizer": parts.data.tokenizer_key}
        | ({} if parts.commit is None else {"commit": parts.commit}),
        plugins=plugins(config),
        smaller_is_better=smaller_is_better(config["dataset"]),
    )


def _label_names(task: Any) -> list[str]:
    """The labels in the order of their ids; none for tasks without labels."""
    return list(getattr(task, "label_names", ()))


def _keep_patch(run: RunFolder) -> None:
    """Write what is changed in the repository of the working folder to code.patch, unless it is too long."""
    changes = patch(Path.cwd())
    if len(changes) > PATCH_BYTES:
        LOG.warning("code.patch is not written: the changes in %s have %s bytes", Path.cwd(), len(changes))
    elif changes:
        run.write_text("code.patch", changes.decode("utf-8", errors="replace"))
