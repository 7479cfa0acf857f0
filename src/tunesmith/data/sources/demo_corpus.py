"""Generated documents to pretrain on before the demo datasets: the same words and sentences, longer, without labels.

A document stays in one world and is consistent, so a masked word can be predicted from the others with the skills that
the task requires:
- a review has one verdict throughout: words of the same side occur together, and "not", "hardly", "anything but" or
  "but" separate words of opposite sides;
- a description makes each statement twice or contradicts it explicitly: "in other words" and "on the contrary" connect
  synonyms, opposites and negation;
- a report mentions the same people, places and organisations repeatedly, by name and by kind, including names
  that `demo_entities` reserves for validation and test;
- a story is followed by questions, each with its answer.
"""

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.sources import demo_entities, demo_pairs, demo_questions, demo_reviews
from tunesmith.data.sources.generated import Generated

LENGTHS = (42, 80)  # words after which a document ends with the current sentence; none has more than 120
AGREEING = ("in other words ,", "that is ,", "indeed ,", "so ,")
DISAGREEING = ("on the contrary ,", "that is not true :", "this was wrong :", "others disagree :")
JOBS = "doctor lawyer teacher singer painter farmer reporter driver".split()
PLACES = "town city village port".split()
FIRMS = "company firm newspaper club".split()
NAMES = {*demo_entities.SHARED, *demo_entities.FRESH, *demo_entities.COMMON, *demo_entities.FIRST}


class DemoCorpus(Generated):
    """The column `text`: documents of about 40 to 120 words.

    Args:
        size: training documents; validation and test have a quarter as many each.
    """

    name = "demo_corpus"
    columns = ("text",)

    def __init__(self, *, size: PositiveInt) -> None:
        super().__init__(size)

    def row(self, generator: random.Random, *, split: str) -> dict[str, Any]:
        """A document from one of the four worlds."""
        sentences = generator.choice((review, description, report, story))(generator)
        wanted, words, document = generator.randint(*LENGTHS), 0, []
        while words < wanted:
            document.append(next(sentences))
            words += len(document[-1].split())
        return {"text": " ".join(document)}


def review(generator: random.Random) -> Iterator[str]:
    """Sentences that agree on a verdict, among irrelevant ones."""
    positive = generator.random() < 0.5
    while True:
        chance = generator.random()
        if chance < 0.3:
            sentence = demo_reviews.verdict(positive, generator)
        elif chance < 0.85:
            sentence = _explained(positive, generator)
        else:
            irrelevant = (demo_reviews.distractor(generator), generator.choice(demo_reviews.NEUTRAL))
            sentence = generator.choice(irrelevant)
        if generator.random() < 0.2:  # `mistype` changes one in five of these, so one in 25
            sentence = demo_reviews.mistype(sentence, generator)
        yield sentence + generator.choice((" .", " .", " !"))


def _explained(positive: bool, generator: random.Random) -> str:
    """A verdict in two or three words of one side, or in one that resolves a negation or contrast."""
    own, opposite = demo_reviews.POSITIVE, demo_reviews.NEGATIVE
    if not positive:
        own, opposite = opposite, own
    aspect, also = generator.sample(demo_reviews.ASPECTS, 2)
    one, two, three = generator.sample(own, 3)
    if generator.random() < 0.5:
        return generator.choice(
            (
                f"the {aspect} was {one} and {two}",
                f"the {aspect} was {one} , {two} and {three}",
                f"the {aspect} was {one} , and the {also} was just as {two}",
                f"the {aspect} and the {also} were {one} , even {two}",
            )
        )
    wrong = generator.choice(opposite)
    return generator.choice(
        (
            f"the {aspect} was not {wrong} , it was {one}",
            f"the {aspect} was hardly {wrong} : it was {one} and {two}",
            f"the {aspect} was anything but {wrong} , it was simply {one}",
            f"nobody would call the {aspect} {wrong} , for it was {one}",
            f"the {aspect} was never {wrong} but always {one}",
            f"the {aspect} was {one} and {two} , not {wrong}",
            f"{generator.choice(demo_reviews.PEOPLE)} said it was {wrong} , but i found the {aspect} {one}",
            f"{generator.choice(demo_reviews.OTHERS)} was {wrong} ; here the {aspect} was {one}",
        )
    )


