"""Generated sentences about who did what with which thing and where: plain ones to train on, scored pairs to test on.

A pair's score is the number of these four on which it agrees, from 0 to 4, plus 1 if it agrees on all. Other
similarities, such as how sentences begin and end, do not count; contrastive training learns to ignore words that hardly
distinguish sentences.
"""

import random
from typing import Any

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.sources.demo_pairs import NAMES, THINGS
from tunesmith.data.sources.generated import Generated

DEEDS = (
    "painted sold found repaired washed borrowed carried photographed polished hid "
    "dropped wrapped weighed measured lost bought"
).split()
OBJECTS = (
    "lamp chair bicycle clock guitar basket mirror kettle blanket camera ladder suitcase "
    "teapot umbrella helmet drum compass lantern statue bucket"
).split()
PARTS = (NAMES, DEEDS, OBJECTS, THINGS)  # who, what, which thing, where
OPENINGS = ("", "", "yesterday ", "last week ", "as everybody knows ", "to our surprise ", "so they say ")
CLOSINGS = ("", "", " again", " in the end", " without a word", " with great care", " for no reason at all")


class DemoSentences(Generated):
    """Column `text` for training, columns `first`, `second` and `score` for validation and test.

    Args:
        size: training sentences; validation and test have a quarter as many pairs each.
    """

    name = "demo_sentences"
    columns = ("text", "first", "second", "score")

    def __init__(self, *, size: PositiveInt) -> None:
        super().__init__(size)

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """A sentence, or a scored pair."""
        parts = [generator.choice(words) for words in PARTS]
        if split == "train":
            return {"text": sentence(parts, generator)}
        kept = generator.sample(range(len(PARTS)), generator.randint(0, len(PARTS)))
        others = [
            part if number in kept else generator.choice([word for word in PARTS[number] if word != part])
            for number, part in enumerate(parts)
        ]
        score = float(len(kept) + (len(kept) == len(PARTS)))
        return {"first": sentence(parts, generator), "second": sentence(others, generator), "score": score}


def sentence(parts: list[str], generator: random.Random) -> str:
    """The four parts as a sentence, in one of several forms."""
    who, deed, thing, place = parts
    body = generator.choice(
        (
            f"{who} {deed} the {thing} at the {place}",
            f"at the {place} {who} {deed} the {thing}",
            f"it was {who} who {deed} the {thing} at the {place}",
            f"the {thing} that {who} {deed} was at the {place}",
        )
    )
    return generator.choice(OPENINGS) + body + generator.choice(CLOSINGS)
