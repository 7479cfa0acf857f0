"""The generated reviews: the same everywhere, and beyond a bag of words."""

import subprocess
import sys

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from tunesmith.data.sources.demo_pairs import DemoPairs
from tunesmith.data.sources.demo_reviews import DemoReviews

# What the default run reaches; tests/test_default_run.py measures it.
DEFAULT_RUN_ACCURACY = 0.90


def split(source, name, *columns):
    rows = [row for _, row in source.rows(name)]
    return [" | ".join(row[column] for column in columns) for row in rows], [row["label"] for row in rows]


def bag_of_words(source, *columns):
    texts, labels = split(source, "train", *columns)
    vectors = CountVectorizer()
    model = LogisticRegression(max_iter=500).fit(vectors.fit_transform(texts), labels)
    texts, labels = split(source, "test", *columns)
    return model.score(vectors.transform(texts), labels)


def test_a_bag_of_words_stays_clearly_below_the_default_run():
    assert bag_of_words(DemoReviews(size=32000, noise=0.02), "text") < DEFAULT_RUN_ACCURACY - 0.15


def test_a_bag_of_words_says_little_of_pairs():
    assert bag_of_words(DemoPairs(size=32000), "first", "second") < 0.75


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
