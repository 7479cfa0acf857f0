"""Generated pairs of sentences about the same thing: do they paraphrase or contradict each other?

The rules, which no single word or bigram reveals:
- a quality has words for either side ("warm", "hot" against "cold", "chilly"), so a paraphrase uses other words;
- "not", "never", "nobody found ..." and "anything but" negate a word, in either sentence;
- the first sentence may also mention another thing, which is irrelevant;
- most first sentences state the agreeable side, so the second alone is weakly informative: a bag of words beats chance.
"""

import random
from typing import Any

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.sources.generated import Generated

NAMES = "anna ben carla david emma felix greta henry ida jonas karin leo mara nils olga paul".split()
THINGS = (
    "kitchen hall cellar attic garden shop museum office station library "
    "hotel cabin bakery stable theatre school harbour tower chapel market"
).split()
QUALITIES = [
    (("warm", "hot", "heated"), ("cold", "chilly", "freezing")),
    (("big", "large", "huge"), ("small", "tiny", "little")),
    (("new", "modern", "recent"), ("old", "ancient", "worn")),
    (("bright", "sunny", "well lit"), ("dark", "gloomy", "dim")),
    (("clean", "spotless", "tidy"), ("dirty", "filthy", "stained")),
    (("quiet", "silent", "calm"), ("noisy", "loud", "deafening")),
    (("cheap", "affordable", "inexpensive"), ("expensive", "costly", "overpriced")),
    (("empty", "deserted", "vacant"), ("full", "crowded", "packed")),
    (("dry", "arid", "parched"), ("wet", "damp", "soaked")),
    (("open", "unlocked", "ajar"), ("closed", "shut", "locked")),
    (("safe", "secure", "protected"), ("dangerous", "risky", "unsafe")),
    (("beautiful", "pretty", "lovely"), ("ugly", "hideous", "unsightly")),
]
AGREEABLE = 0.7  # fraction of first sentences that state the first side of a quality
LINKS = (" and ", " , but ", " , while ")  # between two statements of a sentence

Quality = tuple[tuple[str, ...], ...]  # the words of its two sides


class DemoPairs(Generated):
    """Columns `first`, `second` and `label` (same, different).

    Args:
        size: training pairs; validation and test have a quarter as many each.
    """

    name = "demo_pairs"
    columns = ("first", "second", "label")

    def __init__(self, *, size: PositiveInt) -> None:
        super().__init__(size)

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """A pair of sentences and its label."""
        quality, other_quality = generator.sample(QUALITIES, 2)
        thing, other_thing = generator.sample(THINGS, 2)
        side, same = int(generator.random() >= AGREEABLE), generator.random() < 0.5
        first = statements(thing, other_thing, quality, other_quality, side, generator)
        return {
            "first": generator.choice(LINKS).join(first),
            "second": statement(thing, quality, side if same else 1 - side, generator),
            "label": "same" if same else "different",
        }


def statements(
    thing: str, other_thing: str, quality: Quality, other_quality: Quality, side: int, generator: random.Random
) -> list[str]:
    """A statement about a thing, sometimes next to an irrelevant one about another thing."""
    stated = [statement(thing, quality, side, generator)]
    if generator.random() < 0.3:
        irrelevant = generator.choice((quality, other_quality))
        stated.append(statement(other_thing, irrelevant, generator.randrange(2), generator))
        generator.shuffle(stated)
    return stated


def statement(thing: str, quality: Quality, side: int, generator: random.Random) -> str:
    """A sentence that puts a thing on one side (0 or 1) of a quality."""
    if generator.random() < 0.25:
        word = generator.choice(quality[1 - side])
        return generator.choice(
            (
                f"the {thing} was not {word}",
                f"the {thing} was never {word}",
                f"nobody found the {thing} {word}",
                f"the {thing} was anything but {word}",
            )
        )
    word = generator.choice(quality[side])
    degree = generator.choice(("", "", "very ", "quite ", "rather "))
    return generator.choice(
        (
            f"the {thing} was {degree}{word}",
            f"the {thing} seemed {degree}{word}",
            f"everybody found the {thing} {degree}{word}",
            f"{generator.choice(NAMES)} says the {thing} was {word}",
        )
    )
