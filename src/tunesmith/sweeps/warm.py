"""What every job imports, imported once: the fork server loads this module, and each job is a fork of it.

Nothing here may start threads or touch a GPU, for neither survives a fork.
"""

import gc
import importlib

from tunesmith.training import quiet

quiet.before_imports()
for _module in (
    "tunesmith.train",
    "tunesmith.sweeps.run_job",
    "tunesmith.sweeps.pruning",
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
