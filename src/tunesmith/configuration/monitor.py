"""The score that says which of two models is the better one."""

from tunesmith.configuration import Config

COSTS = ("seconds", "parameters", "steps")  # of a run, in its manifest.json


def monitored(config: Config) -> str:
    """The score that picks the best epoch, such as `validation/accuracy`."""
    return str(config["monitor"] or f"validation/{config['dataset']['metrics'][0]}")


def larger_is_better(score: str) -> bool:
    """Whether a score, such as `validation/f1`, is to be large."""
    return score.rpartition("/")[2] not in {"loss", "perplexity", "alignment", "uniformity", *COSTS}


def monitorable(dataset: Config) -> list[str]:
    """The scores that are logged after every epoch and so can be monitored."""
    return [f"validation/{name}" for name in dict.fromkeys([*dataset["metrics"], "loss"])]
