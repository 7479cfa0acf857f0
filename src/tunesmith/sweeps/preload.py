"""The imports of every job, done once: the fork server loads this module, and each job is a fork of it.

Nothing here may start threads or touch a GPU, since neither survives a fork.
"""

import gc
import importlib
import pkgutil

import tunesmith
from tunesmith.training import logging_setup

logging_setup.configure_libraries()
_PARTS = (
    "backbones",
    "callbacks",
    "data",
    "distributed",
    "heads",
    "loggers",
    "metrics",
    "optim",
    "regularizers",
    "tasks",
    "training",
)
_own = [module.name for module in pkgutil.walk_packages(tunesmith.__path__, "tunesmith.")]
for _module in (
    "tunesmith.training.train",
    "tunesmith.sweeps.start_job",
    "tunesmith.sweeps.search.pruning",
    *(name for name in _own if name.split(".")[1] in _PARTS),
    "omegaconf",
    "pydantic",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.models.roberta.modeling_roberta",
    "transformers.models.xlnet.modeling_xlnet",
):
    importlib.import_module(_module)
gc.collect()
gc.freeze()  # a collection in a job would write to, and so copy, the memory that jobs share
