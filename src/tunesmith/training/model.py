"""Builds the module of a run: backbone, head and regularizers, with weights or without."""

import functools
from typing import Any

import torch

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.language_model_classes import misfits
from tunesmith.configuration.checks.model_config import position_limit
from tunesmith.configuration.targets import Factories
from tunesmith.errors import UserError
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.training.module import FineTuningModule


def fine_tuning_module(
    factories: Factories,
    spec: Any,
    model_config: Any,
    tokenizer: Any,
    task: Any,
    *,
    precision: int | str,
    **options: Any,
) -> FineTuningModule:
    """The module that a run trains; new weights are initialised from torch's global seed.

    Args:
        factories: of the config.
        spec: the backbone's: it loads or initialises weights.
        model_config: the backbone's Hugging Face config, which regularizers may change.
        tokenizer: the backbone's.
        task: whose labels are known.
        precision: `trainer.precision`.
        options: of `FineTuningModule`.

    Raises:
        UserError: if the model's own config does not fit the tokenizer, the task or the head, or if a regularizer does not
            fit the model.
    """
    regularizers = [_regularizer(factory()) for factory in factories.regularization]
    _check_fit(model_config, tokenizer, task, objective=getattr(factories.head.func, "objective", None))
    for regularizer in regularizers:
        regularizer.check_task(task)
        regularizer.configure_backbone(model_config)
    backbone = Backbone(spec.model(model_config), tokenizer, functools.partial(spec.model, model_config))
    optimizer, fused = factories.optimizer, precision != "16-mixed"  # which clips before it has unscaled the gradients
    module = FineTuningModule(
        backbone,
        factories.head(backbone, task),
        regularizers,
        make_optimizer=lambda groups: optimizer(_scaled(groups, optimizer.keywords["lr"]), fused),
        make_schedule=factories.scheduler,
        **options,
    )
    for regularizer in sorted(regularizers, key=lambda one: (not one.adds_parameters, not one.freezes_parameters)):
        regularizer.configure_model(module)
    return module


def _regularizer(built: Any) -> Regularizer:
    if not isinstance(built, Regularizer):
        raise UserError(
            f"{type(built).__module__}.{type(built).__name__} is not a regularizer; derive it from "
            "tunesmith.regularizers.regularizer.Regularizer (up to version 0.1 a Lightning callback was one)"
        )
    return built


class RandomWeights:
    """The models of a backbone with random weights, so that nothing is loaded."""

    @staticmethod
    def model(config: Any, auto_class: str = "AutoModel") -> Any:
        """A model of a `transformers` class."""
        import transformers

        found = getattr(transformers, auto_class)
        return found.from_config(config) if auto_class.startswith("Auto") else found(config)


class WithoutWeights:
    """The models of a backbone on the device `meta`: names and shapes without values."""

    @staticmethod
    def model(config: Any, auto_class: str = "AutoModel") -> Any:
        """A model of a `transformers` class."""
        with torch.device("meta"):
            return RandomWeights.model(config, auto_class)


def _check_fit(model_config: Any, tokenizer: Any, task: Any, *, objective: str | None) -> None:
    """Checks that need the model's own config, and so its files."""
    if len(tokenizer) > model_config.vocab_size:
        raise UserError(
            f"the tokenizer has {len(tokenizer):,} tokens, but the model's vocabulary has "
            f"{model_config.vocab_size:,}; set backbone.name to a folder whose tokenizer and weights match"
        )
    limit = position_limit(model_config.to_dict())
    if limit is not None and task.max_length > limit:
        raise UserError(
            f"dataset.max_length is {task.max_length}, but the model allows {limit} tokens; set dataset.max_length<={limit}"
        )
    if objective is not None and (mistakes := list(misfits(objective, model_config.model_type))):
        raise UserError(mistakes)


def _scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    return [{**group, "lr": lr * group.pop("lr_scale", 1.0)} for group in map(dict, groups)]
