"""Word dropout: whole tokens, never special ones, at the rate that was set, only in training."""

import pytest
import torch

from tests.heads.test_classification import FAMILIES
from tests.regularizers.modules import assert_plain_training, module_of
from tests.regularizers.test_neftune import embedded
from tunesmith.regularizers.neftune import NefTune
from tunesmith.regularizers.word_dropout import WordDropout


@pytest.mark.parametrize("family", FAMILIES)
def test_whole_tokens_are_dropped_and_special_ones_never(family):
    module, batch = module_of(WordDropout(probability=0.3), family=family, side="left")
    ids, tokenizer = batch.inputs["input_ids"], module.backbone.tokenizer
    clean = module.backbone.embeddings.weight[ids].detach()
    special = torch.tensor(
        [
            [token in tokenizer.all_special_tokens for token in tokenizer.convert_ids_to_tokens(row)]
            for row in ids.tolist()
        ]
    )
    torch.manual_seed(1)
    passes = 200
    dropped = torch.zeros(ids.shape)
    for _ in range(passes):
        found = embedded(module, batch)
        zero = (found == 0).all(-1)
        assert torch.equal(found[~zero], clean[~zero])
        dropped += zero
    assert special.any() and not dropped[special & (clean != 0).any(-1)].any()
    rates = dropped[~special] / passes
    assert rates.mean().item() == pytest.approx(0.3, abs=0.03) and rates.min() > 0.15 and rates.max() < 0.45


def test_the_order_of_noise_and_dropout_in_the_config_makes_no_difference():
    scores = []
    for regularizers in (
        [WordDropout(probability=0.5), NefTune(alpha=5.0)],
        [NefTune(alpha=5.0), WordDropout(probability=0.5)],
    ):
        module, batch = module_of(*regularizers)
        torch.manual_seed(1)
        scores.append(module(batch).scores)
    assert torch.equal(*scores)


def test_evaluation_drops_nothing_and_neither_does_a_completed_run():
    module, batch = module_of(WordDropout(probability=0.5))
    plain, _ = module_of()
    assert not torch.equal(module(batch).scores, plain(batch).scores)
    assert torch.equal(module.eval()(batch).scores, plain.eval()(batch).scores)
    module.regularizers[0].finish(module)
    assert torch.equal(module.train()(batch).scores, plain.train()(batch).scores)


def test_strength_0_is_plain_training_and_draws_nothing():
    assert_plain_training(WordDropout(probability=0.0))
