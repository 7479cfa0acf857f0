"""One run, from its resolved config to its scores: reads from top to bottom like a recipe."""

import contextlib
import functools
import logging
import time
from collections.abc import Sequence

import numpy as np
import pytorch_lightning as pl
import torch

from tunesmith import config as configs
from tunesmith.assemble import data_module, fine_tuning_module
from tunesmith.backbones.backbone import parameter_count
from tunesmith.backbones.families import dropouts
from tunesmith.build import build, build_all
from tunesmith.callbacks.checkpoint import Checkpoint
from tunesmith.callbacks.interruption import Interruption
from tunesmith.callbacks.status import Status
from tunesmith.config import Config
from tunesmith.data.batching import padding_share
from tunesmith.data.module import TextDataModule
from tunesmith.data.survey import Surveyed, surveyed
from tunesmith.errors import Interrupted, UserError
from tunesmith.monitor import larger_is_better, monitored
from tunesmith.runs import model
from tunesmith.runs.attempt import recorded
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.manifest import manifest
from tunesmith.runs.table import print_scores
from tunesmith.scoring import score_all
from tunesmith.training import quiet
from tunesmith.training.processes import Place, side_by_side
from tunesmith.training.stages import run_stage_before
from tunesmith.training.state import validation_due

LOG = logging.getLogger("tunesmith")


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
    with Interruption() as interruption, recorded(run):
        run.check_data(dataset.source)
        run.write_text("config.yaml", configs.to_yaml(config))
        run.set_state("running")
        follow = functools.partial(_follow, config, dataset, run)
        with side_by_side(config["trainer"]["devices"], follow) as place:
            scores = _train(config, dataset, run, [interruption, *callbacks], place)
        run.write_json("metrics.json", scores)
        monitor = monitored(config)
        run.set_state("done", scores={name: value for name, value in scores.items() if name == monitor})
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
    tokenizer_key = spec.tokenizer_key(tokenizer)
    data = data_module(config, source, task, tokenizer, tokenizer_key, place)
    data.prepare_data()
    data.setup()
    notes = _counted(data) | survey.notes
    _report_data(data, notes)

    # Model.
    pl.seed_everything(config["seed"], verbose=False)
    total_steps = _total_steps(config, data)
    model_config = spec.config()
    published = dropouts(model_config)
    module = fine_tuning_module(config, spec, model_config, task, tokenizer, total_steps=total_steps)
    if not place.first:  # each process drops units of its own
        torch.manual_seed(int(np.random.SeedSequence([config["seed"], place.rank]).generate_state(1)[0]))
    LOG.info("%s parameters, %s optimizer steps", parameter_count(module), total_steps)
    print(f"{run.path}  {parameter_count(module):,} parameters  {total_steps:,} steps", flush=True)

    # Training.
    monitor = monitored(config)
    mode = "max" if larger_is_better(monitor) else "min"
    callbacks = build_all(config["callbacks"], run.path, monitor, mode, group="callbacks")
    keeper = next((callback for callback in callbacks if isinstance(callback, Checkpoint)), None)
    resumed = keeper.resumed if keeper is not None else None
    if resumed is not None:
        run.check_tokenizer(tokenizer_key)
        print(f"Going on after step {resumed['step']:,}", flush=True)
        due = validation_due(resumed, len(data.plan))
        data.plan.start_at(resumed["epoch"] + due, 0 if due else resumed["batches"])
    trainer_settings = config["trainer"]
    loggers = []
    if place.first:
        loggers = build_all(config["logger"], run.path, config, resumed["step"] if resumed else 0, group="logger")
        watching = [*watching, Status(run, total_steps)]
    else:
        trainer_settings = trainer_settings | {"progress_bar": False}
    trainer = build(
        trainer_settings, run.path, [*watching, *module.regularizers, *callbacks], loggers, place, group="trainer"
    )
    data_facts = {split: source.fingerprint(split) for split in source.splits}
    facts = manifest(
        data={"fingerprints": data_facts, "rows": survey.rows, "notes": notes},
        model={"parameters": parameter_count(module), "tokenizer": tokenizer_key},
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
    scores = score_all(trainer, module, data, keep=run)
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
