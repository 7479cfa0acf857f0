"""The softmax and the CRF head against Hugging Face's classes with the same weights, for four families."""

import itertools

import numpy as np
import pytest
import torch
from transformers import AutoModelForTokenClassification

from tests.heads.test_classification import FAMILIES, mini, shards_average_to_the_whole
from tunesmith.backbones.backbone import Backbone
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.errors import UserError
from tunesmith.heads.crf import Crf
from tunesmith.heads.token_classification import TokenClassification
from tunesmith.heads.transitions import forbidden_transitions
from tunesmith.tasks.token_classification import TokenClassification as Task

SENTENCES = [
    ("Jordan flew to New York with Mark".split(), "B-PER O O B-LOC I-LOC O B-PER".split()),
    ("May I ?".split(), "O O O".split()),
    ("incomprehensibilities of Washington".split(), "O O B-LOC".split()),
]
LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def tag_task(**overrides):
    settings = {"tokens": "tokens", "tags": "tags", "text": None, "spans": None, "entities": True, "strict": False}
    settings |= {"offsets": None, "scheme": None, "suffix": False}
    settings |= {"labels": LABELS, "metrics": ["f1"], "max_length": 40, "stride": 8}
    return Task(**(settings | overrides))


def build(family, head_class, side, **settings):
    task, spec = tag_task(), mini(family)
    tokenizer = spec.tokenizer(lambda: [" ".join(words) for words, _ in SENTENCES], pre_split=True)
    tokenizer.padding_side = side
    torch.manual_seed(0)
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    head = head_class(backbone, task, **settings)
    rows = [{"tokens": words, "tags": tags} for words, tags in SENTENCES]
    split = EncodedSplit.of(rows, task=task, tokenizer=tokenizer)
    return backbone.eval(), head.eval(), split[np.arange(3)], tokenizer


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_loss_equal_hugging_face(family, side, tmp_path):
    backbone, head, batch, tokenizer = build(family, TokenClassification, side, constrained=False)
    head.save(backbone, tmp_path)
    reference = AutoModelForTokenClassification.from_pretrained(tmp_path).eval()
    # Hugging Face's examples label each word's first token and -100 elsewhere.
    given = tokenizer([words for words, _ in SENTENCES], is_split_into_words=True, padding=True, return_tensors="pt")
    labels = torch.full_like(given["input_ids"], -100)
    firsts = []
    for row, (_, tags) in enumerate(SENTENCES):
        words = given.word_ids(row)
        firsts.append([words.index(word) for word in range(len(tags))])
        labels[row, firsts[-1]] = torch.tensor([LABELS.index(tag) for tag in tags])
    with torch.no_grad():
        expected = reference(**given, labels=labels)
        scores = head(backbone(batch), batch)
    for row, places in enumerate(firsts):
        torch.testing.assert_close(scores[row, : len(places)], expected.logits[row, places], atol=1e-5, rtol=0)
    torch.testing.assert_close(head.loss(scores, batch), expected.loss, atol=1e-5, rtol=0)


def test_the_crf_has_the_same_projection_as_the_softmax(tmp_path):
    backbone, head, batch, _ = build("bert", Crf, "right", constrained=False, transition_lr_scale=100.0)
    head.save(backbone, tmp_path)
    softmax = build("bert", TokenClassification, "right", constrained=False)[1]
    softmax.stem.load_state_dict(head.stem.state_dict())
    with torch.no_grad():
        hidden = backbone(batch)
        torch.testing.assert_close(head(hidden, batch), softmax(hidden, batch))