def description(generator: random.Random) -> Iterator[str]:
    """Statements about one thing, each with a paraphrase or an explicit contradiction."""
    thing, other_thing = generator.sample(demo_pairs.THINGS, 2)
    qualities = generator.sample(demo_pairs.QUALITIES, len(demo_pairs.QUALITIES))
    for quality, other_quality in zip(qualities, qualities[1:] + qualities[:1], strict=True):
        side = generator.randrange(2)
        if generator.random() < 0.35:
            yield _paraphrase(thing, quality, side, generator)
            continue
        first = demo_pairs.statements(thing, other_thing, quality, other_quality, side, generator)
        agrees = generator.random() < 0.5
        link = generator.choice(AGREEING if agrees else DISAGREEING)
        second = demo_pairs.statement(thing, quality, side if agrees else 1 - side, generator)
        yield f"{generator.choice(demo_pairs.LINKS).join(first)} ; {link} {second} ."


def _paraphrase(thing: str, quality: demo_pairs.Quality, side: int, generator: random.Random) -> str:
    one, two = generator.sample(quality[side], 2)
    wrong = generator.choice(quality[1 - side])
    return generator.choice(
        (
            f"the {thing} was {one} and {two} , not {wrong} .",
            f"the {thing} was never {wrong} but always {one} , even {two} .",
            f"nobody found the {thing} {wrong} , for it was {one} and {two} .",
            f"the {thing} was anything but {wrong} : it seemed {one} , even {two} .",
        )
    )


def report(generator: random.Random) -> Iterator[str]:
    """Clauses about a few people, places and organisations with distinct names; one of each also by kind."""
    cast = _cast(generator)
    person, place, firm = cast["PER"][0], cast["LOC"][0], cast["ORG"][0]
    job, kind, trade = generator.choice(JOBS), generator.choice(PLACES), generator.choice(FIRMS)
    introductions = (
        (f"{person} , a {job} from {place} , works for {firm} .", f"{person} , who works for {firm} , is a {job} ."),
        (f"{firm} is a {trade} with an office in {place} .", f"The {trade} {firm} has an office in {place} ."),
        (f"The {kind} of {place} lies near {cast['LOC'][1]} .", f"{place} is a {kind} by the river ."),
    )
    again = [
        f"The {job} said that {firm} would stay in the {kind} .",
        f"The {trade} sent {person} , its {job} , to {cast['LOC'][1]} .",
        f"{person} , the {job} , wrote to the {trade} .",
        f"{cast['PER'][1]} met the {job} in {place} .",
        f"People in the {kind} know {person} and {firm} .",
        f"The {trade} {firm} left the {kind} for {cast['LOC'][1]} .",
    ]
    for forms in generator.sample(introductions, 3):
        yield generator.choice(forms)
    generator.shuffle(again)
    while True:
        if again and generator.random() < 0.3:
            yield again.pop()
            continue
        clauses = [_clause(cast, generator) for _ in range(generator.choice((1, 1, 2)))]
        yield f" {generator.choice(demo_entities.JOINS)} ".join(clauses) + " ."


def _clause(cast: dict[str, list[str]], generator: random.Random) -> str:
    left = {kind: generator.sample(names, len(names)) for kind, names in cast.items()}
    clause = demo_entities.clause(generator, lambda kind: left[kind].pop())
    return " ".join(word for words, _ in clause for word in words)


def _cast(generator: random.Random) -> dict[str, list[str]]:
    cast: dict[str, list[str]] = {"PER": [], "LOC": [], "ORG": []}
    taken: set[str] = set()
    for kind, count in {"PER": 3, "LOC": 2, "ORG": 2}.items():
        while len(cast[kind]) < count:
            name = demo_entities.name(kind, generator, fresh=True)
            if not taken & set(name.split()):
                cast[kind].append(name)
                taken |= NAMES & set(name.split())
    return cast


def story(generator: random.Random) -> Iterator[str]:
    """A short story, then questions about it with their answers, short or as sentences."""
    facts = demo_questions.facts(generator)
    facts = generator.sample(facts, generator.randint(2, 4))
    sentences = [demo_questions.sentence(generator, *fact) for fact in facts]
    if generator.random() < 0.5:
        sentences.insert(generator.randint(0, len(sentences)), generator.choice(demo_questions.FILLERS))
    questions = list(product(("where", "when", "who", "what"), facts))
    generator.shuffle(questions)
    yield " ".join([*sentences, _answered(*questions.pop(), generator)])
    while questions:
        yield _answered(*questions.pop(), generator)


def _answered(asked: str, fact: demo_questions.Fact, generator: random.Random) -> str:
    person, verb, thing, place, time = fact
    question, answer = demo_questions.question(asked, *fact)
    if generator.random() < 0.5:
        return f"{question} {person} {verb} the {thing} {time if asked == 'when' else f'at {place}'} ."
    short = f"at {place}" if asked == "where" else answer
    return f"{question} {short[0].upper()}{short[1:]} ."
