"""Scores by the names of other libraries: `val_acc` is validation/accuracy."""

import re
from collections.abc import Sequence

from tunesmith.configuration.synonyms import SCORES
from tunesmith.errors.messages import did_you_mean

_SPLIT = re.compile(r"^(val|valid|validation|eval|dev)[_/]")


def score_name(name: str) -> str:
    """A score as it is called here: `accuracy` for `val_acc`."""
    last = _SPLIT.sub("", name.lower().replace("-", "_"))
    return SCORES.get(last, last)


def for_score(name: str, scores: Sequence[str]) -> str:
    """The end of a message about a score that does not exist: `; did you mean validation/accuracy?`, or an empty text.

    Args:
        name: as typed: `acc`, `val_loss`, `eval_f1`, or one without its split.
        scores: that exist, with or without `validation/`.
    """
    last = score_name(name)
    found = next((score for score in scores if score.rpartition("/")[2] == last), None)
    return f"; did you mean {found}?" if found else did_you_mean(name, scores)
