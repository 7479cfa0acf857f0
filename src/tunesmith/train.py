"""One run, from its resolved config to its scores: reads from top to bottom like a recipe."""

import contextlib
import errno
import functools
import logging
import time
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from tunesmith import config as configs
from tunesmith.backbones.backbone import Backbone, parameter_count
from tunesmith.backbones.families import dropouts
from tunesmith.backbones.model_config import position_limit
from tunesmith.backbones.objectives import looked_up
from tunesmith.build import build, build_all
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.callbacks.interruption import Interruption
from tunesmith.callbacks.status import Status
from tunesmith.checks import constants
from tunesmith.config import Config
from tunesmith.data.batching import padding_share
from tunesmith.data.module import TextDataModule
from tunesmith.data.survey import Surveyed, surveyed
from tunesmith.errors import Interrupted, Pruned, UserError
from tunesmith.module import FineTuningModule
from tunesmith.monitor import larger_is_better, monitored
from tunesmith.runs import model
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.manifest import manifest
from tunesmith.runs.table import print_scores
from tunesmith.scoring import lines, score
from tunesmith.training import quiet
from tunesmith.training.processes import ALONE, Place, side_by_side
from tunesmith.training.stages import run_stage_before
from tunesmith.training.state import validation_due

LOG = logging.getLogger("tunesmith")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def train(config: Config, *, fresh: bool = False, callbacks: Sequence[pl.Callback] = ()) -> RunFolder:
    """Train, score and record one run, or go on with it where it was cut off.

    Args:
        config: resolved and checked.
        fresh: train in a folder of its own even if this config has been run.
        callbacks: that watch the run, besides those of the config.

    Raises:
        UserError: if data, model or settings turn out wrong.
        Interrupted: after a signal; a checkpoint was saved.
        Pruned: if a callback ends it.
    """
    run_stage_before(config, train)
    dataset = surveyed(config["dataset"])  # every row is checked before there is a folder, and before any weights load
    if "train" not in dataset.source.splits:
        raise UserError("dataset.train is null; set dataset.train=FILE")
    run = RunFolder.claim(config, fresh=fresh)
    if run.done:  # another process has just ended it
        run.release()
        return run
    quiet.log_to(run.path / "train.log")
    threads = torch.get_num_threads()
    with Interruption() as interruption:
        try:
            run.check_data(dataset.source)
            run.write_text("config.yaml", configs.to_yaml(config))
            run.set_state("running")
            follow = functools.partial(_follow, config, dataset, run)
            with side_by_side(config["trainer"]["devices"], follow) as place:
                scores = _train(config, dataset, run, [interruption, *callbacks], place)
            run.write_json("metrics.json", scores)
            monitor = monitored(config)
            run.set_state("done", scores={name: value for name, value in scores.items() if name == monitor})
        except BaseException as error:
            _record_failure(run, error)
            raise
        finally:
            torch.set_num_threads(threads)
            run.release()
    return run


def _follow(config: Config, dataset: Surveyed, run: RunFolder, place: Place) -> None:
    """What the other processes of a run do: the same, without a word."""
    name = f"train-{place.rank}.log"
    quiet.redirect(run.path / name)
    quiet.log_to(run.path / name)
    with Interruption(listens=False) as interruption, contextlib.suppress(Interrupted):
        _train(config, dataset, RunFolder(run.path, writes=False), [interruption], place)


