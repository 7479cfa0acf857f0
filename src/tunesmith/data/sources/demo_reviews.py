"""Generated reviews whose verdict depends on negation and contrast, among irrelevant sentences.

The rules, which no single word reveals:
- "the story was gripping" means just that; "not", "hardly", "anything but", "nobody would call ..." negate it;
- in "X, but Y" and "although X, Y" and "Y even though X" only Y counts;
- opinions of other people and on other films (my sister, the trailer, the sequel) do not count;
- some words are mistyped, and a fraction of the training labels is wrong.
"""

import random
from typing import Any

from tunesmith.configuration.ranges import PositiveInt, Probability
from tunesmith.data.sources.generated import Generated

POSITIVE = (
    "gripping brilliant charming clever moving delightful superb funny honest inspired elegant thrilling "
    "tender witty fresh masterful touching vivid graceful lively splendid rich warm dazzling fascinating "
    "enjoyable wonderful sharp memorable convincing"
).split()
NEGATIVE = (
    "dull wooden boring clumsy shallow tedious awful stale lazy bland dreary lifeless pointless messy "
    "hollow cheap predictable sluggish tiresome annoying forgettable dreadful flat confusing weak silly "
    "grim ugly loud empty"
).split()
ASPECTS = ("story acting music ending dialogue camera pacing script cast humour plot direction editing opening").split()
OTHERS = ["the sequel", "the trailer", "the novel", "the film before it", "the other cinema", "the remake"]
PEOPLE = ["my sister", "a friend", "the man next to me", "one critic", "my neighbour", "the usher"]
NEUTRAL = [
    "we saw it on a rainy tuesday",
    "it runs for two hours",
    "the hall was half full",
    "i went with two colleagues",
    "tickets were sold out the day before",
    "it was shot in norway",
    "the credits are long",
    "it opened last month",
]


class DemoReviews(Generated):
    """Columns `text` and `label` (positive, negative).

    Args:
        size: training examples; validation and test have a quarter as many each.
        noise: fraction of training labels that are wrong.
    """

    name = "demo_reviews"
    columns = ("text", "label")

    def __init__(self, *, size: PositiveInt, noise: Probability) -> None:
        super().__init__(size, noise=noise)
        self.noise = noise

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """A review and its label."""
        positive = generator.random() < 0.5
        sentences = [verdict(positive, generator)]
        sentences += [distractor(generator) for _ in range(generator.choice((0, 0, 1, 1)))]
        sentences += [generator.choice(NEUTRAL) for _ in range(generator.choice((0, 1)))]
        generator.shuffle(sentences)
        text = " ".join(sentence + generator.choice((" .", " .", " !")) for sentence in sentences)
        if split == "train" and generator.random() < self.noise:
            positive = not positive
        return {"text": mistype(text, generator), "label": "positive" if positive else "negative"}


def verdict(positive: bool, generator: random.Random) -> str:
    """A sentence with the given verdict."""
    first, second = generator.sample(ASPECTS, 2)
    main = opinion(first, positive, generator)
    if generator.random() < 0.7:
        return main
    other = opinion(second, not positive, generator)
    return generator.choice(
        (
            f"{other} , but {main}",
            f"although {other} , {main}",
            f"{main} , even though {other}",
            f"{other} ; still , {main}",
        )
    )


def opinion(aspect: str, positive: bool, generator: random.Random) -> str:
    """An opinion on one aspect, sometimes by negating the opposite."""
    if generator.random() < 0.8:
        word = generator.choice(POSITIVE if positive else NEGATIVE)
        return f"the {aspect} was {generator.choice(('', 'very ', 'rather ', 'simply '))}{word}"
    word = generator.choice(NEGATIVE if positive else POSITIVE)
    return generator.choice(
        (
            f"the {aspect} was not {word}",
            f"the {aspect} was hardly {word}",
            f"the {aspect} was anything but {word}",
            f"nobody would call the {aspect} {word}",
            f"the {aspect} was never {word}",
        )
    )


def distractor(generator: random.Random) -> str:
    """A sentence that does not affect the verdict."""
    word = generator.choice(generator.choice((POSITIVE, NEGATIVE)))
    negation = generator.choice(("", "", "not "))
    if generator.random() < 0.5:
        return f"{generator.choice(OTHERS)} was {negation}{word}"
    return f"{generator.choice(PEOPLE)} said it was {negation}{word}"


def mistype(text: str, generator: random.Random) -> str:
    """The text, sometimes with a letter missing or two letters swapped."""
    if generator.random() < 0.8:
        return text
    place = generator.randrange(len(text) - 1)
    if generator.random() < 0.5:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
