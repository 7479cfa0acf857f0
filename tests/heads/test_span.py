"""The span head against Hugging Face's classes with the same weights, and its n best spans against brute force."""

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, kl_divergence
from transformers import AutoModelForQuestionAnswering, BertConfig

from tests.heads.test_classification import FAMILIES, mini, shards_average_to_the_whole
from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.heads.span import Span
from tunesmith.tasks.question_answering import QuestionAnswering

CONTEXT = "Ada wrote the first program in 1843 . Grace wrote a compiler , and Alan thought about machines that think ."
QUESTIONS = [
    ("Who wrote the first program ?", "Ada"),
    ("What did Grace write , long after that ?", "a compiler"),
    ("When ?", "1843"),
]


def question_task(**overrides):
    settings = {"question": "question", "context": "context", "answers": "answers", "unanswerable": False}
    settings |= {"metrics": ["f1"], "max_length": 60, "stride": 8, "max_answer_length": 6, "n_best": 5}
    return QuestionAnswering(**(settings | overrides))


def rows():
    return [
        {"id": str(n), "question": question, "context": CONTEXT[: 60 + 20 * n], "answers": [answer]}
        for n, (question, answer) in enumerate(QUESTIONS)
    ]


def build(family, task, side=None):
    spec = mini(family)
    tokenizer = spec.tokenizer(lambda: [CONTEXT, *(question for question, _ in QUESTIONS)], pre_split=False)
    if side is not None:
        tokenizer.padding_side = side
    torch.manual_seed(0)
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    head = Span(backbone, task)
    return backbone.eval(), head.eval(), EncodedSplit.of(rows(), task=task, tokenizer=tokenizer), tokenizer


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_loss_equal_hugging_face(family, side, tmp_path):
    backbone, head, split, _ = build(family, question_task(), side)
    batch = split[np.arange(len(split))]
    head.save(backbone, tmp_path)
    reference = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()
    labels = batch.targets["labels"]
    with torch.no_grad():
        expected = reference(**batch.inputs)
        scores = head(backbone(batch), batch)
    real = batch.inputs["attention_mask"] == 1
    torch.testing.assert_close(scores[..., 0][real], expected.start_logits[real], atol=1e-5, rtol=0)
    torch.testing.assert_close(scores[..., 1][real], expected.end_logits[real], atol=1e-5, rtol=0)
    # Hugging Face's loss includes padding; a batch of one has none.
    for row in range(len(split)):
        one = split[np.array([row])]
        with torch.no_grad():
            loss = head.loss(head(backbone(one), one), one)
            first, last = one.targets["labels"].unbind(-1)
            torch.testing.assert_close(
                loss, reference(**one.inputs, start_positions=first, end_positions=last).loss, atol=1e-5, rtol=0
            )
    assert labels.shape == (len(split), 2)


def test_the_best_spans_equal_brute_force():
    task = question_task(n_best=7)
    _, head, split, _ = build("bert", task)
    batch = split[np.arange(len(split))]
    scores = torch.randn(len(split), batch.inputs["input_ids"].shape[1], 2)
    decoded = head.decode(scores, batch)
    for row in range(len(split)):
        begin, stop = batch.layout["context"][row].tolist()
        found = [
            (float(scores[row, i, 0] + scores[row, j, 1]), i - begin, j - begin)
            for i in range(begin, stop)
            for j in range(i, min(stop, i + task.max_answer_length))
        ]
        expected = sorted(found, reverse=True)[:7]
        assert [(i, j) for _, i, j in expected] == list(
            zip(decoded["first"][row].tolist(), decoded["last"][row].tolist(), strict=True)
        )
        null = batch.layout["no_answer"][row]
        assert decoded["null_score"][row] == scores[row, null].sum()


