"""A sweep, from its overrides to its results: reads from top to bottom like a recipe."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunesmith.configuration import schema
from tunesmith.configuration.checks import keys
from tunesmith.configuration.checks.dropped import dropped_defaults
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.identity import digest, identity
from tunesmith.configuration.monitor import monitored
from tunesmith.configuration.places import check_place
from tunesmith.errors import UserError
from tunesmith.sweeps import grid
from tunesmith.sweeps.data_check import check_data
from tunesmith.sweeps.dependencies import Staged, stages_of
from tunesmith.sweeps.expansion import Expansion
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job
from tunesmith.sweeps.launchers import choose as launchers
from tunesmith.sweeps.progress_display import ProgressDisplay
from tunesmith.sweeps.search import objectives, search
from tunesmith.sweeps.settings import Settings
from tunesmith.sweeps.space import Axis, split


@dataclass(frozen=True)
class Plan:
    """A sweep that has been checked.

    Attributes:
        settings: the `sweep` node.
        axes: what varies.
        expansion: makes the configs of further jobs.
        jobs: all of a grid's; one sample job of a search.
        launcher: where they will run.
        identity: hash of the sweep's content.
        path: its folder.
    """

    settings: Settings
    axes: list[Axis]
    expansion: Expansion
    jobs: list[Job]
    launcher: Any
    identity: str
    path: Path

    @property
    def warnings(self) -> list[str]:
        """What is probably not meant, each once."""
        return list(dict.fromkeys(line for job in self.jobs for line in dropped_defaults(job.config)))

    @property
    def described(self) -> str:
        """What it will run."""
        if self.settings.sampler == "grid":
            before = len(stages_of(self.jobs))
            after = f" after {before} stage{'s' * (before != 1)}" if before else ""
            return f"{len(self.jobs)} job{'s' * (len(self.jobs) != 1)}{after}"
        seeds = f" with {len(self.settings.seeds)} seeds each" if self.settings.seeds else ""
        pruner = f", pruned by {self.settings.pruner}" if self.settings.pruner != "none" else ""
        return f"{self.settings.trials} trials of {self.settings.sampler}{seeds}{pruner}"


def plan(overrides: Sequence[str], *, config_dir: str | None) -> Plan:
    """Compose and check every job.

    Raises:
        UserError: with the mistakes of all jobs.
    """
    composer = Composer(config_dir)
    launcher = [word for word in overrides if launchers.is_about_launchers(word)]
    about_sweep = [word for word in overrides if _key(word).partition(".")[0] == "sweep"]
    others = [word for word in overrides if word not in launcher and word not in about_sweep]

    # An experiment may have a `sweep` of its own; the command line overrides it.
    experiments = _experiments([word for word in others if _key(word) == "experiment"], composer)
    node = _sweep_settings(experiments, about_sweep, composer)
    mistakes = keys.mistakes(node, schema.read_signature("tunesmith.sweeps.settings.Settings").settings, path="sweep")
    if mistakes:
        raise UserError(mistakes)
    if all(_key(word) != "sweep.folder" for word in about_sweep):
        check_place("sweep.folder", node["folder"])
    settings = Settings(**node)
    fixed, axes = split(others, settings.space, composer.folders)
    if settings.seeds and settings.sampler == "grid":
        if any(axis.key == "seed" for axis in axes):
            raise UserError("seed has several values and sweep.seeds is given; leave one of them out")
        axes.append(Axis("seed", tuple(map(str, settings.seeds))))
    expansion = Expansion(composer, fixed)
    chosen_launcher = launchers.launcher(launcher, composer, experiments=experiments)

    if settings.sampler == "grid":
        objectives.check_grid(settings)
        jobs = grid.jobs_of(expansion, axes)
        content = digest(sorted(str(job.run.path.name) for job in jobs))
    else:
        jobs = [search.sample_job(expansion, axes, settings)]
        described = [axis.described for axis in axes]
        content = digest([settings.identity, described, identity(jobs[0].config)])
    chosen_launcher.check(jobs)
    root, name = Path(jobs[0].config["output_dir"]).expanduser(), jobs[0].config["name"]
    path = Path(settings.folder).expanduser() if settings.folder else root / "sweeps" / content
    if settings.sampler != "grid" and not settings.folder and _has_another_name(SweepFolder(path), name):
        content = digest([content, name])  # a study holds the trials of one name
        path = root / "sweeps" / content
    before = SweepFolder(path)
    if settings.sampler == "grid":
        check_data(jobs)
    elif before.read().get("identity") == content:
        check_data(before.jobs())
    return Plan(settings, axes, expansion, jobs, chosen_launcher, content, path)


def _has_another_name(folder: SweepFolder, name: str) -> bool:
    return any(job.config["name"] != name for job in folder.jobs() if not job.stage)


def sweep(overrides: Sequence[str], *, config_dir: str | None, report: Callable[[SweepFolder], None]) -> bool:
    """Run the remaining jobs of a sweep, and report its results; true if no job has failed.

    Args:
        overrides: of the command line.
        config_dir: a folder with the user's own groups, or None.
        report: called with the sweep's folder at the end, even after an interruption.

    Raises:
        UserError: before any job has started, with all mistakes.
        Interrupted: after a signal; all jobs have saved their state.
    """
    planned = plan(overrides, config_dir=config_dir)
    settings, launcher = planned.settings, planned.launcher
    varied = [axis.key for axis in planned.axes]
    folder = SweepFolder.claim(planned.path, identity=planned.identity, varied=varied)
    folder.describe(settings=vars(settings), monitor=monitored(planned.jobs[0].config))
    where = launcher.prepare(planned.jobs, folder)
    if settings.sampler == "grid":
        folder.freeze(planned.jobs)
        source: Any = grid.Grid(planned.jobs, retry_failed=settings.retry_failed)
    else:
        source = search.Search(planned.expansion, planned.axes, settings, folder, planned.jobs[0].config)
    source = Staged(source, folder)
    before = Counter(source.ended_before)
    print(f"{planned.described} {where}{_already(before)}: {planned.path}", flush=True)
    for line in planned.warnings:
        print(line, flush=True)
    try:
        with ProgressDisplay(folder, before, source.total, source.done_before) as display:
            launcher.run(source, folder, display)
    except UserError:  # nothing has run
        raise
    except BaseException:
        report(folder)
        raise
    else:
        report(folder)
    finally:
        folder.lock.release()
    return not (display.states["failed"] or display.states["interrupted"])


def _experiments(chosen: list[str], composer: Composer) -> list[str]:
    """`experiment=a` and `experiment=b` of `experiment=a,b`."""
    fixed, axes = split(chosen, {}, composer.folders)
    return fixed + [f"experiment={value}" for axis in axes for value in axis.values]


def _sweep_settings(experiments: list[str], about_sweep: list[str], composer: Composer) -> dict[str, Any]:
    """The `sweep` node, which all experiments of a sweep share.

    Raises:
        UserError: if they differ.
    """
    nodes = [composer.sweep_settings([word, *about_sweep]) for word in experiments]
    nodes = nodes or [composer.sweep_settings(about_sweep)]
    differing = [key for key in nodes[0] if any(node.get(key) != nodes[0][key] for node in nodes)]
    if differing:
        raise UserError(
            f"{' and '.join(experiments)} have different settings of their sweep ({', '.join(differing)}); run them one "
            "after another, or give these settings on the command line: sweep.<setting>=..."
        )
    return nodes[0]


def _already(before: Counter[str]) -> str:
    counts = [f"{count} {state}" for state, count in before.items() if count]
    return f" ({', '.join(counts)} already)" if counts else ""


def _key(word: str) -> str:
    return word.lstrip("+~").partition("=")[0]
