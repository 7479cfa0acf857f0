"""Tries the classes of plugins on a few examples, before a run loads weights: shapes, the loss and its gradient, predictions, files.

The model is that of the run with a single layer, if that fails with all of its layers, and random weights. What is tried is what
training, scoring, prediction and saving do, so that none of them fails after hours.
"""

import dataclasses
import functools
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration import Config
from tunesmith.configuration.plugin_errors import explained, message
from tunesmith.configuration.targets import Factories
from tunesmith.contracts.classes import named
from tunesmith.data.batch import Batch
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.survey.survey import Surveyed
from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line, full_name
from tunesmith.runs.messages import warning
from tunesmith.training.model import RandomWeights, fine_tuning_module
from tunesmith.training.received import asked, check_loss, check_outputs, check_same, check_scores, shown, unexpected
from tunesmith.training.regularizer_trial import try_regularizer

LOG = logging.getLogger("tunesmith")
_EXAMPLES = 2
_IN_A_STEP = 8  # of a regularizer, whose penalty may need examples of several labels
_LOOKED_AT = 32  # rows of which the two are chosen


def try_classes(config: Config, dataset: Surveyed, spec: Any, tokenizer: Any) -> None:
    """Try the head, the task and the regularizers of a config, if one of them is a plugin's.

    The random state of torch is left as it was.

    Args:
        config: resolved and checked, its classes too (`check_classes`).
        dataset: its dataset.
        spec: the backbone's, for its Hugging Face config.
        tokenizer: the backbone's.

    Raises:
        UserError: with the class, the method, what was expected and what was received.
    """
    of_plugins = {group for group, _ in named(config)}
    if not of_plugins & {"head", "task", "regularization"}:
        return
    rows = _rows(dataset, dataset.source.splits[0])
    scored = _rows(dataset, "validation") if "validation" in dataset.source.splits else rows
    # A language model's blocks need more than two texts.
    if hasattr(dataset.task, "encode_all") or min(len(rows), len(scored)) < _EXAMPLES:
        return
    splits = (_differing(rows), _differing(scored), rows[:_IN_A_STEP])
    with torch.random.fork_rng(devices=[]):
        try:
            with explained():
                _try(config, dataset.task, spec, tokenizer, *splits, layers=1)
        except UserError:  # a class may need more than one
            _try(config, dataset.task, spec, tokenizer, *splits, layers=None)


def _try(
    config: Config,
    task: Any,
    spec: Any,
    tokenizer: Any,
    rows: list[dict[str, Any]],
    scored: list[dict[str, Any]],
    several: list[dict[str, Any]],
    *,
    layers: int | None,
) -> None:
    """Try all classes with one model.

    Args:
        config: of the run.
        task: whose labels are known.
        spec: the backbone's.
        tokenizer: the backbone's.
        rows: two of the training split.
        scored: two of the validation split.
        several: more of the training split.
        layers: of the model; None for those of the run.
    """
    torch.manual_seed(0)
    try:
        model_config = _cut(spec, layers)
        backbone = Backbone(
            RandomWeights.model(model_config), tokenizer, functools.partial(RandomWeights.model, model_config)
        )
    except Exception:  # transformers', for configs that list their layers one by one
        LOG.warning("The classes of plugins are not tried: no %s of one layer can be made", spec.config().model_type)
        return
    split, evaluated = (EncodedSplit.of(part, task=task, tokenizer=tokenizer) for part in (rows, scored))
    factories, name, gold = Factories.of(config), config["head"]["_target_"], set(task.gold_columns)
    head = asked(f"{name}.__init__", lambda: factories.head(backbone, task))
    if {"head", "task"} & {group for group, _ in named(config)}:
        _try_training(head, name, backbone, split, seed=config["seed"])
        _try_scoring(head, name, backbone, evaluated, seed=config["seed"])
        _try_save(head, name, backbone)
    for node, factory in zip(config["regularization"].values(), factories.regularization, strict=True):
        if not node["_target_"].startswith("tunesmith."):
            alone = dataclasses.replace(factories, regularization=[factory])
            settings = {"precision": config["trainer"]["precision"], "seed": config["seed"]}
            module = fine_tuning_module(alone, RandomWeights, _cut(spec, layers), tokenizer, task, **settings)
            batch = EncodedSplit.of(several, task=task, tokenizer=tokenizer)
            try_regularizer(module, node["_target_"], batch[_all_rows(batch)])
    if gold:
        unlabelled = [{key: value for key, value in row.items() if key not in gold} for row in scored]
        _try_unlabelled(head, name, backbone, EncodedSplit.of(unlabelled, task=task, tokenizer=tokenizer))


def _rows(dataset: Surveyed, split: str) -> list[dict[str, Any]]:
    """The first rows of a split."""
    return [row for _, (_, row) in zip(range(_LOOKED_AT), dataset.source.rows(split), strict=False)]


