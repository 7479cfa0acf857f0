"""What a config would train, found without loading weights: the groups of parameters and the passes of a training step."""

import functools
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text
from torch import nn

from tunesmith.configuration import Config
from tunesmith.configuration.stages import origin
from tunesmith.configuration.targets import Factories
from tunesmith.contracts.classes import named
from tunesmith.data.survey.survey import Surveyed
from tunesmith.documents.numbers import rate
from tunesmith.errors.terminal import Escaped, console
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.training import trial
from tunesmith.training.model import WithoutWeights, fine_tuning_module
from tunesmith.training.module import FineTuningModule

_NARROWEST = 27  # characters beside names and counts: rules, and the other two columns with their headings on two lines


@dataclass(frozen=True)
class Group:
    """Parameters that are trained alike.

    Attributes:
        pattern: that their names match, such as `backbone.model.encoder.layer.*`.
        count: number of parameters.
        trained: whether the optimizer has them.
        lr: learning rate after the warm-up; None if the optimizer's setting has another name.
        weight_decay: likewise.
    """

    pattern: str
    count: int
    trained: bool
    lr: float | None
    weight_decay: float | None


def is_here(backbone: Config) -> bool:
    """Whether a backbone's config and tokenizer can be read without a download."""
    from huggingface_hub import try_to_load_from_cache

    name = backbone.get("name")
    if name is None or os.path.isdir(name):  # noqa: PTH112 - a model's name may not be a path
        return True
    return isinstance(try_to_load_from_cache(name, "config.json", revision=backbone.get("revision") or "main"), str)


def try_classes(config: Config, dataset: Surveyed) -> None:
    """Try the classes of plugins on two examples.

    Raises:
        UserError: for what does not fulfil its contract.
    """
    if not named(config):
        return
    spec = Factories.of({**config, "backbone": origin(config)}).backbone()
    trial.try_classes(config, dataset, spec, _tokenizer(spec, dataset))


def module_without_weights(config: Config, dataset: Surveyed) -> FineTuningModule:
    """The module of a config with names and shapes only.

    Raises:
        UserError: as `fine_tuning_module` does.
    """
    factories = Factories.of({**config, "backbone": origin(config)})
    spec, task = factories.backbone(), dataset.task
    tokenizer = _tokenizer(spec, dataset)
    return fine_tuning_module(
        factories, WithoutWeights, spec.config(), tokenizer, task, precision=config["trainer"]["precision"]
    )


def _tokenizer(spec: Any, dataset: Surveyed) -> Any:
    texts = functools.partial(dataset.task.training_texts, dataset.source)
    return spec.tokenizer(texts, pre_split=dataset.task.pre_split)


def groups(module: FineTuningModule, *, lr: float | None, weight_decay: float | None) -> Iterator[Group]:
    """The parameter groups of the optimizer, highest learning rate first, then what is not trained.

    Args:
        module: with or without values.
        lr: the optimizer's; None if it has no such setting.
        weight_decay: likewise.
    """
    names = {parameter: name for name, parameter in module.named_parameters()}
    for group in reversed(module.parameter_groups()):
        rate = None if lr is None else lr * group.get("lr_scale", 1.0)
        options = {"trained": True, "lr": rate, "weight_decay": group.get("weight_decay", weight_decay)}
        yield from _by_part({names[parameter]: parameter for parameter in group["params"]}, options)
    waiting = {name: part for part, name in names.items() if not part.requires_grad}
    yield from _by_part(waiting, {"trained": False, "lr": None, "weight_decay": None})


def passes(module: FineTuningModule) -> tuple[float, float]:
    """Forward and backward passes of a training step."""
    parts = module.regularizers
    skips = [part for part in parts if part.skips_plain and _overrides(part, "task_loss")]
    reads = [part for part in parts if not part.skips_plain and _overrides(part, "penalty")]
    own = 2 if skips and reads else 1
    repeats = math.prod(part.repeats for part in parts)
    forward, backward = (repeats * (own + sum(part.passes[place] for part in parts)) for place in (0, 1))
    return forward, backward


def _overrides(part: Regularizer, method: str) -> bool:
    return getattr(type(part), method) is not getattr(Regularizer, method)


def print_outline(module: FineTuningModule, config: Config) -> None:
    """Print a table of the parameter groups, and the passes of a step."""
    options = config["optimizer"]
    table = Table(title="Parameter groups", title_justify="left", title_style="bold")
    rows = list(groups(module, lr=options.get("lr"), weight_decay=options.get("weight_decay")))
    screen = console()
    # On a narrow terminal headings are wrapped first, between words; names, within a word, only if that does not suffice.
    longest = max(len(row.pattern) for row in rows) + max(len(f"{row.count:,}") for row in rows)
    names_fit = longest + _NARROWEST <= screen.width
    table.add_column("parameters", overflow="fold", no_wrap=names_fit)
    for heading in ("count", "learning rate", "weight decay"):
        table.add_column(heading, justify="right")
    for group in rows:
        rates = ["" if value is None else rate(value) for value in (group.lr, group.weight_decay)]
        rates = rates if group.trained else ["not trained", ""]
        table.add_row(Text(group.pattern), f"{group.count:,}", *rates)
    screen.print(Escaped(table))
    forward, backward = passes(module)
    cost = ", ".join(
        f"{name} repeats all {part.repeats} times"
        if part.repeats > 1
        else f"{name} adds {part.passes[0]:g} and {part.passes[1]:g}"
        for name, part in zip(config["regularization"], module.regularizers, strict=True)
        if part.repeats > 1 or any(part.passes)
    )
    print(
        f"Forward passes of a training step: {forward:g}, backward passes: {backward:g}{f' ({cost})' if cost else ''}."
    )


def _by_part(members: dict[str, nn.Parameter], options: dict[str, Any]) -> Iterator[Group]:
    """Groups of the backbone and of the head."""
    for part in ("head", "backbone"):
        own = {name: parameter for name, parameter in members.items() if name.startswith(f"{part}.")}
        if own:
            count = sum(parameter.numel() for parameter in own.values())
            yield Group(pattern(own), count, **options)


def pattern(names: Iterable[str]) -> str:
    """The shortest pattern with one `*` that all names match, cut between their parts: `a.*.weight`."""
    split = [name.split(".") for name in names]
    first = split[0]
    if len(split) == 1:
        return ".".join(first)
    shared = min(map(len, split)) - 1
    before = next((n for n in range(shared) if any(part[n] != first[n] for part in split)), shared)
    after = next(
        (n for n in range(shared - before) if any(part[-1 - n] != first[-1 - n] for part in split)), shared - before
    )
    return ".".join([*first[:before], "*", *first[len(first) - after :]])
