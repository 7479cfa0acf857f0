"""Every class of tunesmith's own against its contract; for mypy, which reports the first that lacks something.

Nothing imports this file. `tests/contracts/test_shipped.py` notices a class that is not listed.
"""

import pytorch_lightning as pl
import torchmetrics

from tunesmith.callbacks.checkpoint import checkpoint
from tunesmith.callbacks.early_stopping import early_stopping
from tunesmith.callbacks.weight_norm import weight_norm
from tunesmith.contracts.protocols import (
    CallbackFactory,
    Head,
    LoggerFactory,
    Metric,
    OptimizerFactory,
    ScheduleFactory,
    Source,
    Task,
)
from tunesmith.data.sources.conll import Conll
from tunesmith.data.sources.csv import Csv
from tunesmith.data.sources.demo_corpus import DemoCorpus
from tunesmith.data.sources.demo_entities import DemoEntities
from tunesmith.data.sources.demo_pairs import DemoPairs
from tunesmith.data.sources.demo_questions import DemoQuestions
from tunesmith.data.sources.demo_reviews import DemoReviews
from tunesmith.data.sources.demo_sentences import DemoSentences
from tunesmith.data.sources.hub import Hub
from tunesmith.data.sources.jsonl import Jsonl
from tunesmith.data.sources.sentences import Sentences
from tunesmith.data.sources.squad_json import SquadJson
from tunesmith.data.sources.text import Text
from tunesmith.heads.causal_lm import CausalLm
from tunesmith.heads.classification import Classification
from tunesmith.heads.contrastive import Contrastive
from tunesmith.heads.crf import Crf
from tunesmith.heads.masked_lm import MaskedLm
from tunesmith.heads.permuted_lm import PermutedLm
from tunesmith.heads.span import Span
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.loggers.csv import csv
from tunesmith.loggers.mlflow import mlflow
from tunesmith.loggers.tensorboard import tensorboard
from tunesmith.loggers.wandb import wandb
from tunesmith.optim import schedules
from tunesmith.optim.adafactor import adafactor
from tunesmith.optim.adam import adam
from tunesmith.optim.adamw import adamw
from tunesmith.optim.adamw_8bit import adamw_8bit
from tunesmith.optim.lion import lion
from tunesmith.optim.nadamw import nadamw
from tunesmith.optim.schedule_free import ScheduleFree
from tunesmith.optim.sgd import sgd
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.tasks.contrastive import Contrastive as ContrastiveTask
from tunesmith.tasks.language_modeling import LanguageModeling
from tunesmith.tasks.question_answering import QuestionAnswering
from tunesmith.tasks.text_classification import TextClassification
from tunesmith.tasks.token_classification import TokenClassification as TokenClassificationTask

HEADS: tuple[type[Head], ...] = (
    CausalLm,
    Classification,
    Contrastive,
    Crf,
    MaskedLm,
    PermutedLm,
    Span,
    TokenClassification,
)
TASKS: tuple[type[Task], ...] = (
    ContrastiveTask,
    LanguageModeling,
    QuestionAnswering,
    TextClassification,
    TokenClassificationTask,
)
SOURCES: tuple[type[Source], ...] = (
    Conll,
    Csv,
    DemoCorpus,
    DemoEntities,
    DemoPairs,
    DemoQuestions,
    DemoReviews,
    DemoSentences,
    Hub,
    Jsonl,
    Sentences,
    SquadJson,
    Text,
)
CALLBACKS: tuple[CallbackFactory, ...] = (checkpoint, early_stopping, weight_norm)
LOGGERS: tuple[LoggerFactory, ...] = (csv, mlflow, tensorboard, wandb)
OPTIMIZERS: tuple[OptimizerFactory, ...] = (
    adafactor,
    adam,
    adamw,
    adamw_8bit,
    lion,
    nadamw,
    ScheduleFree,
    sgd,
)
SCHEDULES: tuple[ScheduleFactory, ...] = (
    schedules.constant,
    schedules.cosine,
    schedules.inverse_square_root,
    schedules.linear,
    schedules.polynomial,
    schedules.slanted_triangular,
)
METRICS: tuple[type[Metric], ...] = (torchmetrics.MeanMetric,)
REGULARIZERS: tuple[type[pl.Callback], ...] = (Regularizer,)  # a base class, which each one inherits
