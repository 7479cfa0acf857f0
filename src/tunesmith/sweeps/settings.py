"""The settings of a sweep, the `sweep` node of the config."""

from typing import Any, Literal

from tunesmith.configuration.ranges import PositiveInt, Seed


class Settings:
    """The settings in `conf/sweep/`.

    Args:
        sampler: how configurations are chosen.
        space: key to values in Hydra's override syntax.
        seeds: every configuration is run with each of them; null for the seed of the config.
        objective: the score, or scores, that a search optimises; null for the monitored one.
        direction: maximize or minimize, one for each objective; null for the objective's own.
        pruner: what stops a trial early.
        trials: number of configurations that a search tries; null for a grid.
        workers: concurrent trials with a launcher other than local.
        sampler_seed: of the sampler's random numbers.
        retry_failed: run failed jobs again.
        folder: of the sweep; null for one named by a hash of its content.
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
        """What distinguishes two sweeps over one space; with more trials, the same sweep is resumed."""
        names = ("sampler", "seeds", "objective", "direction", "pruner", "sampler_seed")
        return {name: getattr(self, name) for name in names}
