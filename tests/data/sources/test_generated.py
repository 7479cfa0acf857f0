"""The generated data: deterministic, and not solvable by a bag of words."""

import subprocess
import sys

from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from tunesmith.data.sources.demo_pairs import DemoPairs
from tunesmith.data.sources.demo_reviews import DemoReviews

# Test accuracy that the default run reaches, which tests/test_default_run.py measures, and that a bag of words does not.
DEFAULT_RUN_ACCURACY = 0.90
BAG_OF_WORDS_ACCURACY = 0.68


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