def test_the_crf_loss_equals_pytorch_crf_per_token():
    torchcrf = pytest.importorskip("torchcrf")
    backbone, head, batch, _ = build("bert", Crf, "right", constrained=False, transition_lr_scale=100.0)
    reference = torchcrf.CRF(len(LABELS), batch_first=True)
    reference.load_state_dict(head.chain.state_dict())
    scores = head(backbone(batch), batch)
    labels = batch.targets["labels"]
    expected = -reference(scores, labels.clamp(min=0), mask=labels >= 0, reduction="token_mean")
    torch.testing.assert_close(head.loss(scores, batch), expected)
    decoded = head.decode(scores, batch)["prediction"]
    paths = reference.decode(scores, mask=labels >= 0)
    assert [row[: len(path)] for row, path in zip(decoded.tolist(), paths, strict=True)] == paths


def well_formed(tags):
    pairs = itertools.pairwise(["O", *tags])
    return all(not tag.startswith("I-") or before[2:] == tag[2:] for before, tag in pairs)


@pytest.mark.parametrize("head_class,settings", [(TokenClassification, {}), (Crf, {"transition_lr_scale": 1.0})])
def test_constrained_paths_are_the_best_well_formed_ones(head_class, settings):
    _, head, batch, _ = build("bert", head_class, "right", constrained=True, **settings)
    scores = 3 * torch.randn(3, 4, len(LABELS), generator=torch.Generator().manual_seed(1))
    batch.layout["words"] = torch.tensor([4, 3, 1])
    decoded = head.decode(scores, batch)["prediction"]
    for row, length in enumerate([4, 3, 1]):

        def total(path, row=row):
            value = sum(scores[row, place].log_softmax(-1)[tag] for place, tag in enumerate(path))
            if head_class is Crf:
                value = value + head.chain.start_transitions[path[0]] + head.chain.end_transitions[path[-1]]
                value = value + sum(head.chain.transitions[a, b] for a, b in itertools.pairwise(path))
            return float(value)

        legal = [
            path
            for path in itertools.product(range(len(LABELS)), repeat=length)
            if well_formed([LABELS[tag] for tag in path])
        ]
        assert decoded[row, :length].tolist() == list(max(legal, key=total))


def test_forbidden_transitions_are_those_of_malformed_sequences():
    names = ["O", "B-A", "I-A", "B-B", "I-B", "B-AB", "I-AB"]
    start, transitions = forbidden_transitions(names)
    for place, name in enumerate(names):
        assert start[place] == (0 if well_formed([name]) else -torch.inf)
        for before, other in enumerate(names):
            allowed = not name.startswith("I-") or (other != "O" and other[2:] == name[2:])
            assert transitions[before, place] == (0 if allowed else -torch.inf)


def test_constraints_need_bio_tags():
    with pytest.raises(UserError, match="needs BIO tags"):
        forbidden_transitions(["NOUN", "VERB"])


def test_the_transitions_have_their_own_learning_rate():
    _, head, _, _ = build("bert", Crf, "right", constrained=False, transition_lr_scale=50.0)
    scales = {name: head.parameter_options(name, p, None)["lr_scale"] for name, p in head.named_parameters()}
    chain = {"chain.start_transitions", "chain.end_transitions", "chain.transitions"}
    assert scales == {name: 50.0 if name in chain else 1.0 for name, _ in head.named_parameters()}


def test_class_weights_and_smoothing_ignore_padding():
    backbone, head, batch, _ = build("bert", TokenClassification, "right", constrained=False)
    scores = head(backbone(batch), batch)
    plain, weights = head.loss(scores, batch), torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    head.training_loss.class_weights, head.training_loss.label_smoothing = weights, 0.1
    assert head.loss(scores, batch) == plain  # in evaluation
    head.train()
    words = [scores[row, place] for row, (_, tags) in enumerate(SENTENCES) for place in range(len(tags))]
    targets = torch.tensor([LABELS.index(tag) for _, tags in SENTENCES for tag in tags])
    expected = torch.nn.functional.cross_entropy(torch.stack(words), targets, weight=weights, label_smoothing=0.1)
    torch.testing.assert_close(head.loss(scores, batch), expected)
    assert head.loss_denominator(batch) == weights[targets].sum()
    assert shards_average_to_the_whole(head, scores, batch)


