"""Learning curves of configurations: at the optimizer steps that all seeds of a configuration have logged."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from tunesmith.configuration.monitor import larger_is_better, monitored
from tunesmith.documents.document import Part, Picture, Section
from tunesmith.figures.learning_curves import MOST, POINTS, Curve, learning_curves
from tunesmith.loggers.short_names import short_name
from tunesmith.report.groups import Group, ranked
from tunesmith.report.history import History, Logged, read

_LATER = "train/tokens"  # a column that histories have since they end with the last epoch
_NAMED = 5  # runs without a history that are named


def section(groups: Sequence[Group]) -> Section | None:
    """Curves of the training loss, the monitored score and, of language models, the perplexity; None without any run.

    The best configurations by their mean monitored score are drawn, one line each. A mean is taken over the same seeds at
    every step: at those that all of them have logged. Runs that have not completed are left out, and counted.

    Args:
        groups: of any runs that monitor one score; otherwise, a sentence says that they do not.
    """
    completed = [group for group in groups if group.completed]
    if not completed:
        return None
    parts: list[Part] = []
    monitors = sorted({monitored(record.config) for group in completed for record in group.completed})
    if len(monitors) > 1:
        parts.append(f"The runs monitor different scores ({', '.join(monitors)}), so no common order of curves exists.")
        return Section("Learning curves", parts)
    (score,) = monitors
    drawn = ranked(completed, score)[:MOST]
    names = dict.fromkeys(["train/loss", score, *_of_language_models(drawn)])
    histories = {
        id(record): _before_selection(read(record.path, [*names, _LATER], completed=True), score)
        for group in drawn
        for record in group.completed
    }
    for name in names:
        parts += _pictures(name, drawn, histories, left_out=len(completed) - len(drawn))
    problems = [history.problem for history in histories.values() if history.problem]
    if problems:
        more = f", and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        parts.append(f"Runs without a readable history are left out: {'; '.join(problems[:_NAMED])}{more}.")
    open_runs = sum(len(group.records) - len(group.completed) for group in groups)
    if open_runs:
        parts.append(f"{open_runs} run{'s' * (open_runs != 1)} not completed: left out of the curves.")
    return Section("Learning curves", parts)


def _of_language_models(groups: Sequence[Group]) -> list[str]:
    tasks = {record.config["dataset"]["task"] for group in groups for record in group.completed}
    return ["validation/perplexity"] if "language_modeling" in tasks else []


def _before_selection(history: History, score: str) -> History:
    """A completed run's history without what version 0.2 and earlier ones logged after training, with the selected weights.

    The scores of the selected epoch were logged at the last step, where they replace those of the last epoch. They are a
    point of the curve only if the last epoch was selected, which is so if no earlier one has as good a score.
    """
    curve = history.columns.get(score)
    if _LATER in history.columns or curve is None or len(curve.values) < 2:
        return history
    values = curve.values if larger_is_better(score) else -curve.values
    if values[-1] > np.nanmax(values[:-1], initial=-np.inf):
        return history
    last = curve.steps[-1]
    kept = {
        name: Logged(c.steps[c.steps < last], c.values[c.steps < last]) if not name.startswith("train/") else c
        for name, c in history.columns.items()
    }
    return History({name: c for name, c in kept.items() if c.steps.size}, history.problem)


def _labels(groups: Sequence[Group]) -> list[str]:
    """A few words for each group, all different, with rounded numbers unless these would be the same."""
    for digits in (3, None):
        labels = [short_name({key: _rounded(text, digits) for key, text in group.varied.items()}) for group in groups]
        if len(set(labels)) == len(labels):
            break
    else:
        labels = [group.label for group in groups]
    return [label or f"configuration {number}" for number, label in enumerate(labels, 1)]


def _rounded(text: str, digits: int | None) -> str:
    """A number of many digits with a few of them; anything else as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return (
        text
        if digits is None or text.isdecimal() or len(text) <= digits + 3
        else f"{number:.{digits}g}".replace("e-0", "e-")
    )


def _pictures(name: str, groups: Sequence[Group], histories: dict[int, History], *, left_out: int) -> list[Part]:
    curves, apart, seeds = [], [], set()
    for label, group in zip(_labels(groups), groups, strict=True):
        logged = [
            histories[id(record)].columns[name] for record in group.completed if name in histories[id(record)].columns
        ]
        if not logged:
            continue
        curve = mean_curve(label, logged)
        if curve.steps.size:
            curves.append(curve)
            seeds.add(len(logged))
        else:
            apart.append(label)
    parts: list[Part] = []
    if apart:
        parts.append(
            f"The seeds of {', '.join(apart)} have no optimizer step in common at which {name} was logged: no mean can be taken."
        )
    if not curves:
        return [*parts, f"No completed run has logged {name}."] if not apart else parts
    split, _, what = name.partition("/")
    words = "training" if split == "train" else split
    figure = learning_curves(curves, title=f"{words.capitalize()} {what}", y=what)
    earlier = any(history.columns and _LATER not in history.columns for history in histories.values())
    points = max(len(curve.steps) for curve in curves)
    caption = _caption(name, seeds, left_out=left_out, points=points, earlier=earlier)
    return [*parts, Picture(f"curve-{name.replace('/', '-')}", f"{words.capitalize()} {what}", figure, caption)]


def mean_curve(label: str, logged: Sequence[Logged]) -> Curve:
    """The mean and the sample standard deviation over seeds, at the steps that all of them have logged.

    Args:
        label: of the configuration.
        logged: the same column of each seed's history, at least one.
    """
    steps = reduce(np.intersect1d, [column.steps for column in logged])
    values = np.stack([column.values[np.isin(column.steps, steps)] for column in logged])  # (seeds, steps)
    with np.errstate(invalid="ignore", over="ignore"):  # a loss that is infinite has no deviation: the curve has a gap
        deviation = values.std(axis=0, ddof=1) if len(logged) > 1 else None
        return Curve(label, steps, values.mean(axis=0), deviation)


def _caption(name: str, seeds: set[int], *, left_out: int, points: int, earlier: bool) -> str:
    runs = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    sentences = [
        f"{name} at the optimizer steps at which it was logged, {runs} seed{'s' * (seeds != {1})} for each line."
    ]
    if seeds != {1}:
        sentences.append(
            "Lines are means and bands are ± one sample standard deviation, at the steps that all seeds of a "
            "configuration share: a line ends where its shortest run does."
        )
    if name.startswith("validation/") and earlier:
        sentences.append(
            "Of runs of version 0.2 and earlier, the last epoch is left out where an earlier one was at least as good: its scores were replaced by those of "
            "the selected weights."
        )
    if points > POINTS:
        sentences.append(f"At most {POINTS} evenly spaced points of a line are drawn.")
    if left_out:
        sentences.append(f"The best {MOST} configurations are drawn; {left_out} more are left out.")
    return " ".join(sentences)
