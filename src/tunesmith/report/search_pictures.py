"""The pictures of a search, or the reason why there is none, in a sentence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.configuration.monitor import larger_is_better
from tunesmith.documents.document import Part, Picture
from tunesmith.figures import contour, importance, parallel_coordinates, pareto, slices
from tunesmith.figures.axis import Axis
from tunesmith.figures.expected_performance import ExpectedCurve, expected_performance
from tunesmith.figures.labels import logarithmic
from tunesmith.report.importance import FEWEST, MOST, importances
from tunesmith.report.settings import Setting, settings
from tunesmith.report.trials import Trial
from tunesmith.statistics.expected_performance import expected_best
from tunesmith.statistics.pareto import front


def pictures(trials: Sequence[Trial], score: str, *, larger: bool) -> list[Part]:
    """How the score depends on the settings.

    Args:
        trials: of one search, best first; at least one with a score.
        score: its name.
        larger: whether larger scores are better.
    """
    values = np.array([trial.values[0] for trial in trials])
    finite = np.isfinite(values)
    varied = settings([trial.settings for trial in trials])
    if not varied:
        return ["No setting varies, so there is no search space to draw."]
    if finite.sum() == 1:
        return ["Only one trial has a score, so nothing can be said of how it depends on the settings."]
    if np.ptp(values[finite]) == 0:
        return [
            f"All {finite.sum()} trials with a score have the same {score}: it does not depend on the settings tried."
        ]
    parts: list[Part] = [_expected_performance(trials, score, larger=larger)]
    shares, sentence = _shares(varied, values)
    if sentence:
        parts.append(sentence)
    ranked = sorted(varied, key=lambda setting: -shares.get(setting.key, -1.0))  # the others stay in their order
    axis = _score_axis(score, values, larger=larger)
    states = [trial.state for trial in trials]
    if shares:
        parts.append(_importance(shares, score, int(finite.sum())))
    parts.append(_slices(ranked, axis, states))
    if len(ranked) == 1:
        return [*parts, f"Only {ranked[0].key} varies, so there are no parallel coordinates and no contour."]
    parts.append(_parallel(ranked, axis, states, larger=larger))
    return [*parts, *_contour(ranked, axis)]


def _expected_performance(trials: Sequence[Trial], score: str, *, larger: bool) -> Picture:
    """The best score to expect of a search with fewer trials; one that was pruned or has failed has found nothing."""
    values = np.array([trial.values[0] for trial in trials if trial.state != "open"])
    found = expected_best(values, larger_is_better=larger)
    best = np.nanmax(values) if larger else np.nanmin(values)
    low, high = found.mean - found.deviation, found.mean + found.deviation
    curve = ExpectedCurve(
        score,
        np.arange(1, len(values) + 1),
        found.mean,
        np.maximum(low, np.nanmin(values)) if larger else np.maximum(low, best),
        np.minimum(high, best) if larger else np.minimum(high, np.nanmax(values)),
    )
    caption = (
        f"Expected best {score} of so many trials, drawn at random without replacement from the {len(values)} that have ended (the unbiased "
        "estimate; Tang et al., 2020; Dodge et al., 2021), with its standard deviation. A trial without a score counts as the worst. Of a "
        "search that learns, whose trials are not drawn at random, it is a summary and no forecast."
    )
    title = f"Expected {score} by budget"
    return Picture("expected-performance", title, expected_performance([curve], title=title, y=score), caption)


def pareto_picture(trials: Sequence[Trial], objectives: Sequence[str]) -> list[Part]:
    """The first objective against the second one of a search, or against the run time.

    Args:
        trials: of one search.
        objectives: two or more; their values are those of the trials, or their run time.
    """
    names = objectives[:2]
    pairs = [
        [trial.values[number] if number < len(trial.values) else trial.group.seconds for number in (0, 1)]
        for trial in trials
    ]
    y, x = np.array([[np.nan if value is None else value for value in pair] for pair in pairs], dtype=float).T
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 2:
        return [f"Fewer than two trials have both {names[0]} and {names[1]}, so they have no front."]
    larger = (larger_is_better(names[1]), larger_is_better(names[0]))
    chosen = front(x, y, larger=larger)
    title = f"{names[0]} against {_words(names[1])}"
    figure = pareto.pareto(
        Axis(_words(names[1]), x, log=logarithmic(x)),
        _score_axis(names[0], y, larger=larger[1]),
        chosen,
        larger=larger,
        title=title,
    )
    caption = (
        f"{chosen.sum()} of {both.sum()} trials are on the Pareto front: no other trial is as good in both and better in "
        "one. Values are means over completed seeds."
    )
    if len(objectives) > 2:
        caption += f" Of {len(objectives)} objectives, the first two are drawn."
    return [Picture("pareto", title, figure, caption)]


def _words(name: str) -> str:
    return {"seconds": "mean run time (seconds)", "steps": "optimizer steps"}.get(name, name)


def _score_axis(score: str, values: NDArray[np.float64], *, larger: bool) -> Axis:
    return Axis(score, values, log=not larger and logarithmic(values))


def _shares(varied: Sequence[Setting], values: NDArray[np.float64]) -> tuple[dict[str, float], str]:
    """The importance of each setting, or why it is not computed."""
    finite = np.isfinite(values)
    common = [setting for setting in varied if None not in setting.texts]
    if finite.sum() < FEWEST:
        return {}, f"Importance of settings needs {FEWEST} trials with a score; there are {finite.sum()}."
    if len(common) < 2:
        return {}, "Importance compares settings that all trials have; there are fewer than two."
    kept = np.flatnonzero(finite)
    chosen = settings([{s.key: str(s.texts[trial]) for s in common} for trial in kept])
    if not chosen:
        return {}, "No setting varies among the trials with a score, so none has an importance."
    try:
        shares = importances(chosen, values[kept])
    except ImportError:
        return {}, "Importance of settings needs scikit-learn: pip install scikit-learn."
    apart = [setting.key for setting in varied if setting.key not in shares]
    if apart:
        return shares, f"Importance is of settings that all trials have: {', '.join(apart)} has none."
    return shares, ""


def _importance(shares: dict[str, float], score: str, trials: int) -> Picture:
    caption = (
        f"Share of the variance of {score} that each setting explains on its own, by functional analysis of variance "
        f"(fANOVA, Hutter et al., 2014) of a random forest fitted to {min(trials, MOST)} completed trials"
        f"{f', evenly spaced among {trials} from the best to the worst' if trials > MOST else ''}; "
        "the rest is due to settings together. It holds within the ranges that were tried."
    )
    if len(shares) > importance.MOST:
        caption += f" The {importance.MOST} largest are drawn; {len(shares) - importance.MOST} are left out."
    return Picture(
        "importance", "Importance of settings", importance.importance(shares, title="Importance of settings"), caption
    )


def _slices(ranked: Sequence[Setting], axis: Axis, states: Sequence[str]) -> Picture:
    drawn = [setting.axis for setting in ranked[: slices.MOST]]
    figure = slices.slices(drawn, axis, states, 0, title=f"{axis.label} by setting")
    caption = (
        "A point is a completed trial, at the mean score of its seeds; pruned and failed trials, which have no score, are "
        "marked at the foot. A trial is missing where it lacks the setting."
    )
    if np.isfinite(axis.places).sum() > slices.MOST_POINTS:
        caption += (
            f" Of more than {slices.MOST_POINTS} completed trials, so many are drawn, evenly spaced from good to bad."
        )
    if max(states.count("pruned"), states.count("failed")) > slices.MOST_POINTS // 4:
        caption += f" At most {slices.MOST_POINTS // 4} pruned and failed ones each are drawn."
    return Picture("slices", f"{axis.label} by setting", figure, caption + _left_out(ranked, slices.MOST))


def _parallel(ranked: Sequence[Setting], axis: Axis, states: Sequence[str], *, larger: bool) -> Picture:
    drawn = [setting.axis for setting in ranked[: parallel_coordinates.MOST]]
    figure = parallel_coordinates.parallel_coordinates(
        drawn, axis, states, larger=larger, title="Settings and score of each trial"
    )
    caption = (
        "A line is a trial, the darker the better; pruned and failed trials end before the score, and a line has a gap "
        "where a trial lacks a setting."
    )
    if len(states) > parallel_coordinates.MOST_LINES:
        caption += (
            f" Of {len(states)} trials, the best {parallel_coordinates.BEST} and others evenly spaced from good to bad are "
            f"drawn."
        )
    if max(states.count("pruned"), states.count("failed")) > parallel_coordinates.MOST_LINES // 4:
        caption += f" At most {parallel_coordinates.MOST_LINES // 4} pruned and failed ones each are drawn."
    return Picture(
        "parallel-coordinates", "Parallel coordinates", figure, caption + _left_out(ranked, parallel_coordinates.MOST)
    )


def _contour(ranked: Sequence[Setting], axis: Axis) -> list[Part]:
    first, second = ranked[:2]
    both = np.isfinite(first.axis.places) & np.isfinite(second.axis.places) & np.isfinite(axis.places)
    if both.sum() < 3 or not both[0] or any(np.ptp(s.axis.places[both]) == 0 for s in (first, second)):
        return [f"Too few trials have both {first.key} and {second.key} for a contour."]
    figure = contour.contour(first.axis, second.axis, axis, 0, title=f"{axis.label} by two settings")
    if contour.is_grid(first.axis, second.axis, axis):
        caption = "A cell is the mean score of its trials, whatever their other settings; the best trial's has a frame."
    else:
        caption = (
            "A point is a completed trial. Colours between points of two numeric settings are interpolated linearly, "
            "whatever the other settings."
        )
    return [Picture("contour", f"{axis.label} by {first.key} and {second.key}", figure, caption)]


def _left_out(ranked: Sequence[Setting], most: int) -> str:
    others = [setting.key for setting in ranked[most:]]
    return f" {len(others)} settings are left out: {', '.join(others)}." if others else ""
