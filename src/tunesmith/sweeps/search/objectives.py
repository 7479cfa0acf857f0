"""Objectives of a search: scores of the validation split, or the costs of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tunesmith.configuration import Config
from tunesmith.configuration.monitor import COSTS, larger_is_better, monitorable, monitored, undirected
from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.runs.folder import RunFolder
from tunesmith.sweeps.settings import Settings
from tunesmith.sweeps.space import Axis

DIRECTIONS = ("maximize", "minimize")


@dataclass(frozen=True)
class Objective:
    """A metric of a finished run.

    Attributes:
        name: such as `validation/f1` or `seconds`.
    """

    name: str

    @property
    def direction(self) -> str:
        """As Optuna names it."""
        return "maximize" if larger_is_better(self.name) else "minimize"

    def of(self, run: RunFolder) -> float:
        """Its value for a finished run; NaN if the score is not a number."""
        if self.name not in COSTS:
            return run.scores()[self.name]
        manifest = run.read_json("manifest.json")
        return float(manifest["model"]["parameters"] if self.name == "parameters" else manifest[self.name])


def objectives(settings: Settings, config: Config) -> list[Objective]:
    """The objectives in the settings, by default the monitored score."""
    return [Objective(name) for name in _listed(settings.objective)] or [Objective(monitored(config))]


def check_grid(settings: Settings) -> None:
    """Check that a grid has no search settings.

    Raises:
        UserError: with all mistakes.
    """
    names = [name for name in ("objective", "direction", "trials") if getattr(settings, name) is not None]
    names += ["pruner"] if settings.pruner != "none" else []
    if names:
        raise UserError(
            [
                f"sweep.{name} is for a search, but sweep=grid runs every combination; add sweep=tpe, or leave it out"
                for name in names
            ]
        )


def check(settings: Settings, axes: Sequence[Axis], config: Config) -> None:
    """Check that objectives, directions, sampler and pruner are compatible.

    Args:
        config: of one job.

    Raises:
        UserError: with all mistakes.
    """
    found = list(_mistakes(settings, axes, config))
    if found:
        raise UserError(found)


def _mistakes(settings: Settings, axes: Sequence[Axis], config: Config) -> Iterator[str]:
    possible = [*monitorable(config["dataset"]), *COSTS]
    wanted, unknown = objectives(settings, config), undirected(config["dataset"])
    for objective in wanted:
        if objective.name.rpartition("/")[2] in unknown:
            yield (
                f"sweep.objective is {objective.name}, but its class in dataset.metrics does not say whether larger values are "
                "better; expected one with higher_is_better = True or False, such as a class of your own derived from it"
            )
        elif objective.name not in possible:
            yield (
                f"sweep.objective is {objective.name}, which is never logged{did_you_mean(objective.name, possible)} "
                f"(possible: {', '.join(possible)})"
            )
    directions = _listed(settings.direction)
    if directions and len(directions) != len(wanted):
        yield (
            f"sweep.direction has {len(directions)} value{'s' * (len(directions) != 1)} for {len(wanted)} "
            f"objective{'s' * (len(wanted) != 1)}; give one for each, or leave it out"
        )
    for objective, direction in zip(wanted, directions, strict=False):
        if direction not in DIRECTIONS:
            yield f"sweep.direction is {direction}; expected maximize or minimize{did_you_mean(direction, DIRECTIONS)}"
        elif direction != objective.direction:
            better = "larger" if objective.direction == "maximize" else "smaller"
            yield f"sweep.direction is {direction}, but {better} {objective.name} is better; leave sweep.direction out"
    if not axes:
        yield f"sweep={settings.sampler} has nothing to search: give a key several values, key=a,b or key=interval(low,high)"
    elif settings.sampler == "cmaes" and all(axis.step is None and axis.values for axis in axes):
        yield "sweep=cmaes searches numbers only; give a key an interval(low,high) or a range, or choose sweep=tpe"
    if settings.sampler == "cmaes" and len(wanted) > 1:
        yield "sweep=cmaes supports one objective; choose sweep=nsga2, tpe or gp for several"
    if settings.seeds and any(axis.key == "seed" for axis in axes):
        yield "seed is searched and sweep.seeds is given; leave one of them out"
    if settings.pruner != "none":
        yield from _pruner_mistakes(settings, wanted, config)


def _pruner_mistakes(settings: Settings, wanted: Sequence[Objective], config: Config) -> Iterator[str]:
    name = f"sweep.pruner={settings.pruner}"
    if len(wanted) > 1:
        yield f"{name} supports one objective, but there are {len(wanted)}; set sweep.pruner=none"
    elif wanted[0].name in COSTS:
        yield f"{name} needs a score per epoch, but {wanted[0].name} is known only at the end; set sweep.pruner=none"
    if config["trainer"]["max_epochs"] == 1:
        yield f"{name} needs scores before the end, but trainer.max_epochs is 1; train longer, or set sweep.pruner=none"


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
