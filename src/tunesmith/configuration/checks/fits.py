"""Checks that the groups of a config fit together, once each is valid by itself."""

import re
from collections.abc import Iterator

from tunesmith.configuration import Config, own_metrics, schema, targets
from tunesmith.configuration.checks import language_model_objectives, regularizers
from tunesmith.configuration.checks.model_config import family_of, is_in_folder, positions
from tunesmith.configuration.choices import choices, conf_folder
from tunesmith.configuration.monitor import monitorable, note_smaller, smaller_is_better
from tunesmith.configuration.score_names import for_score
from tunesmith.configuration.stages import keeps_no_model, origin, stage_before


def misfits(config: Config) -> Iterator[str]:
    """Groups that do not fit together: head and dataset, regularizer and head, batch size, metrics, lengths."""
    dataset, head = config["dataset"], schema.constants(config["head"], group="head")
    if missing := [name for name in ("task", "offers") if name not in head]:
        yield (
            f"{config['head']['_target_']} has no constant {' and no constant '.join(missing)}; expected in the class, as literals: "
            'task = "text_classification", or another task, and offers = (), what regularizers may ask of it'
        )
        return
    if head["task"] != dataset["task"]:
        yield (
            f"head {config['head']['_target_'].rpartition('.')[2]} serves the task {head['task']}, but the dataset's task is "
            f"{dataset['task']}; choose {' or '.join(_heads_for(dataset['task'])) or 'another dataset'}"
        )
    if "objective" in head:
        yield from language_model_objectives.mistakes(head["objective"], family_of(origin(config)))
    yield from regularizers.mistakes(config, head)
    yield from _schedule_mistakes(config)
    if (dataset["batch_size"] is None) == (dataset["max_tokens"] is None):
        yield "dataset.batch_size and dataset.max_tokens: expected one of them, received both or none; set the other to null"
    else:
        yield from _batch_mistakes(dataset, head.get("smallest_batch", 1))
    scheduler = config["scheduler"]
    if scheduler.get("warmup_steps") is not None and scheduler.get("warmup_ratio") is not None:
        yield "scheduler.warmup_steps and scheduler.warmup_ratio are both set; set one of them to null (scheduler.warmup_ratio=null)"
    yield from _task_mistakes(dataset, config["monitor"])
    yield from _model_mistakes(config)
    yield from _lengths(config)


def _model_mistakes(config: Config) -> Iterator[str]:
    """A model that is needed after a run that keeps none."""
    stage = stage_before(config)
    if stage is not None and keeps_no_model(stage):
        yield (
            f"the stage {stage['name']} has callbacks.checkpoint.save_model=false, but this run starts from its model; set it to true in "
            "the stage"
        )
    if keeps_no_model(config):
        for name, logger in config["logger"].items():
            if logger.get("upload_model"):
                yield (
                    f"logger.{name}.upload_model=true, but callbacks.checkpoint.save_model=false keeps no model; set one of them to "
                    "its default"
                )


def _schedule_mistakes(config: Config) -> Iterator[str]:
    """An optimizer that needs a constant learning rate with a schedule that changes it; Nesterov's momentum without momentum."""
    optimizer, scheduler = config["optimizer"], config["scheduler"]
    if optimizer.get("nesterov") is True and optimizer.get("momentum") == 0:
        yield "optimizer.nesterov is true and optimizer.momentum 0; expected a momentum, such as 0.9, or nesterov=false"
    constant = scheduler["_target_"].rpartition(".")[2] == "constant"
    if schema.constants(optimizer, group="optimizer").get("constant_rate") and (
        not constant or scheduler.get("warmup_steps") or scheduler.get("warmup_ratio")
    ):
        yield (
            f"optimizer {optimizer['_target_'].rpartition('.')[2]} averages weights that are trained at a constant learning rate, "
            f"but scheduler {scheduler['_target_'].rpartition('.')[2]} changes it; set scheduler=constant "
            "scheduler.warmup_ratio=0, and optimizer.warmup_steps for a warm-up"
        )


def _batch_mistakes(dataset: Config, smallest: int) -> Iterator[str]:
    """Batch sizes that are too small for a head."""
    size, tokens, length = (dataset[key] for key in ("batch_size", "max_tokens", "max_length"))
    if size is not None and size < smallest:
        yield f"dataset.batch_size is {size}, but the head contrasts each example with the others of its batch; set it to {smallest} or more"
    if tokens is not None and tokens < smallest * length:
        needed = "one example" if smallest == 1 else f"{smallest} examples"
        yield f"dataset.max_tokens is {tokens}, less than {needed} of dataset.max_length={length} tokens"


def _heads_for(task: str) -> Iterator[str]:
    """The head choices for a task, as command-line overrides."""
    for choice, file in choices("head", [conf_folder()]).items():
        target = re.search(r"^_target_: *(\S+)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if target and schema.signature(target[1], group="head").constants.get("task") == task:
            yield f"head={choice}"


def _task_mistakes(dataset: Config, monitor: str | None) -> Iterator[str]:
    task = schema.signature(targets.part_target(dataset["task"], group="task"), group="task").constants
    scores = (
        task["scores"].get(dataset.get("problem"), ())
        if isinstance(task.get("scores"), dict)
        else task.get("scores", ())
    )
    of_classes = list(own_metrics.mistakes(dataset, scores))
    yield from of_classes
    for metric in dataset["metrics"]:
        if metric not in scores and not own_metrics.is_own(metric):
            yield f"dataset.metrics: {metric} is not a score of a {dataset.get('problem', dataset['task'])} dataset{for_score(metric, scores)} (scores: {', '.join(scores)})"
    if dataset.get("average") == "binary" and dataset.get("problem") == "multi_label":
        yield (
            "dataset.average is binary, the score of one of two labels, but dataset.problem is multi_label; set it to "
            "macro, micro or weighted"
        )
    if not dataset["metrics"]:
        yield "dataset.metrics is empty; expected at least one score"
    possible = monitorable(dataset)
    if monitor is not None and monitor not in possible:
        yield f"monitor is {monitor}, which is never logged{for_score(monitor, possible)} (logged: {', '.join(possible)})"
    if not of_classes and dataset["metrics"]:
        note_smaller(smaller_is_better(dataset), {"dataset": dataset})
        watched = (monitor or possible[0]).rpartition("/")[2]
        for metric in filter(own_metrics.is_own, dataset["metrics"]):
            if own_metrics.short_name(metric) == watched and own_metrics.larger_is_better(metric) is None:
                yield (
                    f"{watched} is monitored, but {metric} does not say whether larger values are better; expected "
                    "higher_is_better = True or False in the class; list another metric first, or set monitor"
                )


def _lengths(config: Config) -> Iterator[str]:
    backbone, max_length = config["backbone"], config["dataset"]["max_length"]
    limit = positions(backbone)
    if limit is not None and max_length > limit:
        name = backbone.get("name", backbone.get("family"))
        remedy = f"set dataset.max_length<={limit}"
        if "name" in backbone and not is_in_folder(backbone):  # the model's own config is read once it is downloaded
            yield (
                f"dataset.max_length is {max_length}, but {name} allows {limit} tokens by backbone.max_positions; {remedy}, or, if the "
                "model allows more, backbone.max_positions (null: as its config.json says)"
            )
        else:
            yield f"dataset.max_length is {max_length}, but {name} allows {limit} tokens; {remedy}"
