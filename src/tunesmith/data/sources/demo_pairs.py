"""Generated pairs of sentences: do both say the same? The same words may say it or its opposite.

Active and passive ("Anna called Ben", "Ben was called by Anna"), verbs and their converse ("sold the boat to",
"bought the boat from"), order in time ("before", "after") and size ("older than", "younger than"): the second sentence
tells the first in another way, with the roles kept or swapped.
"""

import random
from typing import Any

from tunesmith.data.sources.generated import Generated
from tunesmith.ranges import PositiveInt

NAMES = [
    "anna",
    "ben",
    "carla",
    "david",
    "emma",
    "felix",
    "greta",
    "henry",
    "ida",
    "jonas",
    "karin",
    "leo",
    "mara",
    "nils",
    "olga",
    "paul",
]
VERBS = ["called", "helped", "thanked", "followed", "greeted", "praised", "painted", "visited", "warned", "watched"]
THINGS = ["boat", "house", "horse", "violin", "bicycle", "garden", "clock", "map"]
MORE_AND_LESS = [("older", "younger"), ("taller", "shorter"), ("faster", "slower"), ("richer", "poorer")]
EVENTS = ["arrived", "left", "sang", "slept", "ate", "spoke"]


class DemoPairs(Generated):
    """Columns `first`, `second` and `label` (same, different).

    Args:
        size: training pairs; validation and test have a quarter each.
    """

    name = "demo_pairs"
    columns = ("first", "second", "label")

    def __init__(self, *, size: PositiveInt) -> None:
        super().__init__(size)

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """Two sentences."""
        subject, object_ = generator.sample(NAMES, 2)
        first, same, different = generator.choice((passive, converse, comparison, order))(subject, object_, generator)
        if generator.random() < 0.5:
            return {"first": first, "second": same, "label": "same"}
        return {"first": first, "second": different, "label": "different"}


def passive(subject: str, object_: str, generator: random.Random) -> tuple[str, str, str]:
    """A sentence, its passive, and the passive with the roles swapped."""
    verb = generator.choice(VERBS)
    return f"{subject} {verb} {object_}", f"{object_} was {verb} by {subject}", f"{subject} was {verb} by {object_}"


def converse(subject: str, object_: str, generator: random.Random) -> tuple[str, str, str]:
    """Selling and buying."""
    thing = generator.choice(THINGS)
    told = f"{subject} sold the {thing} to {object_}"
    return told, f"{object_} bought the {thing} from {subject}", f"{subject} bought the {thing} from {object_}"


def comparison(subject: str, object_: str, generator: random.Random) -> tuple[str, str, str]:
    """More than and less than."""
    more, less = generator.choice(MORE_AND_LESS)
    return (
        f"{subject} is {more} than {object_}",
        f"{object_} is {less} than {subject}",
        f"{subject} is {less} than {object_}",
    )


def order(subject: str, object_: str, generator: random.Random) -> tuple[str, str, str]:
    """Before and after."""
    event = generator.choice(EVENTS)
    told = f"{subject} {event} before {object_}"
    return told, f"{object_} {event} after {subject}", f"{subject} {event} after {object_}"
