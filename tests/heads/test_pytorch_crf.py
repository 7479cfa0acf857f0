"""`LinearChainCrf` as pytorch-crf's `CRF` is used: the cases of its own tests, against the class itself and brute force."""

import itertools

import pytest
import torch
from torchcrf import CRF

from tunesmith.heads.linear_chain_crf import LinearChainCrf

WORDS, BATCH, TAGS = 3, 2, 5


def pair(**settings):
    torch.manual_seed(1)
    ours = LinearChainCrf(TAGS, **settings)
    torch.nn.init.uniform_(ours.transitions, -1, 1)
    theirs = CRF(TAGS, **settings)
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def inputs(*, batch_first=False, words=WORDS, batch=BATCH):
    shape = (batch, words) if batch_first else (words, batch)
    return torch.randn(*shape, TAGS), torch.randint(TAGS, shape)


def prefix_mask(*, batch_first=False, kind=torch.bool):
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]], dtype=kind)
    return mask if batch_first else mask.T.contiguous()


def test_it_is_pytorch_crfs_class_with_its_parameters_and_initial_values():
    torch.manual_seed(3)
    ours = LinearChainCrf(10)
    torch.manual_seed(3)
    theirs = CRF(10)
    assert isinstance(ours, CRF) and (ours.num_tags, ours.batch_first) == (10, False)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in ours.state_dict().items())
    assert repr(ours) == "LinearChainCrf(num_tags=10)"


@pytest.mark.parametrize("count", [0, -1])
def test_a_wrong_number_of_tags(count):
    with pytest.raises(ValueError, match=f"invalid number of tags: {count}"):
        LinearChainCrf(count)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", [None, torch.bool, torch.uint8])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "token_mean"])
def test_the_likelihood(reduction, kind, batch_first):
    ours, theirs = pair(batch_first=batch_first)
    emissions, tags = inputs(batch_first=batch_first)
    options = {"reduction": reduction}
    if kind is not None:
        options["mask"] = prefix_mask(batch_first=batch_first, kind=kind)
    found, expected = (crf(emissions, tags, **options) for crf in (ours, theirs))
    torch.testing.assert_close(found, expected)
    assert found.shape == ((BATCH,) if reduction == "none" else ())
    assert ours(emissions, tags).item() == pytest.approx(theirs(emissions, tags).item(), rel=1e-5)  # the default: sum


def test_the_likelihood_by_enumeration():
    ours, _ = pair(batch_first=True)
    emissions, tags = inputs(batch_first=True, batch=1)

    def score(path):
        value = ours.start_transitions[path[0]] + ours.end_transitions[path[-1]]
        value = value + sum(emissions[0, place, tag] for place, tag in enumerate(path))
        return value + sum(ours.transitions[a, b] for a, b in itertools.pairwise(path))

    every = torch.stack([score(path) for path in itertools.product(range(TAGS), repeat=WORDS)])
    torch.testing.assert_close(ours(emissions, tags), score(tags[0].tolist()) - every.logsumexp(0))


def test_it_is_trained_like_pytorch_crfs():
    models = pair()
    emissions, tags = inputs()
    for crf in models:
        optimizer = torch.optim.SGD(crf.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            (-crf(emissions, tags, mask=prefix_mask())).backward()
            optimizer.step()
    ours, theirs = (crf.state_dict() for crf in models)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name])


@pytest.mark.parametrize("batch_first", [False, True])
def test_decoding(batch_first):
    ours, theirs = pair(batch_first=batch_first)
    emissions, _ = inputs(batch_first=batch_first)
    assert ours.decode(emissions) == theirs.decode(emissions)
    mask = prefix_mask(batch_first=batch_first)
    assert ours.decode(emissions, mask=mask) == theirs.decode(emissions, mask=mask)
    assert [len(path) for path in ours.decode(emissions, mask=mask)] == [3, 2]


def test_both_orders_of_dimensions_are_the_same():
    ours, _ = pair()
    swapped = LinearChainCrf(TAGS, batch_first=True)
    swapped.load_state_dict(ours.state_dict())
    emissions, tags = inputs()
    turned = emissions.transpose(0, 1), tags.T
    torch.testing.assert_close(ours(emissions, tags), swapped(*turned))
    assert ours.decode(emissions) == swapped.decode(turned[0])


WRONG = {
    "emissions must have dimension of 3": lambda e, t, m: (e[0], t, None),
    "expected last dimension of emissions is 5": lambda e, t, m: (e[..., :4], t, None),
    "first two dimensions of emissions and tags must match": lambda e, t, m: (e, t[:2], None),
    "first two dimensions of emissions and mask must match": lambda e, t, m: (e, t, m[:2]),
    "mask of the first timestep must all be on": lambda e, t, m: (e, t, m.flip(0)),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments(message):
    for crf in pair():
        with pytest.raises(ValueError, match=message):
            crf(*WRONG[message](*inputs(), prefix_mask()))


@pytest.mark.parametrize("message", ["emissions must have dimension", "expected last dimension", "and mask must match"])
def test_wrong_arguments_of_decoding(message):
    emissions, _, mask = next(WRONG[name](*inputs(), prefix_mask()) for name in WRONG if message in name)
    with pytest.raises(ValueError, match=message):
        pair()[0].decode(emissions, mask=mask)


def test_a_wrong_reduction():
    with pytest.raises(ValueError, match="invalid reduction: average; expected none, sum, mean or token_mean"):
        pair()[0](*inputs(), reduction="average")


def test_a_mask_with_holes_is_refused():
    """pytorch-crf counts the transition from the masked word in the numerator only."""
    mask = torch.tensor([[1, 0, 1], [1, 1, 1]], dtype=torch.bool).T
    ours, _ = pair()
    emissions, tags = inputs()
    for call in (lambda: ours(emissions, tags, mask=mask), lambda: ours.decode(emissions, mask=mask)):
        with pytest.raises(ValueError, match="the mask has holes"):
            call()
