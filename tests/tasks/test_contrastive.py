"""Encoding of texts, pairs, triplets and scored pairs, and their scores against scipy."""

import numpy as np
import pytest
from scipy import stats

from tests.heads.test_contrastive import TEXTS, mini, sentence_task
from tunesmith.configuration.monitor import larger_is_better
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.metrics import embeddings
from tunesmith.tasks.contrastive import Contrastive as ContrastiveTask

COLUMNS = {"text": "a b", "positive": "c", "negative": "d e f"}


@pytest.fixture(scope="module", params=["bert", "xlnet", "gpt2"])
def tokenizer(request):
    return mini(request.param).tokenizer(lambda: TEXTS, pre_split=False)


def split_of(rows, task, tokenizer):
    return EncodedSplit.of(rows, task=task, tokenizer=tokenizer)


def test_texts_are_collated_by_column(tokenizer):
    task = sentence_task(positive="positive", negative="negative")
    rows = [
        dict(zip(("text", "positive", "negative"), texts, strict=True))
        for texts in ([*TEXTS], [TEXTS[1], TEXTS[2], TEXTS[0]])
    ]
    split = split_of(rows, task, tokenizer)
    batch = split[np.arange(2)]
    order = [rows[number][column] for column in ("text", "positive", "negative") for number in range(2)]
    expected = tokenizer(order, truncation=True, max_length=16, padding=True, return_tensors="pt")
    assert batch.inputs.keys() <= expected.keys()
    for name, value in batch.inputs.items():
        assert value.equal(expected[name])
    assert batch.layout["places"].tolist() == [[0, 1], [2, 3], [4, 5]]
    lengths = [max(len(tokenizer(text)["input_ids"]) for text in row.values()) for row in rows]
    assert split.lengths.tolist() == np.minimum(lengths, 16).tolist()


def test_an_empty_text_has_a_token(tokenizer):
    batch = split_of([{"text": ""}, {"text": "fine"}], sentence_task(), tokenizer)[np.arange(2)]
    assert "attention_mask" not in batch.inputs or batch.inputs["attention_mask"].sum(1).min() > 0


def test_scores_equal_scipys(tokenizer):
    rows = [{"first": TEXTS[0], "second": TEXTS[1], "score": score} for score in (0, "1.5", 5, 4, 4.2, 3.9)]
    task, generator = sentence_task(), np.random.default_rng(1)
    split = split_of(rows, task, tokenizer)
    first, second = generator.normal(size=(2, 6, 4)).astype(np.float32)
    outputs = [{"embedding": one, "embedding_2": two} for one, two in zip(first, second, strict=True)]
    scores, gold = task.score(split, outputs), [0, 1.5, 5, 4, 4.2, 3.9]
    cosine = embeddings.cosine(first, second)
    assert scores["spearman"] == pytest.approx(stats.spearmanr(cosine, gold).statistic)
    assert scores["pearson"] == pytest.approx(stats.pearsonr(cosine, gold).statistic)
    assert scores["alignment"] == pytest.approx(embeddings.alignment(first[2:5], second[2:5]))  # 4 of 5 and more
    assert scores["uniformity"] == pytest.approx(embeddings.uniformity(np.concatenate([first, second])))
    line = task.line(split.examples[1], outputs[1])
    assert line == {"first": TEXTS[0], "second": TEXTS[1], "score": 1.5, "similarity": pytest.approx(cosine[1])}


def test_ties_are_ranked_as_in_scipy(tokenizer):
    rows = [{"first": "a", "second": "b", "score": score} for score in (1, 1, 3, 3, 5)]
    task = sentence_task()
    outputs = [{"embedding": np.array([1.0, 0]), "embedding_2": np.array([x, 1.0])} for x in (0.5, 0.5, 2, 1, 2)]
    cosine = [x / np.sqrt(1 + x * x) for x in (0.5, 0.5, 2, 1, 2)]
    found = task.score(split_of(rows, task, tokenizer), outputs)
    assert found["spearman"] == pytest.approx(stats.spearmanr(cosine, [1, 1, 3, 3, 5]).statistic)


def test_unscored_texts_have_uniformity_only(tokenizer):
    task = sentence_task()
    outputs = [{"embedding": vector} for vector in np.eye(3)]
    found = task.score(split_of([{"text": text} for text in TEXTS], task, tokenizer), outputs)
    assert found == {"uniformity": pytest.approx(-4)}  # all distances are the square root of 2


def test_the_direction_of_each_score():
    larger = [name for name in ContrastiveTask.scores if larger_is_better(f"validation/{name}")]
    assert larger == ["spearman", "pearson"]  # alignment and uniformity are minimised
