"""The contracts: what a head, a task, a source, a regularizer, a metric and the like must have, with shapes.

Nothing inherits from these classes: a class fulfils a contract by having its methods. mypy holds tunesmith's own classes to them
(`shipped.py`), and `tunesmith check` those of plugins (`methods.py`, `optimization.py`, `trial.py`). What a class may have besides is in the class
`...May`. Keyword-only parameters of a constructor are the settings that a YAML file has to list.

A regularizer derives from `tunesmith.regularizers.regularizer.Regularizer`, whose methods do nothing unless they are overridden;
a metric from `torchmetrics.Metric`; a callback from `pytorch_lightning.Callback`; a logger from Lightning's `Logger`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
from torch import Tensor, nn
from torch.optim import Optimizer

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.data.survey.survey import Survey


class Head(Protocol):
    """The part of the model that differs between tasks: an `nn.Module`, made from `(backbone, task, *, settings)`.

    Its constants are read as text before anything is imported, so they are literals: `task`, the name of the task that it serves;
    `offers`, what regularizers may use of `HeadMay`: a tuple of distribution, entropy, representation, label_smoothing,
    class_weights, focal, mixup.
    """

    @property
    def task(self) -> str:
        """`task = "text_classification"`: the name of a task, or the dotted name of a plugin's."""

    @property
    def offers(self) -> Collection[str]:
        """`offers = ()`: nothing."""

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Scores (batch, ...), float32, from hidden states (batch, length, width); `batch.targets` may be empty."""

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """A scalar, the mean over the batch's examples, or over what `loss_denominator` counts; it has a gradient."""

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """What the task's `assemble` wants, (batch, ...) each: for classification `prediction` (batch,) of label ids and
        `probabilities` (batch, labels); for regression only `prediction` (batch,)."""

    def save(self, backbone: Backbone, folder: Path) -> None:
        """Write a new folder that `from_pretrained` loads: at least the backbone, by `backbone.save(folder)`. The head's own
        weights are kept beside it by tunesmith, and by `export` in `head.safetensors`."""


class HeadMay(Protocol):
    """What a head may have besides; the constants are `objective`, the pretraining objective of a language model, which decides
    the families that fit; `smallest_batch`, the minimum number of examples; `refuses`, why it lacks what it does not offer (`*`:
    anything else); `pretrained`, whether its weights come with the checkpoint; `training_only`, names of submodules that
    predictions do not use, which `export` leaves out.

    Who offers label_smoothing, class_weights or focal has an attribute `training_loss` (`tunesmith.heads.training_loss`); with
    mixup its loss is linear in the targets, and mixed scores are the scores of mixed texts.
    """

    def prepare(self, batch: Batch, *, seed: int, epoch: int | None) -> None:
        """Change a batch on the CPU, for example mask tokens; epoch is None in evaluation, which is the same each time."""

    def loss_denominator(self, batch: Batch) -> Tensor:
        """A scalar: the number that the loss is divided by, if not the number of examples."""

    def distribution(self, scores: Tensor, batch: Batch) -> Any:
        """What the scores say: see `tunesmith.heads.distributions`. Offered as `distribution` and `entropy`."""

    def representation(self, hidden: Tensor, batch: Batch) -> Tensor:
        """(batch, width): a vector of each example. Offered as `representation`."""

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """`lr_scale` or `weight_decay` of one parameter of the model."""


class Task(Protocol):
    """Examples to tensors, predictions to scores; made from its settings. `tunesmith.tasks.text_classification` is the simplest.

    Its constants, which are literals: `scores`, the names of its scores, or a mapping from `problem` to them; `data_settings`, the
    settings that describe the data: `evaluate` takes them from a new dataset, and all others from the run.
    """

    @property
    def text_columns(self) -> Sequence[str]:
        """Columns of the input."""

    @property
    def gold_columns(self) -> Sequence[str]:
        """Columns that the model predicts."""

    @property
    def columns(self) -> Sequence[str]:
        """Both: what a row must have."""

    @property
    def array_columns(self) -> Sequence[str]:
        """Columns of encoded windows that `collate` gets."""

    @property
    def pre_split(self) -> bool:
        """Whether rows hold lists of words, not texts."""

    @property
    def counted(self) -> Mapping[str, str]:
        """Columns of encoded examples whose sums are reported, such as `truncated`, and their descriptions."""

    @property
    def metric_names(self) -> Sequence[str]:
        """The setting `metrics`: the scores in the table of a run; the first is monitored."""

    @property
    def max_length(self) -> int:
        """The setting `max_length`: tokens of a window."""

    def survey(self, source: Any) -> Survey:
        """Check every row and collect the labels, without torch."""

    def state(self) -> dict[str, Any]:
        """What a run saves of the data, as JSON: the labels."""

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""

    def options(self) -> dict[str, Any]:
        """Whatever the encoding depends on, besides data and tokenizer: the key of its cache."""

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for a tokenizer that is trained."""

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types (`datasets.Features`) of encoded examples and of their windows."""

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Rows to `tunesmith.data.encoding.encoded.Encoded`; rows to be predicted lack the gold columns."""

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A `Batch` of some windows."""

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[Any]:
        """A prediction for each example, from the head's decoded outputs for each window in order."""

    def score(self, split: Any, predictions: list[Any]) -> dict[str, float]:
        """Scores by name: all of `scores` but `loss`."""

    def tune(self, split: Any, predictions: list[Any]) -> None:
        """Tune on the validation split what predictions depend on, such as a threshold."""

    def shown(self, prediction: Any) -> dict[str, Any]:
        """A prediction as a person reads it, for JSON."""

    def line(self, example: dict[str, Any], prediction: Any) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl."""

    def files(self, split: Any, predictions: list[Any]) -> dict[str, Any]:
        """Predictions for official scripts, by the end of a file's name; often none."""

    def row_of_text(self, text: str) -> dict[str, Any] | None:
        """The row for a line of plain text; None if a text is not enough."""


