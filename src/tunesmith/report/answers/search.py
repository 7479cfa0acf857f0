"""Checklist item C2: how hyperparameters were chosen, between which bounds, by which score, and the best values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.documents.document import Cell, Part, Section, Table
from tunesmith.exporting import run_facts
from tunesmith.report.answers.bounds import abridged, bounds
from tunesmith.report.answers.studies import UNKNOWN, Comparable, Run, Study, backbone_name, plural
from tunesmith.report.groups import grouped
from tunesmith.report.trials import Trial
from tunesmith.sweeps.folder import SweepFolder

_WIDTH = 48  # characters of a cell that LaTeX shows
_SAMPLERS = {
    "grid": "every combination of the values (grid search)",
    "random": "random search",
    "tpe": "a tree-structured Parzen estimator (Bergstra et al., 2011)",
    "gp": "a Gaussian process with expected improvement",
    "cmaes": "CMA-ES (Hansen and Ostermeier, 2001)",
    "nsga2": "NSGA-II (Deb et al., 2002)",
}
_PRUNERS = {
    "median": "the median rule",
    "asha": "asynchronous successive halving (Li et al., 2020)",
    "hyperband": "Hyperband (Li et al., 2018)",
}


def section(studies: Sequence[Study]) -> Section:
    """For each study how its settings were chosen, and the settings of its best configuration."""
    parts: list[Part] = []
    for number, study in enumerate(studies, 1):
        parts += _chosen(study, study.sweep, number) if study.sweep is not None else _loose(study)
        for part, comparable in enumerate(study.comparable, 1):
            parts += _best(study, comparable, f"{number}-{part}" if len(study.comparable) > 1 else str(number))
    return Section("Hyperparameters (C2)", parts)


def seeds_of(study: Study) -> str:
    """The different seeds of a study's runs, ascending; not recorded for those of a damaged run."""
    found = sorted({run.record.config["seed"] for run in study.runs if run.record.config})
    return ", ".join(map(str, found)) or UNKNOWN


def _chosen(study: Study, sweep: SweepFolder, number: int) -> Iterator[Part]:
    settings = study.settings
    yield f"C2: {_method(study)} {_criterion(study)}"
    found = bounds(sweep)
    if found:
        rows: list[list[Cell]] = [[bound.key, _cell(bound.values), bound.kind, bound.tried] for bound in found]
        note = "As typed; tried is the number of different values that runs had."
        yield Table(
            f"appendix-bounds-{number}",
            f"Bounds of the search of {study.name}",
            ["setting", "bounds", "kind", "tried"],
            rows,
            note,
        )
        for bound in found:
            if _cell(bound.values) != bound.values:
                yield f"C2: Values of {bound.key}: {bound.values}."
    else:
        yield f"C2: Nothing but the seed varied in {study.name}."
    if not settings:
        yield f"C2: The settings of {study.name}, such as its sampler, are {UNKNOWN}."


def _method(study: Study) -> str:
    settings = study.settings
    sampler = settings.get("sampler")
    name = _SAMPLERS.get(str(sampler), f"a way that is {UNKNOWN}" if sampler is None else str(sampler))
    text = f"The configurations of {study.name} were chosen by {name}"
    if sampler not in (None, "grid"):
        trials = {entry.get("trial") for entry in study.description.get("jobs", []) if not entry.get("stage")} - {None}
        text += (
            f", as Optuna implements it, seed of the sampler {_text(settings, 'sampler_seed')}, {_text(settings, 'trials')} trials asked for, "
            f"of which {len(trials)} have runs"
        )
    if sampler != "grid" and "pruner" in settings:
        pruner = str(settings["pruner"])
        text += ", none stopped early" if pruner == "none" else f", stopped early by {_PRUNERS.get(pruner, pruner)}"
    return f"{text}. Seeds of the runs: {seeds_of(study)}."


def _text(settings: Mapping[str, Any], key: str) -> str:
    return UNKNOWN if settings.get(key) is None else str(settings[key])


