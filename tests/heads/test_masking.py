"""The realised rates are the configured ones, by binomial and chi-square tests."""

import numpy as np
import pytest
from scipy import stats

from tunesmith.heads import masking
from tunesmith.heads.permuted_lm import target_spans

WORDS = np.repeat(np.arange(600), np.tile([1, 3, 1, 2, 1], 120))  # 960 tokens
STARTS = np.diff(WORDS, prepend=-1) != 0


def sample_many(draw, times=200):
    return np.concatenate([draw(np.random.default_rng(seed)) for seed in range(times)])


def close(found, rate):
    """Whether a mean is within five standard errors of a rate, allowing for tokens that are selected as groups."""
    return abs(found.mean() - rate) < 5 * found.std() / np.sqrt(len(found) / 8)


@pytest.mark.parametrize("unit", ["token", "word", "span"])
@pytest.mark.parametrize("rate", [0.05, 0.15, 0.5])
def test_the_fraction_of_selected_tokens(unit, rate):
    assert close(sample_many(lambda generator: masking.choose(generator, STARTS, rate=rate, unit=unit)), rate)


def test_single_tokens_are_selected_independently():
    counts = [masking.choose(np.random.default_rng(n), STARTS, rate=0.15, unit="token").sum() for n in range(400)]
    binomial = np.sqrt(len(STARTS) * 0.15 * 0.85)
    assert np.std(counts) == pytest.approx(binomial, rel=0.2)  # spans would fix the number


def test_short_texts_have_the_same_rate():
    found = sample_many(
        lambda generator: masking.choose(generator, np.ones(3, dtype=bool), rate=0.15, unit="span"), 4000
    )
    assert close(found, 0.15)


def test_whole_words_are_selected():
    for seed in range(20):
        chosen = masking.choose(np.random.default_rng(seed), STARTS, rate=0.15, unit="word")
        assert all(len(set(chosen[word == WORDS])) == 1 for word in range(600))


def test_span_lengths_are_spanberts():
    # Section 3.1 of the paper: lengths in words, geometric with p = 0.2, clipped at 10; the mean is 3.8 if longer ones
    # are resampled, and 4.46 if they are clipped to 10.
    drawn = [masking.spans(np.random.default_rng(seed), np.arange(400), rate=0.05) for seed in range(4000)]
    # The first span of each text, which is not cut short by another one or by the rate.
    lengths = [int((numbers == 1).sum()) for numbers in drawn if not (numbers[-10:] == 1).any()]
    expected = [0.2 * 0.8 ** (length - 1) for length in range(1, 10)] + [0.8**9]
    observed = np.bincount(lengths, minlength=11)[1:]
    assert stats.chisquare(observed, np.array(expected) * len(lengths)).pvalue > 1e-3


def test_spans_start_at_every_word_alike():
    drawn = [masking.spans(np.random.default_rng(seed), np.arange(5), rate=0.2) for seed in range(2000)]  # one token
    assert stats.chisquare(np.sum([numbers > 0 for numbers in drawn], axis=0)).pvalue > 1e-3


def test_replacements_of_selected_tokens():
    ids = np.full(40000, 7)
    ordinary = np.arange(10, 110)
    seen = masking.replace(
        np.random.default_rng(1), ids, np.arange(40000), mask=4, ordinary=ordinary, mask_share=0.8, random_share=0.1
    )
    counts = [(seen == 4).sum(), ((seen != 4) & (seen != 7)).sum(), (seen == 7).sum()]
    assert stats.chisquare(counts, [32000, 4000, 4000]).pvalue > 1e-3
    drawn = np.bincount(seen[(seen != 4) & (seen != 7)] - 10, minlength=100)
    assert stats.chisquare(drawn).pvalue > 1e-3
    groups = np.repeat(np.arange(8000), 5)
    seen = masking.replace(
        np.random.default_rng(1), ids, groups, mask=4, ordinary=ordinary, mask_share=0.8, random_share=0.1
    )
    assert all(len({value == 4 for value in part}) == 1 for part in seen.reshape(-1, 5))


def test_targets_are_a_sixth_of_the_tokens_in_spans_of_one_to_five():
    chosen = [target_spans(np.random.default_rng(seed), 512, rate=1 / 6, longest=5) for seed in range(400)]
    assert close(np.concatenate(chosen), 1 / 6)
    runs = [len(run) for row in chosen for run in "".join("x" if on else " " for on in row).split()]
    assert set(runs) >= {1, 2, 3, 4, 5} and np.mean(np.array(runs) > 5) < 0.1  # neighbouring spans can touch
