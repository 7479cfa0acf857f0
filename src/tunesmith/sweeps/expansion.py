"""From overrides to checked configs: all mistakes of all jobs are reported before the first one starts."""

import json
from collections.abc import Iterable, Sequence

from tunesmith.configuration import Config, schema, targets
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.stages import in_stage, stages
from tunesmith.contracts.classes import check_classes
from tunesmith.data.survey.survey import mistakes_in
from tunesmith.errors import UserError

SHOWN = 10  # mistakes of a sweep that are listed individually


class Expansion:
    """Makes the configs of a sweep's jobs.

    Args:
        composer: composes configs from their groups.
        fixed: overrides that all jobs share.
    """

    def __init__(self, composer: Composer, fixed: Sequence[str]) -> None:
        self._composer, self._fixed = composer, list(fixed)
        self._surveyed: dict[str, list[str]] = {}

    def config(self, overrides: dict[str, str]) -> Config:
        """The config of one job, composed and checked, including its data.

        Raises:
            UserError: with all mistakes.
        """
        config = self._composer.compose([*self._fixed, *(f"{key}={value}" for key, value in overrides.items())])
        check(config)
        check_classes(config)
        mistakes = list(self._data_mistakes(config["dataset"]))
        for stage in stages(config):
            mistakes += in_stage(stage, self._data_mistakes(stage["dataset"]))
        if mistakes:
            raise UserError(mistakes)
        return config

    def _data_mistakes(self, dataset: Config) -> list[str]:
        read = [
            {name: dataset[name] for name in schema.signature(target, group=part).settings}
            for part in ("source", "task")
            for target in [targets.part_target(dataset[part], group=part)]
        ]
        key = json.dumps([dataset["source"], dataset["task"], read])
        if key not in self._surveyed:
            self._surveyed[key] = mistakes_in(dataset)
        return self._surveyed[key]


def summarized(mistakes: dict[str, list[str]], jobs: int) -> Iterable[str]:
    """The mistakes of a sweep's jobs, each once, with the first job that has it."""
    for mistake, places in list(mistakes.items())[:SHOWN]:
        others = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{places[0]}{others} of {jobs}: {mistake}" if jobs > len(places) else mistake
    if len(mistakes) > SHOWN:
        yield f"... and {len(mistakes) - SHOWN} more mistakes"


def words(overrides: dict[str, str]) -> str:
    """Overrides as typed on the command line."""
    return " ".join(f"{key}={value}" for key, value in overrides.items())