def _train(
    config: Config, dataset: Surveyed, run: RunFolder, watching: Sequence[pl.Callback], place: Place
) -> dict[str, float]:
    started = time.time()
    torch.set_num_threads(max(1, torch.get_num_threads() // place.world))
    source, task, survey = dataset.source, dataset.task, dataset.survey

    # Tokens.
    spec = build(config["backbone"], group="backbone")
    tokenizer = spec.tokenizer(functools.partial(task.training_texts, source), pre_split=task.pre_split)
    data = data_module(config, source, task, tokenizer, spec.tokenizer_key(tokenizer), place)
    data.prepare_data()
    data.setup()
    notes = _counted(data) | survey.notes
    _report_data(data, notes)

    # Model.
    pl.seed_everything(config["seed"], verbose=False)
    regularizers = build_all(config["regularization"], group="regularization")
    model_config = spec.config()
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
    published = dropouts(model_config)
    for regularizer in regularizers:
        if hasattr(regularizer, "configure_backbone"):
            regularizer.configure_backbone(model_config)
    backbone = Backbone(spec.model(model_config), tokenizer, functools.partial(spec.model, model_config))
    head = build(config["head"], backbone, task, group="head")
    precision = config["trainer"]["precision"]
    module = FineTuningModule(
        backbone,
        head,
        regularizers,
        # A fused step cannot clip what the loss scaling of float16 has not undone.
        make_optimizer=lambda groups: build(
            config["optimizer"], _scaled(groups, config["optimizer"]["lr"]), precision != "16-mixed", group="optimizer"
        ),
        make_schedule=lambda total: build(config["scheduler"], total, group="scheduler"),
        log_every_n_steps=config["trainer"]["log_every_n_steps"],
        seed=config["seed"],
    )
    module.total_steps = _total_steps(config, data)
    if not place.first:  # each process drops units of its own
        torch.manual_seed(int(np.random.SeedSequence([config["seed"], place.rank]).generate_state(1)[0]))
    LOG.info("%s parameters, %s optimizer steps", parameter_count(module), module.total_steps)
    print(f"{run.path}  {parameter_count(module):,} parameters  {module.total_steps:,} steps", flush=True)

    # Training.
    monitor = monitored(config)
    mode = "max" if larger_is_better(monitor) else "min"
    callbacks = build_all(config["callbacks"], run.path, monitor, mode, group="callbacks")
    keeper = next((callback for callback in callbacks if isinstance(callback, Checkpoint)), None)
    resumed = keeper.resumed if keeper is not None else None
    if resumed is not None:
        run.check_tokenizer(spec.tokenizer_key(tokenizer))
        print(f"Going on after step {resumed['step']:,}", flush=True)
        due = validation_due(resumed, len(data.plan))
        data.plan.start_at(resumed["epoch"] + due, 0 if due else resumed["batches"])
    trainer_settings = config["trainer"]
    loggers = []
    if place.first:
        loggers = build_all(config["logger"], run.path, config, resumed["step"] if resumed else 0, group="logger")
        watching = [*watching, Status(run, module.total_steps)]
    else:
        trainer_settings = trainer_settings | {"progress_bar": False}
    trainer = build(trainer_settings, run.path, [*watching, *regularizers, *callbacks], loggers, place, group="trainer")
    data_facts = {split: source.fingerprint(split) for split in source.splits}
    facts = manifest(
        data={"fingerprints": data_facts, "rows": survey.rows, "notes": notes},
        model={"parameters": parameter_count(module), "tokenizer": spec.tokenizer_key(tokenizer)},
    )
    run.write_json("manifest.json", facts)
    trainer.fit(module, datamodule=data)
    trainer.strategy.barrier()  # the first process has written the best weights
    best = keeper.best_weights() if keeper is not None else None
    if best is not None:
        module.load_state_dict(best)

    # The model first: what is scored is what a later `evaluate` will load.
    if place.first:
        model.save(module, tokenizer, run, published=published)
        facts["model"]["tokenizer_file"] = run.tokenizer_digest()
    scores = score_all(trainer, module, data, run)
    for logger in trainer.loggers:
        logger.log_metrics(scores, step=trainer.global_step)
        logger.finalize("success")
        if hasattr(logger, "close"):
            logger.close()
    if keeper is not None and place.first:
        keeper.finish()
    run.write_json("manifest.json", facts | {"seconds": round(time.time() - started, 2), "steps": trainer.global_step})
    print_scores(scores, title=str(config["name"]), first=monitor.partition("/")[2])
    return scores


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


def score_all(trainer: pl.Trainer, module: FineTuningModule, data: TextDataModule, run: RunFolder) -> dict[str, float]:
    """Scores of validation and test, as `validation/accuracy`; writes predictions/<split>.jsonl."""
    scores: dict[str, float] = {}
    for split in data.source.splits:
        if split != "train":
            values, predictions = score(trainer, module, data, split)
            if trainer.is_global_zero:
                _keep_predictions(predictions, data, split, run)
            scores |= {f"{split}/{name}": value for name, value in values.items()}
    return scores


def _keep_predictions(predictions: list[Any], data: TextDataModule, split: str, run: RunFolder) -> None:
    if split == "validation":
        data.task.settle(data.splits[split], predictions)
        run.write_json("model/task.json", data.task.state())
    run.write_lines(f"predictions/{split}.jsonl", lines(data.splits[split], predictions))
    for name, content in data.task.files(data.splits[split], predictions).items():
        run.write_json(f"predictions/{split}{name}.json", content)


def _scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    return [{**group, "lr": lr * group.pop("lr_scale", 1.0)} for group in map(dict, groups)]


def _total_steps(config: Config, data: TextDataModule) -> int:
    trainer = config["trainer"]
    steps = -(-len(data.plan) // trainer["accumulate_grad_batches"]) * trainer["max_epochs"]
    return min(steps, trainer["max_steps"] or steps)


def _counted(data: TextDataModule) -> dict[str, dict[str, int]]:
    return {
        words: {split: examples.count(column) for split, examples in data.splits.items()}
        for column, words in data.task.counted.items()
    }


def _report_data(data: TextDataModule, notes: dict[str, dict[str, int]]) -> None:
    """Say what a person should know about the data: sizes, and what is odd about it."""
    lengths = data.splits["train"].lengths
    share = padding_share(lengths, data.plan.batches)
    for split, examples in data.splits.items():
        said = "".join(f", {counts[split]:,} {words}" for words, counts in notes.items() if counts.get(split))
        print(f"{split:<11}{len(examples.examples):>9,} examples{said}", flush=True)
    LOG.info("tokens an epoch %s, padding %.2f %%", int(lengths.sum()), 100 * share)


def _record_failure(run: RunFolder, error: BaseException) -> None:
    LOG.error("%s", "".join(traceback.format_exception(error)))
    state = "failed"
    if isinstance(error, Interrupted | KeyboardInterrupt):
        state = "interrupted"
    elif isinstance(error, Pruned):
        state = "pruned"
    try:
        run.set_state(state, error=f"{type(error).__name__}: {error}")
    except OSError:  # a full disk: the status stays at running, which no reader takes for done
        LOG.error("status.json could not be written")
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        raise UserError(f"{run.path}: {error.strerror}; free some space, or set output_dir to another disk") from error
