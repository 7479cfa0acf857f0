"""Score a finished run again, on its own data or on another dataset."""

from pathlib import Path

from tunesmith.assemble import data_module
from tunesmith.build import build
from tunesmith.callbacks.interruption import Interruption
from tunesmith.config import Config
from tunesmith.data.survey import surveyed
from tunesmith.runs.folder import RunFolder
from tunesmith.runs.model import load
from tunesmith.runs.table import print_scores
from tunesmith.scoring import score_all


def evaluate(run: RunFolder, config: Config) -> dict[str, float]:
    """Scores of every split but training, keyed `test/accuracy`; prints them and writes nothing.

    Args:
        run: finished.
        config: the run's, with whatever the command line changed.
    """
    module, task, tokenizer = load(run, config)
    source = surveyed(config["dataset"], task=task).source
    from tunesmith.backbones.pretrained import content_key

    data = data_module(config, source, task, tokenizer, content_key(tokenizer))
    data.setup()
    with Interruption() as interruption:
        settings = {**config["trainer"], "progress_bar": False, "devices": 1}
        trainer = build(settings, Path(run.path), [interruption], [], group="trainer")
        scores = score_all(trainer, module, data, keep=None)
    print_scores(scores, title=str(run.path), first=config["dataset"]["metrics"][0])
    return scores
