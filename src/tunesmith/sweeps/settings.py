"""The settings of a sweep, the `sweep` node of the config."""

from typing import Any, Literal

from tunesmith.configuration.ranges import PositiveInt, Seed


class Settings:
    """What `conf/sweep/` holds.

    Args:
        sampler: how configurations are chosen.
        space: key to values in Hydra's override syntax.
        seeds: every configuration is run with each of them; null for the seed of the config.
        objective: the score, or scores, that a search is after; null for the monitored one.
        direction: maximize or minimize, one for each objective; null for what the objective means.
        pruner: what stops a trial before its end.
        trials: configurations that a search tries; null for a grid.
        workers: trials at a time with a launcher other than local.
        sampler_seed: of the search's own random numbers.
        retry_failed: run again what failed before.
        folder: of the sweep; null for one that its content names.
    """

    def __init__(
        self,
        *,
        sampler: Literal["grid", "random", "tpe", "gp", "cmaes", "nsga2"],
        space: dict,  # type: ignore[type-arg]
        seeds: list[Seed] | None,
        objective: str | list[str] | None,
        direction: str | list[str] | None,
        pruner: Literal["none", "median", "asha", "hyperband"],
        trials: PositiveInt | None,
        workers: PositiveInt,
        sampler_seed: Seed,
        retry_failed: bool,
        folder: str | None,
    ) -> None:
        self.sampler, self.space, self.seeds, self.pruner = sampler, space, seeds, pruner
        self.objective, self.direction, self.trials, self.workers = objective, direction, trials, workers
        self.sampler_seed, self.retry_failed, self.folder = sampler_seed, retry_failed, folder

    @property
    def identity(self) -> dict[str, Any]:
        """What makes two sweeps over one space different; more trials go on with the same sweep."""
        names = ("sampler", "seeds", "objective", "direction", "pruner", "sampler_seed")
        return {name: getattr(self, name) for name in names}
