"""The generated data: deterministic, the same in every release of one version, and not solvable by a bag of words."""

import hashlib
import json
import subprocess
import sys

import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from tunesmith.data.sources.demo_corpus import DemoCorpus
from tunesmith.data.sources.demo_entities import DemoEntities
from tunesmith.data.sources.demo_pairs import DemoPairs
from tunesmith.data.sources.demo_questions import DemoQuestions
from tunesmith.data.sources.demo_reviews import DemoReviews
from tunesmith.data.sources.demo_sentences import DemoSentences
from tunesmith.data.sources.generated import VERSION

# Test accuracy that the default run reaches, which tests/test_default_run.py measures, and that a bag of words does not.
DEFAULT_RUN_ACCURACY = 0.90
BAG_OF_WORDS_ACCURACY = 0.68


# Caches and published scores name the data by its version. If rows change, raise VERSION, then enter the new digests.
RELEASED = {
    4: {
        "demo_corpus": "f1f8c8be3f094137",
        "demo_entities": "0bd6484ccea87b27",
        "demo_pairs": "a976f8055fb57dff",
        "demo_questions": "ecf0171ceb195682",
        "demo_reviews": "395c5105da0a0fe1",
        "demo_sentences": "0f5d041240027e3a",
    }
}
SOURCES = {
    DemoCorpus: {},
    DemoEntities: {},
    DemoPairs: {},
    DemoQuestions: {"unanswerable_share": 0.3},
    DemoReviews: {"noise": 0.1},
    DemoSentences: {},
}


@pytest.fixture(params=SOURCES, ids=lambda kind: kind.name)
def source(request):
    return request.param(size=300, **SOURCES[request.param])


def digest(source):
    rows = {split: [row for _, row in source.rows(split)] for split in source.splits}
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def test_a_version_names_the_same_rows_in_every_release(source):
    assert digest(source) == RELEASED[VERSION][source.name]


def test_splits_have_ids_sizes_and_columns(source):
    rows = {split: list(source.rows(split)) for split in source.splits}
    assert {split: len(found) for split, found in rows.items()} == {"train": 300, "validation": 75, "test": 75}
    for split, found in rows.items():
        assert [(number, row["id"]) for number, row in found] == [(n, f"{split}-{n}") for n in range(1, len(found) + 1)]
        assert {column for _, row in found for column in row} <= {"id", *source.columns}
        assert source.where(split, 3) == f"{source.name} {split}, row 3"
    assert source.mistakes(source.columns) == []
    (mistake,) = source.mistakes([*source.columns, source.columns[0] + "s"])
    assert mistake.startswith(
        f"{source.name} has no column {source.columns[0]}s; its columns are {', '.join(source.columns)}"
    )
    assert mistake.endswith(f"did you mean {source.columns[0]}?")


def test_small_sizes_have_two_rows_to_evaluate_on():
    for size, rows in ((1, 2), (8, 2), (11, 2), (12, 3), (400, 100)):
        assert len(list(DemoPairs(size=size).rows("test"))) == rows


def test_fingerprints_name_what_rows_depend_on():
    sources = [
        DemoReviews(size=8, noise=0.1),
        DemoReviews(size=9, noise=0.1),
        DemoReviews(size=8, noise=0.2),
        DemoPairs(size=8),
    ]
    found = {source.fingerprint(split) for source in sources for split in source.splits}
    shares = [DemoQuestions(size=8, unanswerable_share=share).fingerprint("test") for share in (0.0, 0.5)]
    assert shares[0] != shares[1]
    assert len(found) == 12 and all(f"-{VERSION}-" in name for name in found)
    assert sources[0].fingerprint("test") == DemoReviews(noise=0.1, size=8).fingerprint("test")


def split(source, name, *columns):
    rows = [row for _, row in source.rows(name)]
    return [" | ".join(row[column] for column in columns) for row in rows], [row["label"] for row in rows]


def bag_of_words(source, *columns, max_n=1):
    """Test accuracy of a linear model over the n-grams (up to `max_n` words) of each column."""
    texts, labels = zip(*(split(source, name, *columns) for name in ("train", "test")), strict=True)
    parts = []
    for number in range(len(columns)):
        train, test = ([text.split(" | ")[number] for text in side] for side in texts)
        vectors = CountVectorizer(ngram_range=(1, max_n))
        parts.append((vectors.fit_transform(train), vectors.transform(test)))
    train, test = (hstack(side) for side in zip(*parts, strict=True))
    return LogisticRegression(max_iter=500).fit(train, labels[0]).score(test, labels[1])


def test_a_bag_of_words_stays_clearly_below_the_default_run():
    reviews = DemoReviews(size=32000, noise=0.02)
    assert bag_of_words(reviews, "text") < BAG_OF_WORDS_ACCURACY < DEFAULT_RUN_ACCURACY - 0.15
    assert bag_of_words(reviews, "text", max_n=2) < DEFAULT_RUN_ACCURACY - 0.03


def test_bigrams_are_weakly_informative_about_pairs():
    assert bag_of_words(DemoPairs(size=32000), "first", "second", max_n=2) < 0.70


def test_under_one_percent_of_test_pairs_occur_in_training():
    pairs = DemoPairs(size=32000)
    seen = set(split(pairs, "train", "first", "second")[0])
    test = split(pairs, "test", "first", "second")[0]
    assert sum(text in seen for text in test) < 0.01 * len(test)


def test_rows_are_the_same_in_every_process():
    code = "from tunesmith.data.sources.demo_reviews import DemoReviews as D; print(list(D(size=20, noise=0.1).rows('train')))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1 and b"train-20" in outputs.pop()


def test_labels_are_balanced_and_only_training_labels_are_noisy():
    _, labels = split(DemoReviews(size=4000, noise=0.0), "train", "text")
    _, noisy = split(DemoReviews(size=4000, noise=1.0), "train", "text")
    assert 0.45 < labels.count("positive") / len(labels) < 0.55
    assert all(one != other for one, other in zip(labels, noisy, strict=True))
    clean = [split(DemoReviews(size=400, noise=noise), "test", "text")[1] for noise in (0.0, 1.0)]
    assert clean[0] == clean[1]
