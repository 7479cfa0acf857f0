"""The monitored score, which decides which model is better."""

from tunesmith.configuration import Config

SMALLER_IS_BETTER = {
    *("loss", "perplexity", "alignment", "uniformity"),
    *("log_loss", "brier", "calibration_error", "mae", "rmse"),
}
COSTS = ("seconds", "parameters", "steps")  # in a run's manifest.json


def monitored(config: Config) -> str:
    """The score that selects the best epoch, such as `validation/accuracy`."""
    return str(config["monitor"] or f"validation/{config['dataset']['metrics'][0]}")


def larger_is_better(score: str) -> bool:
    """Whether larger values of a score, such as `validation/f1`, are better."""
    return score.rpartition("/")[2] not in {*SMALLER_IS_BETTER, *COSTS}


def monitorable(dataset: Config) -> list[str]:
    """The scores that are logged after every epoch and can be monitored."""
    return [f"validation/{name}" for name in dict.fromkeys([*dataset["metrics"], "loss"])]
