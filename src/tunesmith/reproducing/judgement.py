"""Whether a repeated score is the recorded one, differs within the noise of seeds, or does not.

Floating-point sums in another order, on another processor or by another version, send a training run on another path, much
as another seed does. So a new observation from the distribution of the seeds is what a faithful repetition may give.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tunesmith.statistics.prediction_interval import prediction_interval

IDENTICAL = "identical"
WITHIN = "within the seeds' interval"
OUTSIDE = "outside the seeds' interval"
DIFFERS = "differs, though nothing else does"
UNKNOWN = "differs; too few seeds to say more"
MISSING = "missing"
BY_MEAN = "nothing is recorded of it alone"
REPRODUCED = (IDENTICAL, WITHIN, BY_MEAN)
_WORST = (MISSING, DIFFERS, OUTSIDE, UNKNOWN, WITHIN, IDENTICAL)


@dataclass(frozen=True)
class Judgement:
    """A score of one run, recorded and repeated.

    Attributes:
        score: its name, `test/f1`.
        before: recorded.
        after: repeated; None if the repeated run has none.
        verdict: one of the words above.
        interval: in which a new observation is expected, if that was asked and can be said.
        seeds: whose recorded scores the interval is from.
    """

    score: str
    before: float
    after: float | None
    verdict: str
    interval: tuple[float, float] | None = None
    seeds: int = 0


def judged(
    before: Mapping[str, float],
    after: Mapping[str, float],
    seeds: Sequence[Mapping[str, float]],
    *,
    bitwise: bool,
    decimals: Mapping[str, int] | None = None,
) -> list[Judgement]:
    """Judge every recorded score; those that only the repeated run has are new since and not compared.

    Args:
        before: recorded.
        after: repeated.
        seeds: recorded scores of all seeds of the configuration, this one included.
        bitwise: whether only equal bits are a reproduction.
        decimals: digits after the point of recorded scores that are rounded.
    """
    found = []
    for score, value in before.items():
        again = after.get(score)
        observed = [scores[score] for scores in seeds if score in scores]
        found.append(_judged(score, value, again, observed, bitwise=bitwise, decimals=(decimals or {}).get(score)))
    return found


def worst(judgements: Sequence[Judgement]) -> str:
    """The worst verdict; for no scores, that nothing is recorded."""
    verdicts = {judgement.verdict for judgement in judgements}
    return next((verdict for verdict in _WORST if verdict in verdicts), BY_MEAN)


def _judged(
    score: str, before: float, after: float | None, observed: list[float], *, bitwise: bool, decimals: int | None
) -> Judgement:
    if after is None:
        return Judgement(score, before, after, MISSING)
    if equal(before, after, decimals):
        return Judgement(score, before, after, IDENTICAL)
    if bitwise:
        return Judgement(score, before, after, DIFFERS)
    interval = prediction_interval(observed)
    if interval is None or not math.isfinite(after):
        verdict = UNKNOWN if interval is None and math.isfinite(before) == math.isfinite(after) else OUTSIDE
        return Judgement(score, before, after, verdict, interval, len(observed))
    verdict = WITHIN if interval[0] <= after <= interval[1] else OUTSIDE
    return Judgement(score, before, after, verdict, interval, len(observed))


def equal(first: float, second: float, decimals: int | None = None) -> bool:
    """Whether two scores are the same bits, or both not a number; rounded to decimals if the first one is."""
    if first == second or (math.isnan(first) and math.isnan(second)):
        return True
    if decimals is None or not math.isfinite(second):
        return False
    # Half a unit of the last digit either way: how the recorded number was rounded at a tie is unknown.
    return abs(Decimal(str(first)) - Decimal(second)) * 2 <= Decimal(1).scaleb(-decimals)
