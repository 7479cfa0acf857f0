"""The generated entities and questions need context: no trivial baseline solves them."""

from collections import Counter, defaultdict

from seqeval.metrics import f1_score
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from tunesmith.data.sources.demo_entities import DemoEntities
from tunesmith.data.sources.demo_questions import DemoQuestions


def test_a_word_alone_does_not_determine_its_tag():
    source = DemoEntities(size=2000)
    train, test = ([row for _, row in source.rows(split)] for split in ("train", "test"))
    counts = defaultdict(Counter)
    for row in train:
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            counts[token][tag] += 1
    from_word = [
        [counts[token].most_common(1)[0][0] if token in counts else "O" for token in row["tokens"]] for row in test
    ]

    def features(row):
        padded = ["", "", *row["tokens"], "", ""]
        return [{f"{offset}={padded[index + offset]}": 1 for offset in range(5)} for index in range(len(row["tokens"]))]

    vectors = DictVectorizer()
    model = LogisticRegression(max_iter=200)
    model.fit(
        vectors.fit_transform([f for row in train for f in features(row)]),
        [tag for row in train for tag in row["tags"]],
    )
    from_context = [list(model.predict(vectors.transform(features(row)))) for row in test]
    gold = [row["tags"] for row in test]
    assert f1_score(gold, from_context) > f1_score(gold, from_word) + 0.2


def test_answers_are_at_their_offsets():
    rows = [row for _, row in DemoQuestions(size=400, unanswerable_share=0.3).rows("train")]
    for row in rows:
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
            assert row["context"][start : start + len(text)] == text
    assert 0.2 < sum(not row["answers"]["text"] for row in rows) / len(rows) < 0.4


def test_shared_words_do_not_find_the_answer():
    rows = [row for _, row in DemoQuestions(size=1000, unanswerable_share=0.0).rows("train")]
    found = 0
    for row in rows:
        words = set(row["question"].lower().split())
        sentences = row["context"].lower().split(" . ")
        best = max(sentences, key=lambda sentence: len(words & set(sentence.split())))
        found += row["answers"]["text"][0].lower() in best
    assert found / len(rows) < 0.7