def _criterion(study: Study) -> str:
    objectives = study.settings.get("objective")
    wanted = [objectives] if isinstance(objectives, str) else list(objectives or [])
    if len(wanted) > 1:
        text = (
            f"The search optimised {' and '.join(map(str, wanted))}; the best configuration below is that by the first."
        )
        return text + _means(study)
    scores = list(dict.fromkeys(comparable.score for comparable in study.comparable))
    if not scores:
        return f"The score that selects among them is {UNKNOWN}."
    named = " and ".join(
        f"{score} ({'larger' if larger_is_better(score) else 'smaller'} is better)" for score in scores
    )
    return f"The criterion that selects among them is {named}.{_means(study)}"


def _means(study: Study) -> str:
    text = " The score of a configuration is its mean over its completed seeds."
    configs = [run.record.config for run in study.runs if run.record.config]
    if configs and all("checkpoint" in (config.get("callbacks") or {}) for config in configs):
        text += f" Within a run, the weights of the epoch with the best {' or '.join(sorted(set(map(monitored, configs))))} are kept and scored."
    return text


def _loose(study: Study) -> Iterator[Part]:
    """What is known of runs of no sweep: the settings that differ."""
    yield (
        f"C2: {plural(len(study.runs), 'run')} (seeds: {seeds_of(study)}) {'is' if len(study.runs) == 1 else 'are'} of no sweep among these "
        f"folders: how the settings were chosen, and between which bounds, is {UNKNOWN}.{_means(study)}"
    )
    values: dict[str, dict[str, None]] = {}
    for group in grouped(run.record for run in study.runs):
        for key, value in group.varied.items():
            values.setdefault(key, {})[value] = None
    rows: list[list[Cell]] = [[key, _cell(abridged(different)), len(different)] for key, different in values.items()]
    if rows:
        note = "A dash stands for a setting that some runs do not have."
        yield Table(
            "appendix-differing",
            "Settings that differ between single runs",
            ["setting", "values", "different"],
            rows,
            note,
        )
        for key, different in values.items():
            if _cell(text := abridged(different)) != text:
                yield f"C2: Values of {key}: {text}."


def _cell(text: str) -> str:
    """A text in a table; a long one is a paragraph below it, for LaTeX would shorten it."""
    return text if len(text) <= _WIDTH else "listed below"


def _best(study: Study, comparable: Comparable, name: str) -> Iterator[Part]:
    """The values of the best configuration, and its other settings."""
    best = comparable.best
    where = f"{study.name} on {comparable.dataset}"
    if best is None:
        yield f"C2: No configuration of {where} has completed with a number for {comparable.score}, so none is the best."
        return
    ties = [trial for trial in comparable.trials if trial.values == best.values]
    run = next(run for run in study.runs if run.record is best.group.completed[0])
    rows: list[list[Cell]] = [[f"{key} (varied)", _cell(value)] for key, value in best.settings.items()]
    rows += [[key, _cell(str(value))] for key, value in _fixed(run, best).items()]
    only = len(comparable.trials) == 1
    title = f"Settings of {'the only' if only else 'the best'} configuration of {where}"
    note = "Varied settings, then the main other ones; config.yaml of a run has all."
    if len(ties) > 1:
        note += f" {len(ties)} configurations have the same best {comparable.score}; this is the first."
    yield Table(f"appendix-best-{name}", title, ["setting", "value"], rows, note)
    for key, value in (best.settings | _fixed(run, best)).items():
        if _cell(str(value)) != str(value):
            yield f"C2: {key} of the best configuration of {study.name}: {value}."


def _fixed(run: Run, best: Trial) -> dict[str, Any]:
    """The main settings of a run; its seed only if there is no other."""
    steps = run.manifest.get("steps")
    known = {"model": {"commit": run.part("model").get("commit")}, "steps": steps if isinstance(steps, int) else None}
    found = run_facts.settings(run.record.config, known, []) | {"backbone": backbone_name(run.record.config)}
    left_out = {"parameters", "examples"} | ({"seed"} if len(best.group.seeds) > 1 else set())
    return {name: value for name, value in found.items() if name not in left_out}
