"""Generated questions about short stories in which several sentences contain the question's words.

Several people do the same thing at different places and times, and one person does several things: only the combination
of who did what, where and when identifies the sentence with the answer.
"""

import random
from typing import Any

from tunesmith.configuration.ranges import BelowOne, PositiveInt
from tunesmith.data.sources.generated import Generated

PEOPLE = "Ada Boris Clara Dmitri Elena Farid Greta Hugo Ines Jonas Karin Louis Mina Nadia Oscar Petra".split()
VERBS = {"repaired": "repair", "painted": "paint", "bought": "buy", "sold": "sell", "lost": "lose", "carried": "carry"}
THINGS = ["bicycle", "old clock", "wooden boat", "kite", "violin", "brass lamp", "garden gate", "map", "red umbrella"]
PLACES = ["the harbour", "the mill", "the market", "the station", "the library", "the north bridge", "the school"]
TIMES = ["on Monday", "on Friday", "in March", "in June", "at noon", "at midnight", "last winter", "before the storm"]
FILLERS = [
    "Nobody else was there .",
    "It was a cold year .",
    "The others only watched .",
    "That surprised the whole village .",
]

Fact = tuple[str, str, str, str, str]  # person, verb, thing, place, time


class DemoQuestions(Generated):
    """Stories of four to eight sentences, each with one question.

    Args:
        size: training questions; validation and test have a quarter as many each.
        unanswerable_share: fraction of questions whose answer is not in the story.
    """

    name = "demo_questions"
    columns = ("question", "context", "answers")

    def __init__(self, *, size: PositiveInt, unanswerable_share: BelowOne) -> None:
        super().__init__(size, unanswerable_share=unanswerable_share)
        self._unanswerable_share = unanswerable_share

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """One question."""
        all_facts = facts(generator)
        asked = generator.choice(["where", "when", "who", "what"])
        fact = all_facts[0]
        story = all_facts if generator.random() >= self._unanswerable_share else all_facts[1:]
        story = generator.sample(story, len(story))
        sentences = [sentence(generator, *one) for one in story]
        for _ in range(generator.randint(0, 3)):
            sentences.insert(generator.randint(0, len(sentences)), generator.choice(FILLERS))
        context = " ".join(sentences)
        text, answer = question(asked, *fact)
        answers: dict[str, list[Any]] = {"text": [], "answer_start": []}
        if fact in story:
            holder = [one for one in sentences if one not in FILLERS][story.index(fact)]
            start = context.index(holder) + holder.lower().index(answer.lower())
            answers = {"text": [context[start : start + len(answer)]], "answer_start": [start]}
        return {"question": text, "context": context, "answers": answers}


def facts(generator: random.Random) -> list[Fact]:
    """Six facts of a story that are easily confused; person, verb and thing identify each."""
    person, rival = generator.sample(PEOPLE, 2)
    thing, other_thing = generator.sample(THINGS, 2)
    verb, other_verb = generator.sample(list(VERBS), 2)
    place, other_place, third_place = generator.sample(PLACES, 3)
    time, other_time, third_time = generator.sample(TIMES, 3)
    return [
        (person, verb, thing, place, time),
        (rival, verb, thing, other_place, other_time),  # another person did the same
        (person, other_verb, thing, third_place, third_time),  # the same person did something else with it
        (person, verb, other_thing, generator.choice([other_place, third_place]), generator.choice(TIMES)),
        (person, other_verb, other_thing, place, generator.choice(TIMES)),  # something else at the same place
        (rival, other_verb, thing, place, generator.choice(TIMES)),
    ]


def question(asked: str, person: str, verb: str, thing: str, place: str, time: str) -> tuple[str, str]:
    """A question for a fact's place, time, person or thing (where, when, who, what), and the answer."""
    base = VERBS[verb]
    return {
        "where": (f"Where did {person} {base} the {thing} ?", place),
        "when": (f"When did {person} {base} the {thing} ?", time),
        "who": (f"Who {verb} the {thing} at {place} ?", person),
        "what": (f"What did {person} {base} at {place} ?", f"the {thing}"),
    }[asked]


def sentence(generator: random.Random, person: str, verb: str, thing: str, place: str, time: str) -> str:
    """A fact as a sentence."""
    form = generator.choice(
        [
            "{person} {verb} the {thing} at {place} {time} .",
            "{Time} , {person} {verb} the {thing} at {place} .",
            "At {place} , {person} {verb} the {thing} {time} .",
            "{Time} the {thing} was {verb} by {person} at {place} .",
        ]
    )
    words = {"person": person, "verb": verb, "thing": thing, "place": place, "time": time}
    return form.format(**words, Time=time[0].upper() + time[1:])
