"""Hidden states of isolated documents equal those of each document by itself."""

import numpy as np
import pytest
import torch

from tests.heads.test_language_model import mini
from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.errors import UserError


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("family", ["bert", "roberta", "xlnet", "gpt2"])
def test_hidden_states_equal_those_of_single_documents(family, implementation):
    if family == "xlnet" and implementation == "sdpa":
        pytest.skip("XLNet has one implementation")
    spec = mini(family)
    tokenizer = spec.tokenizer(lambda: ["one two three four five six seven"], pre_split=False)
    torch.manual_seed(1)
    config = spec.config()
    config._attn_implementation = implementation
    backbone = Backbone(spec.model(config), tokenizer).eval()
    lengths = [5, 9, 3]
    ids = torch.randint(6, len(tokenizer), (1, sum(lengths)))
    documents = torch.tensor(np.repeat(np.arange(3), lengths)).unsqueeze(0)
    with torch.no_grad():
        isolated = backbone(Batch({"input_ids": ids}, {}, np.arange(1), {"documents": documents}))
        single = [backbone(Batch({"input_ids": part}, {}, np.arange(1))) for part in ids.split(lengths, 1)]
        mixed = backbone(Batch({"input_ids": ids}, {}, np.arange(1)))
    torch.testing.assert_close(isolated, torch.cat(single, 1), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(mixed, isolated, atol=1e-3)


def test_other_families_are_rejected():
    spec = mini("bert")
    tokenizer = spec.tokenizer(lambda: ["one two"], pre_split=False)
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    backbone.config.model_type = "deberta-v2"
    with pytest.raises(
        UserError, match="across_documents is false, but deberta-v2 models do not support document masks"
    ):
        backbone(
            Batch({"input_ids": torch.ones(1, 2, dtype=torch.long)}, {}, np.arange(1), {"documents": torch.zeros(1, 2)})
        )
