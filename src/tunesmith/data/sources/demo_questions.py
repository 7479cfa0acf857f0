"""Generated questions about short stories in which other sentences share the question's words.

Several people do the same thing at other places and times, and one person does several things: only who did what, where
and when together tell which sentence holds the answer.
"""

import random
from typing import Any

from tunesmith.data.sources.generated import Generated
from tunesmith.ranges import BelowOne, PositiveInt

_PEOPLE = "Ada Boris Clara Dmitri Elena Farid Greta Hugo Ines Jonas Karin Louis Mina Nadia Oscar Petra".split()
_VERBS = {"repaired": "repair", "painted": "paint", "bought": "buy", "sold": "sell", "lost": "lose", "carried": "carry"}
_THINGS = ["bicycle", "old clock", "wooden boat", "kite", "violin", "brass lamp", "garden gate", "map", "red umbrella"]
_PLACES = ["the harbour", "the mill", "the market", "the station", "the library", "the north bridge", "the school"]
_TIMES = ["on Monday", "on Friday", "in March", "in June", "at noon", "at midnight", "last winter", "before the storm"]
_FILLERS = [
    "Nobody else was there .",
    "It was a cold year .",
    "The others only watched .",
    "That surprised the whole village .",
]


class DemoQuestions(Generated):
    """A story of four to eight sentences and a question each.

    Args:
        size: training questions; validation and test have a quarter as many each.
        unanswerable_share: of questions whose answer the story does not tell.
    """

    name = "demo_questions"
    columns = ("question", "context", "answers")

    def __init__(self, *, size: PositiveInt, unanswerable_share: BelowOne) -> None:
        super().__init__(size, unanswerable_share=unanswerable_share)
        self._unanswerable_share = unanswerable_share

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """One question."""
        person, rival = generator.sample(_PEOPLE, 2)
        thing, other_thing = generator.sample(_THINGS, 2)
        verb, other_verb = generator.sample(list(_VERBS), 2)
        place, other_place, third_place = generator.sample(_PLACES, 3)
        time, other_time, third_time = generator.sample(_TIMES, 3)
        fact = (person, verb, thing, place, time)
        told = [
            fact,
            (rival, verb, thing, other_place, other_time),  # another did the same
            (person, other_verb, thing, third_place, third_time),  # the same person did something else with it
            (person, verb, other_thing, generator.choice([other_place, third_place]), generator.choice(_TIMES)),
            (person, other_verb, other_thing, place, generator.choice(_TIMES)),  # something else at the same place
            (rival, other_verb, thing, place, generator.choice(_TIMES)),
        ]
        asked = generator.choice(["where", "when", "who", "what"])
        story = told if generator.random() >= self._unanswerable_share else told[1:]
        story = generator.sample(story, len(story))
        sentences = [_sentence(generator, *one) for one in story]
        for _ in range(generator.randint(0, 3)):
            sentences.insert(generator.randint(0, len(sentences)), generator.choice(_FILLERS))
        context = " ".join(sentences)
        base = _VERBS[verb]
        question, answer = {
            "where": (f"Where did {person} {base} the {thing} ?", place),
            "when": (f"When did {person} {base} the {thing} ?", time),
            "who": (f"Who {verb} the {thing} at {place} ?", person),
            "what": (f"What did {person} {base} at {place} ?", f"the {thing}"),
        }[asked]
        answers: dict[str, list[Any]] = {"text": [], "answer_start": []}
        if fact in story:
            sentence = [text for text in sentences if text not in _FILLERS][story.index(fact)]
            start = context.index(sentence) + sentence.lower().index(answer.lower())
            answers = {"text": [context[start : start + len(answer)]], "answer_start": [start]}
        return {"question": question, "context": context, "answers": answers}


def _sentence(generator: random.Random, person: str, verb: str, thing: str, place: str, time: str) -> str:
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