@pytest.mark.parametrize("head_class,settings", [(TokenClassification, {}), (Crf, {"transition_lr_scale": 1.0})])
def test_the_denominator_is_the_number_of_words(head_class, settings):
    _, head, batch, _ = build("bert", head_class, "right", constrained=False, **settings)
    scores = torch.randn(*batch.targets["labels"].shape, len(LABELS))
    assert head.loss_denominator(batch) == sum(len(words) for words, _ in SENTENCES)
    assert shards_average_to_the_whole(head, scores, batch)


def test_without_constraints_each_word_has_its_best_tag():
    _, head, batch, _ = build("bert", TokenClassification, "right", constrained=False)
    scores = torch.randn(3, 7, len(LABELS))
    assert head.decode(scores, batch)["prediction"].tolist() == np.argmax(scores.numpy(), axis=2).tolist()


def test_the_transitions_start_near_zero():
    task = tag_task(labels=["O", *(f"{prefix}-{number}" for number in range(30) for prefix in "BI")])
    spec = mini("bert")
    tokenizer = spec.tokenizer(lambda: ["May"], pre_split=True)
    head = Crf(Backbone(spec.model(spec.config()), tokenizer), task, constrained=False, transition_lr_scale=1.0)
    for part in head.chain.parameters():
        assert part.shape[-1] == 61 and 0.08 < part.max() <= 0.1 and -0.1 <= part.min() < -0.08  # as in pytorch-crf


def test_tags_are_counted():
    task = tag_task()
    tokenizer = mini("bert").tokenizer(lambda: ["May"], pre_split=True)
    split = EncodedSplit.of([{"tokens": w, "tags": t} for w, t in SENTENCES], task=task, tokenizer=tokenizer)
    flat = [tag for _, tags in SENTENCES for tag in tags]
    assert task.label_counts(split).tolist() == [flat.count(name) for name in LABELS]


def test_divergence_is_averaged_over_words():
    _, head, batch, _ = build("bert", TokenClassification, "right", constrained=False)
    first, second = (torch.randn(3, batch.targets["labels"].shape[1], len(LABELS)) for _ in range(2))
    places = [(row, word) for row, (words, _) in enumerate(SENTENCES) for word in range(len(words))]
    p, q = (torch.stack([scores[place] for place in places]) for scores in (first, second))
    kl = lambda p, q: torch.nn.functional.kl_div(q.log_softmax(-1), p.softmax(-1), reduction="batchmean")  # noqa: E731
    found = head.distribution(first, batch).divergence(head.distribution(second, batch))
    torch.testing.assert_close(found, 0.5 * (kl(p, q) + kl(q, p)))
    batch.targets["labels"][:] = -100
    batch.targets["labels"][0, 0] = 1  # a single word
    p, q = p[:1], q[:1]
    found = head.distribution(first, batch).divergence(head.distribution(second, batch))
    torch.testing.assert_close(found, 0.5 * (kl(p, q) + kl(q, p)))


def test_a_batch_without_tags_has_zero_loss():
    backbone, head, batch, _ = build("bert", TokenClassification, "right", constrained=False)
    batch.targets["labels"] = torch.full_like(batch.targets["labels"], -100)
    loss = head.loss(head(backbone(batch), batch), batch)
    loss.backward()
    assert loss == 0 and all(not parameter.grad.any() for parameter in head.parameters())


def test_a_state_of_version_0_1_is_read():
    _, head, _, _ = build("bert", Crf, "right", constrained=False, transition_lr_scale=1.0)
    other = build("bert", Crf, "right", constrained=False, transition_lr_scale=1.0)[1]
    state = {name.removeprefix("chain."): torch.rand_like(value) for name, value in head.state_dict().items()}
    other.load_state_dict(dict(state))
    assert all(torch.equal(other.state_dict()[name], state[name.removeprefix("chain.")]) for name in head.state_dict())
