"""Evaluate a completed run, on its own data or on another dataset."""

from tunesmith.backbones.pretrained import content_key
from tunesmith.callbacks.interruption import Interruption
from tunesmith.configuration import Config
from tunesmith.configuration.targets import factory
from tunesmith.data.survey.survey import surveyed
from tunesmith.runs.folder import RunFolder
from tunesmith.training.assembly import data_module
from tunesmith.training.saved_model import load
from tunesmith.training.scoring import score_all


def evaluate(run: RunFolder, config: Config) -> dict[str, float]:
    """Scores of every split except training, keyed `test/accuracy`; writes nothing.

    Args:
        run: completed.
        config: the run's, with the command line's changes.
    """
    module, task, tokenizer = load(run, config)
    source = surveyed(config["dataset"], task=task).source
    data = data_module(config, source, task, tokenizer, content_key(tokenizer))
    data.setup()
    with Interruption() as interruption:
        trainer = factory(config["trainer"], group="trainer")(
            run.path, [interruption], [], progress_bar=False, devices=1
        )
        scores = score_all(trainer, module, data, keep=None)
    return scores