def _differing(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first row, and of those behind it the one that differs most in size: of two, one is padded."""
    first, *others = rows
    return [first, max(others, key=lambda row: abs(len(str(row)) - len(str(first))))]


def _cut(spec: Any, layers: int | None) -> Any:
    config = spec.config()
    if layers is not None:
        config.num_hidden_layers = layers
    return config


def _try_training(head: Any, name: str, backbone: Backbone, split: EncodedSplit, *, seed: int) -> None:
    """Scores and loss of a training step."""
    batch = split[_all_rows(split)]
    head.train()
    if hasattr(head, "prepare"):
        asked(f"{name}.prepare", lambda: head.prepare(batch, seed=seed, epoch=0))
    with torch.no_grad():
        hidden = backbone(batch)  # (batch, length, width)
    hidden.requires_grad_()
    scores = asked(f"{name}.forward", lambda: head(hidden, batch))
    check_scores(scores, name)
    loss = asked(f"{name}.loss", lambda: head.loss(scores, batch))
    check_loss(loss, name, head)
    if hasattr(head, "loss_denominator"):
        count = asked(f"{name}.loss_denominator", lambda: head.loss_denominator(batch))
        if not isinstance(count, Tensor) or count.numel() != 1 or not count >= 0:
            raise unexpected(f"{name}.loss_denominator", "a scalar tensor, 0 or more", count)


def _try_scoring(head: Any, name: str, backbone: Backbone, split: EncodedSplit, *, seed: int) -> None:
    """Predictions of the validation split, and their scores."""
    batch = split[_all_rows(split)]
    if hasattr(head, "prepare"):
        head.prepare(batch, seed=seed, epoch=None)
    head.eval()
    backbone.eval()
    with torch.no_grad():
        scores = head(backbone(batch), batch)
        outputs = asked(f"{name}.decode", lambda: head.decode(scores, batch))
    check_outputs(outputs, name, batch)
    if not hasattr(head, "prepare"):  # which may draw anew, such as what is masked
        _try_alone(head, name, backbone, split, scores, outputs)
    _try_task(split, batch, outputs, name)


@torch.no_grad()
def _try_alone(
    head: Any, name: str, backbone: Backbone, split: EncodedSplit, scores: Tensor, outputs: dict[str, Tensor]
) -> None:
    """Each example in a batch of its own: neither padding nor its neighbours may change what is predicted."""
    rows, losses, counts = _all_rows(split), [], []
    whole = split[rows]
    contrasts = getattr(head, "smallest_batch", 1) > 1  # its loss is not one of single examples
    for row in range(len(split)):
        batch = split[rows[row : row + 1]]
        hidden = backbone(batch)
        alone = asked(f"{name}.forward", lambda: head(hidden, batch), "of one example")  # noqa: B023
        decoded = asked(f"{name}.decode", lambda: head.decode(alone, batch), "of one example")  # noqa: B023
        check_outputs(decoded, name, batch)
        check_same(scores[row : row + 1], alone, f"{name}.forward: scores", hidden.dtype)
        for key, value in decoded.items():
            check_same(outputs[key][row : row + 1], value, f"{name}.decode: {key}", hidden.dtype)
        if not contrasts:
            losses.append(asked(f"{name}.loss", lambda: head.loss(alone, batch), "of one example"))  # noqa: B023
            counts.append(_terms(head, batch))
    if sum(counts):
        _check_mean(name, float(head.loss(scores, whole)), losses, counts, _terms(head, whole))


def _check_mean(name: str, together: float, losses: list[Tensor], counts: list[float], terms: float) -> None:
    """Warn if the loss of several examples is not the mean of their losses, each weighted by its number of terms."""
    mean = sum(float(loss) * count for loss, count in zip(losses, counts, strict=True) if count) / sum(counts)
    if not math.isclose(sum(counts), terms, rel_tol=1e-3) or not math.isclose(
        mean, together, rel_tol=0.01, abs_tol=1e-4
    ):
        warning(
            f"{name}.loss of two examples is {together:.4g}, but the mean of theirs is {mean:.4g}: in validation/loss, and in gradients "
            "of several devices or accumulated batches, examples do not count alike; let loss_denominator(batch) return what the "
            "loss is divided by, if that is not the number of examples"
        )


def _terms(head: Any, batch: Batch) -> float:
    """What the head's mean loss is divided by."""
    return float(head.loss_denominator(batch)) if hasattr(head, "loss_denominator") else batch.size


def _try_task(split: EncodedSplit, batch: Batch, outputs: dict[str, Tensor], name: str) -> None:
    """Score, show and write the predictions as the task of a run does."""
    received = ", ".join(f"{key} {shown(value)}" for key, value in outputs.items())
    task = split.task
    try:
        predictions = task.assemble(split, split.in_order([(batch.rows, outputs)]))
        scores = task.score(split, predictions)
        for example, prediction in zip(split.examples, predictions, strict=True):
            task.line(example, prediction)
    except Exception as error:
        if (of_plugin := message(error)) is not None:
            raise UserError(of_plugin) from error
        problem = f"it lacks {error}" if isinstance(error, KeyError) else first_line(error)
        raise UserError(
            f"{name}.decode: {type(task).__name__} cannot score what it returned ({received}): {problem}; expected what "
            f"assemble of {type(task).__module__} asks for"
        ) from error
    if not isinstance(scores, dict):
        raise unexpected(f"{full_name(type(task))}.score", "numbers by name", scores)


def _try_unlabelled(head: Any, name: str, backbone: Backbone, split: EncodedSplit) -> None:
    """Predict examples without labels, as `predict` does."""
    batch = split[_all_rows(split)]
    if hasattr(head, "prepare"):
        asked(f"{name}.prepare", lambda: head.prepare(batch, seed=0, epoch=None), "of examples without labels")
    with torch.no_grad():
        asked(f"{name}.forward", lambda: head.decode(head(backbone(batch), batch), batch), "of examples without labels")


def _try_save(head: Any, name: str, backbone: Backbone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "model"
        asked(f"{name}.save", lambda: head.save(backbone, draft))
        written = sorted(file.name for file in draft.glob("*")) if draft.is_dir() else []
        if "config.json" not in written or not any(file.endswith(".safetensors") for file in written):
            raise UserError(
                f"{name}.save: expected a folder with config.json and weights in safetensors, received "
                f"{', '.join(written) or 'none'}; backbone.save(folder) writes both"
            )


def _all_rows(split: EncodedSplit) -> Any:
    import numpy as np

    return np.arange(len(split))