class TaskMay(Protocol):
    """What a task may have besides; `embeds = True` says that predictions are embeddings, which `predict` can write as arrays."""

    def encode_all(self, chunks: Any, tokenizer: Any) -> Iterator[Any]:
        """A split's rows to examples that cross the borders of chunks."""

    def label_scores(self, split: Any, predictions: list[Any]) -> dict[str, dict[str, float]]:
        """Precision, recall, F1 and support of each label."""

    def label_counts(self, split: Any) -> Any:
        """(labels,) examples with each label, for class weights."""

    def scores_note(self) -> str | None:
        """A sentence on what the scores mean."""

    def check_windows(self, split: str, lengths: Any) -> None:
        """Refuse encoded windows that cannot be trained on."""


class Source(Protocol):
    """Where rows come from; made from its settings. `tunesmith.data.sources.files.Files` is a base for files of one split each."""

    @property
    def splits(self) -> Sequence[str]:
        """Of train, validation and test, those that it has."""

    def mistakes(self, columns: Sequence[str]) -> list[str]:
        """What is wrong, such as missing files and columns, found without reading every row."""

    def rows(self, split: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """(row number, column -> value), the same each time; a generator, for data that is larger than memory."""

    def fingerprint(self, split: str) -> str:
        """Identifies the content, not the path: caches depend on it, and the check that a resumed run has the same data."""

    def where(self, split: str, row: Any) -> str:
        """The place of a row, for messages: `reviews.csv, line 17`."""


class SourceMay(Protocol):
    """What a source may have besides; both are asked after all rows have been read."""

    def notes(self) -> dict[str, dict[str, int]]:
        """A count in each split of each thing worth noting."""

    def warnings(self) -> list[str]:
        """Sentences on what is probably not meant."""


class Metric(Protocol):
    """A `torchmetrics.Metric` in `dataset.metrics`, made from `(num_classes)`, `(num_labels)` or nothing.

    Its constants: `higher_is_better`, True or False, without which it cannot be monitored; `receives`, which is "probabilities"
    unless a plugin's class says "predictions".
    """

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add examples: probabilities (examples, labels), or predictions (examples,) of label ids or numbers, and the true ones.
        With several labels an example, targets and predictions are (examples, labels) of 0 and 1."""

    def compute(self) -> Any:
        """A scalar."""


class Logger(Protocol):
    """A logger of Lightning's, made from `(folder, config, step, *, settings)`: the run's folder, its config, and the optimizer
    steps that were completed before. What is logged is decided elsewhere; a logger says it in the terms of its service."""

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Values by name after an optimizer step; only on rank zero. It may not wait for anything, or fail."""


class LoggerMay(Protocol):
    """What a logger may have besides."""

    def describe(self, description: Any) -> None:
        """Called before the first value with a `tunesmith.loggers.run_description.RunDescription`."""

    def complete(self, results: Any) -> None:
        """Called with a `tunesmith.loggers.results.Results` once the model is scored; else the scores are values
        `final/test/f1` at the last step."""


class CallbackFactory(Protocol):
    """A target of the group `callbacks`: a class, or a function that returns one of Lightning's."""

    def __call__(self, folder: Path, monitor: str, mode: str, *arguments: Any, **settings: Any) -> pl.Callback:
        """A callback for the run's folder, the monitored score and `max` or `min`. Its `state_dict` is saved and
        resumed."""


class OptimizerFactory(Protocol):
    """A target of the group `optimizer`: a class, or a function that returns one. `lr` is one of its settings."""

    def __call__(self, groups: list[dict[str, Any]], fused: bool, *arguments: Any, **settings: Any) -> Optimizer:
        """An optimizer of parameter groups, each with `params`, its own `lr` and perhaps its own `weight_decay`; `fused`: one
        kernel for all parameters is allowed. Its `state_dict` is saved and resumed."""


class ScheduleFactory(Protocol):
    """A target of the group `scheduler`."""

    def __call__(self, total: int, *arguments: Any, **settings: Any) -> Callable[[int], float]:
        """The factor of the learning rate at an optimizer step, counted from 0, of `total` steps."""


class LoggerFactory(Protocol):
    """A target of the group `logger`."""

    def __call__(self, folder: Path, config: Any, step: int, *arguments: Any, **settings: Any) -> Logger:
        """A logger. With `close(state)` it is told how the run ended: done, failed, interrupted or pruned."""
