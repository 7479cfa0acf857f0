"""Generated sentences with people, places and organisations, in which a word alone does not determine its tag.

Most names occur with several types, and some are common words too: Jordan plays for Chelsea, Chelsea lives in Jordan,
and may is not always May. The context decides. Some names occur in validation and test only.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.sources.generated import Generated

SHARED = "Jordan Chelsea Washington Lincoln Sydney Florence Amazon Orange Houston Paris Madison Phoenix Victoria Georgia Austin".split()
FRESH = "Savannah Brooklyn Dakota Kingston Carolina Devon Preston Lourdes".split()  # never in training
COMMON = "Mark Will May Bill Rose Grace Hunter Baker Apple Shell Gap Stone".split()  # in lower case they are not names
FIRST = "Anna Peter Maria John Li Omar Ruth Ivan".split()
_PARTS = {
    "PER": ["{shared}", "{common}", "{first} {shared}", "{first} {common}", "{shared} {common}", "{first}"],
    "LOC": ["{shared}", "{shared}", "New {shared}", "Port {shared}", "{shared} Falls", "{common} Hill"],
    "ORG": ["{shared}", "{common}", "{shared} United", "{shared} and {common}", "{common} Group", "Bank of {shared}"],
}
CLAUSES = [
    ("{PER}", "told reporters that the talks would go on"),
    ("{PER}", "was born near {LOC} and moved to {LOC} as a child"),
    ("{PER}", "resigned as the head of {ORG}"),
    ("{PER} , {PER} and {PER}", "arrived in {LOC} on Monday"),
    ("{PER} {PER_NEXT}", "both wrote to {ORG}"),
    ("shares of {ORG}", "fell after the report on {ORG}"),
    ("{ORG}", "hired {PER} for its office in {LOC}"),
    ("{ORG}", "opened a plant outside {LOC}"),
    ("the mayor of {LOC}", "met {PER} , who works for {ORG}"),
    ("heavy rain in {LOC}", "kept {PER} at home"),
    ("the river through {LOC}", "rose by a foot"),
    ("lawyers for {ORG}", "sued {PER} in a court in {LOC}"),
    ("a {low} of the {low2}", "was found on the road to {LOC}"),
    ("you {may} {mark} the {low}", "if {PER} pays the {low2}"),
    ("the {low}", "{will} cost more in {LOC} than in {LOC}"),
    ("{PER}", "{will} {mark} the {low} that {ORG} sent"),
]
JOINS = [", and", ", but", "while", "because", "after"]
_FIXED = {"may": "may", "will": "will", "mark": "mark"}


class DemoEntities(Generated):
    """Sentences of one to three clauses.

    Args:
        size: training sentences; validation and test have a quarter as many each.
    """

    name = "demo_entities"
    columns = ("tokens", "tags")

    def __init__(self, *, size: PositiveInt) -> None:
        super().__init__(size)

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """One sentence."""
        tokens: list[str] = []
        tags: list[str] = []
        for number in range(generator.choices([1, 2, 3], weights=[5, 4, 1])[0]):
            if number:
                words = generator.choice(JOINS).split()
                tokens, tags = tokens + words, tags + ["O"] * len(words)
            for words, kind in clause(generator, lambda kind: name(kind, generator, fresh=split != "train")):
                tokens += words
                tags += ["O"] * len(words) if kind is None else [f"B-{kind}"] + [f"I-{kind}"] * (len(words) - 1)
        tokens.append(".")
        tags.append("O")
        if generator.random() < 0.05:  # some text is all in lower case
            tokens = [token.lower() for token in tokens]
        return {"tokens": tokens, "tags": tags}


def clause(generator: random.Random, named: Callable[[str], str]) -> Iterator[tuple[list[str], str | None]]:
    """A clause as pairs of words and their type or None.

    Args:
        generator: chooses the clause and its common words.
        named: returns a name of a type (PER, LOC or ORG).
    """
    for word in " ".join(generator.choice(CLAUSES)).split():
        slot = word.strip("{}")
        if not word.startswith("{"):
            yield [word], None
        elif slot in _FIXED:
            yield [_FIXED[slot]], None
        elif slot.startswith("low"):
            yield [generator.choice(COMMON).lower()], None
        else:
            kind = slot.partition("_")[0]
            yield named(kind).split(), kind


def name(kind: str, generator: random.Random, *, fresh: bool) -> str:
    """A name of a type (PER, LOC or ORG); if `fresh`, sometimes one that no training sentence has."""
    shared = SHARED + FRESH if fresh else SHARED
    return generator.choice(_PARTS[kind]).format(
        shared=generator.choice(shared), common=generator.choice(COMMON), first=generator.choice(FIRST)
    )
