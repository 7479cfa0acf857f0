"""The monitored score, which decides which model is better."""

import contextlib
from typing import Any

from tunesmith.configuration import Config, own_metrics
from tunesmith.errors import UserError

SMALLER_IS_BETTER = {
    *("loss", "perplexity", "alignment", "uniformity"),
    *("log_loss", "brier", "calibration_error", "mae", "rmse"),
}
_SMALLER_OF_OWN: set[str] = set()  # likewise of users' own metrics, which configs and the manifests of runs name
COSTS = ("seconds", "parameters", "steps")  # in a run's manifest.json


def monitored(config: Config) -> str:
    """The score that selects the best epoch, such as `validation/accuracy`."""
    return str(config["monitor"] or f"validation/{score_names(config['dataset'])[0]}")


def score_names(dataset: Config) -> list[str]:
    """The names of the scores that `dataset.metrics` lists, those of classes among them."""
    return [own_metrics.short_name(metric) for metric in dataset["metrics"]]


def smaller_is_better(dataset: Config) -> list[str]:
    """The scores of a dataset's own metrics of which smaller values are better, from the source of their classes."""
    own = filter(own_metrics.is_own, dataset["metrics"])
    return [own_metrics.short_name(metric) for metric in own if own_metrics.larger_is_better(metric) is False]


def undirected(dataset: Config) -> list[str]:
    """The scores of a dataset's own metrics whose classes do not say whether larger values are better.

    A class that is not here, as in a report of somebody else's runs, is not among them.
    """
    found = []
    for metric in filter(own_metrics.is_own, dataset["metrics"]):
        with contextlib.suppress(UserError):
            if own_metrics.larger_is_better(metric) is None:
                found.append(own_metrics.short_name(metric))
    return found


def note_smaller(names: Any, config: Config) -> None:
    """Remember scores of a config's own metrics of which smaller values are better.

    Args:
        names: as the config's check or a manifest says, which may be anybody's: it changes no other score's direction.
        config: that lists the metrics.
    """
    listed = filter(own_metrics.is_own, config["dataset"]["metrics"])
    own = {own_metrics.short_name(metric) for metric in listed} - set(own_metrics.tunesmith_scores())
    _SMALLER_OF_OWN.update(own & set(map(str, names if isinstance(names, list) else ())))


def larger_is_better(score: str) -> bool:
    """Whether larger values of a score, such as `validation/f1`, are better."""
    return score.rpartition("/")[2] not in {*SMALLER_IS_BETTER, *COSTS, *_SMALLER_OF_OWN}


def monitorable(dataset: Config) -> list[str]:
    """The scores that are logged after every epoch and can be monitored."""
    return [f"validation/{name}" for name in dict.fromkeys([*score_names(dataset), "loss"])]
