"""The generated documents: deterministic, from all four worlds, and consistent."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from tunesmith.data.sources import demo_entities, demo_pairs, demo_questions, demo_reviews
from tunesmith.data.sources.demo_corpus import AGREEING, DISAGREEING, DemoCorpus

QUALITIES = {word: side for quality in demo_pairs.QUALITIES for side, words in enumerate(quality) for word in words}
VERDICTS = {word: side for side, words in enumerate((demo_reviews.POSITIVE, demo_reviews.NEGATIVE)) for word in words}
WORDS = {  # the phrases of each world
    "reviews": [
        *demo_reviews.POSITIVE,
        *demo_reviews.NEGATIVE,
        *demo_reviews.ASPECTS,
        *demo_reviews.OTHERS,
        *demo_reviews.PEOPLE,
        *demo_reviews.NEUTRAL,
    ],
    "pairs": [
        *demo_pairs.NAMES,
        *demo_pairs.THINGS,
        *(word for quality in demo_pairs.QUALITIES for side in quality for word in side),
    ],
    "entities": [
        *demo_entities.SHARED,
        *demo_entities.FRESH,
        *demo_entities.COMMON,
        *(word.lower() for word in demo_entities.COMMON),
        *demo_entities.FIRST,
        *(part for clause in demo_entities.CLAUSES for part in re.split(r"\s*{\w+}\s*", " ".join(clause)) if part),
        *demo_entities.JOINS,
    ],
    "questions": [
        *demo_questions.PEOPLE,
        *demo_questions.VERBS,
        *demo_questions.VERBS.values(),
        *demo_questions.THINGS,
        *demo_questions.PLACES,
        *demo_questions.TIMES,
        *demo_questions.FILLERS,
    ],
}
STATEMENT = re.compile(
    r"(?:the (?P<thing>\w+) (?:was|seemed)|(?:nobody|everybody) found the (?P<found>\w+)|nobody would call the (?P<called>\w+)) "
    r"(?P<negated>not |never |hardly |anything but )?(?:(?:very|quite|rather|simply) )?(?P<word>well lit|\w+)"
)


@pytest.fixture(scope="module")
def texts():
    return [row["text"] for _, row in DemoCorpus(size=2000).rows("train")]


def world(text):
    padded = f" {text} "
    return max(WORDS, key=lambda name: sum(f" {word} " in padded for word in WORDS[name]))


def of(name, texts):
    found = [text for text in texts if world(text) == name]
    assert found
    return found


def statements(sentence, sides):
    """The statements of a sentence as (thing, 0 or 1), by the sides of its words."""
    matches = [match for match in STATEMENT.finditer(sentence) if match["word"] in sides]  # others are mistyped
    return [
        (
            match["thing"] or match["found"] or match["called"],
            sides[match["word"]] ^ (bool(match["negated"]) or match[0].startswith("nobody")),
        )
        for match in matches
    ]


def test_documents_have_40_to_120_words_and_none_repeats(texts):
    assert all(40 <= len(text.split()) <= 120 for text in texts)
    assert len(set(texts)) == len(texts)


def test_the_four_worlds_are_evenly_mixed(texts):
    counts = Counter(map(world, texts))
    assert set(counts) == set(WORDS) and all(0.22 < count / len(texts) < 0.28 for count in counts.values())


@pytest.mark.parametrize("name", WORDS)
def test_all_words_of_each_demo_occur(name, texts):
    whole = " ".join(f" {text} " for text in of(name, texts))
    assert [word for word in WORDS[name] if f" {word} " not in whole] == []


def test_labels_do_not_occur(texts):
    words = {word.lower() for text in texts for word in text.split()}
    assert not words & {
        "positive",
        "negative",
        "same",
        "different",
        "o",
        "per",
        "loc",
        "org",
        "b-per",
        "i-per",
        "label",
    }


def test_rows_do_not_depend_on_the_size_or_the_process():
    code = "from tunesmith.data.sources.demo_corpus import DemoCorpus as D; print(list(D(size=20).rows('validation')))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    longer = list(DemoCorpus(size=200).rows("validation"))[:5]
    assert outputs == {f"{longer}\n".encode()} and longer[4][1]["id"] == "validation-5"


def test_a_review_has_one_verdict(texts):
    for text in of("reviews", texts):
        plain = [
            part
            for part in re.split(r" [.!] ?", text)
            if part.startswith(("the ", "nobody")) and not re.search("[,;:]|but", part)
        ]
        sides = [side for part in plain for thing, side in statements(part, VERDICTS) if thing in demo_reviews.ASPECTS]
        assert len(set(sides)) <= 1, text


def test_words_of_one_verdict_occur_together(texts):
    neighbours = {word: Counter() for word in VERDICTS}
    for text in of("reviews", texts):
        verdicts = [word for word in text.split() if word in VERDICTS]
        for word in verdicts:
            neighbours[word].update(VERDICTS[other] for other in verdicts if other != word)
    assert all(counts[VERDICTS[word]] > counts[1 - VERDICTS[word]] for word, counts in neighbours.items())


def test_paraphrases_agree_and_contradictions_do_not(texts):
    checked = Counter()
    for sentence in " ".join(of("pairs", texts)).split(" . "):
        first, _, rest = sentence.partition(" ; ")
        for links, agree in ((AGREEING, True), (DISAGREEING, False)):
            if rest.startswith(links):
                ((thing, side),) = statements(rest, QUALITIES)
                assert ((thing, side) in statements(first, QUALITIES)) == agree
                checked[agree] += 1
    assert min(checked.values()) > 500


def test_a_report_repeats_its_names(texts):
    names = {*demo_entities.SHARED, *demo_entities.FRESH, *demo_entities.FIRST}
    for text in of("entities", texts):
        assert max(Counter(word for word in text.split() if word in names | set(demo_entities.COMMON)).values()) > 1


def test_answers_occur_in_the_story(texts):
    past = {base: verb for verb, base in demo_questions.VERBS.items()}
    answered = 0
    for text in of("questions", texts):
        start = min(text.index(word) for word in ("Who ", "Where ", "When ", "What ") if word in text)
        story = [sentence.lower() for sentence in text[:start].split(" . ")]
        for question, answer in re.findall(r"(W[^.?]*) \? ([^.]*) \.", text[start:]):
            asked = question.replace(" did ", " ").split(maxsplit=1)[1].split()
            wanted = {past.get(word, word).lower() for word in [*asked, *answer.split()]} - {"the", "at", "in", "on"}
            assert any(wanted <= set(sentence.split()) for sentence in story), (question, answer, story)
            answered += 1
    assert answered > 1000