@pytest.mark.parametrize("n_best,longest", [(1, 1), (3, 2), (40, 40), (500, 500)])
def test_every_number_and_length_of_spans_equals_brute_force(n_best, longest):
    _, head, _, _ = build("bert", question_task(n_best=n_best, max_answer_length=longest))
    layout = {"context": torch.tensor([[2, 9], [0, 12], [4, 5]]), "no_answer": torch.tensor([0, 1, 11])}
    scores = torch.randn(3, 12, 2)
    decoded = head.decode(scores, Batch({}, {}, np.arange(3), layout))
    for row, (begin, stop) in enumerate(layout["context"].tolist()):
        spans = [(i, j) for i in range(begin, stop) for j in range(i, min(stop, i + longest))]
        every = sorted(((float(scores[row, i, 0] + scores[row, j, 1]), i, j) for i, j in spans), reverse=True)
        found = [tuple(decoded[name][row].tolist()) for name in ("score", "first", "last")]
        kept = min(n_best, 12)
        assert all(len(values) == kept for values in found)
        expected = [(score, i - begin, j - begin) for score, i, j in every[:kept]]
        assert list(zip(*found, strict=True))[: len(expected)] == expected
        assert set(found[0][len(expected) :]) <= {-float("inf")}
    null = scores[torch.arange(3), layout["no_answer"]].sum(1)
    torch.testing.assert_close(decoded["null_score"], null)


REAL = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]]).bool()


def test_divergence_is_the_mean_of_both_kl_divergences_over_real_tokens():
    _, head, _, _ = build("bert", question_task())
    first, second = (torch.randn(3, 5, 2).masked_fill(~REAL.unsqueeze(-1), -torch.inf) for _ in range(2))
    expected = []
    for row, real in enumerate(REAL):
        for end in (0, 1):
            p, q = (Categorical(logits=scores[row, real, end]) for scores in (first, second))
            expected.append((kl_divergence(p, q) + kl_divergence(q, p)) / 2)
    torch.testing.assert_close(
        head.distribution(first, None).divergence(head.distribution(second, None)), torch.stack(expected).mean()
    )


def test_the_loss_is_the_mean_over_both_ends_of_the_windows_with_a_target():
    _, head, _, _ = build("bert", question_task())
    labels = torch.tensor([[1, 3], [-100, -100], [2, 2]])  # the second window has lost its answer
    scores = torch.randn(3, 5, 2).masked_fill(~REAL.unsqueeze(-1), -torch.inf)
    batch = Batch({}, {"labels": labels}, np.arange(3))
    p = scores.double().softmax(1)
    expected = -np.mean([np.log(p[0, 1, 0]), np.log(p[0, 3, 1]), np.log(p[2, 2, 0]), np.log(p[2, 2, 1])])
    assert head.loss(scores, batch).item() == pytest.approx(expected, rel=1e-5)
    assert head.loss_denominator(batch) == 2 and shards_average_to_the_whole(head, scores, batch)
    batch.targets["labels"] = torch.full((3, 2), -100)
    assert head.loss(scores, batch) == 0


def test_its_labels_are_unnamed_even_after_a_classifier():
    backbone, _, _, _ = build("bert", question_task())
    backbone.config.id2label, backbone.config.label2id = {0: "a", 1: "b", 2: "c"}, {"a": 0, "b": 1, "c": 2}
    Span(backbone, question_task())
    assert backbone.config.id2label == BertConfig().id2label and backbone.config.label2id == BertConfig().label2id


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("max_length", [24, 60])
def test_targets_point_at_the_answer_in_every_family(family, max_length):
    task = question_task(max_length=max_length)
    _, _, split, tokenizer = build(family, task)
    starts, ends, contexts = split.lists("starts"), split.lists("ends"), split.lists("context")
    examples, found = split.numbers("example"), set()
    for window in range(len(split)):
        assert split.lengths[window] <= max_length
        first, last = split.lists("target")[window]
        example = int(examples[window])
        if first == split.numbers("no_answer")[window] == last:
            continue
        begin = contexts[window][0]
        text = rows()[example]["context"][starts[window][first - begin] : ends[window][last - begin]]
        assert text.strip() == QUESTIONS[example][1]
        found.add(example)
    assert found == {0, 1, 2} if max_length == 60 else 0 in found
    covered = {example: set() for example in range(3)}
    for window in range(len(split)):
        covered[int(examples[window])] |= {int(start) for start in starts[window]}
    for example, row in enumerate(rows()):  # the windows cover every context completely
        whole = tokenizer(row["context"], add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        assert covered[example] >= {start for start, end in whole if end > start}
