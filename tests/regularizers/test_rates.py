"""Rates by part and by name against products worked by hand, and what the command line may say."""

import pytest
import torch

from tests.conftest import TINY, checked
from tests.regularizers.modules import module_of
from tests.sweeps.test_grid import expanded
from tunesmith.configuration.saved import parse, to_yaml
from tunesmith.errors import UserError
from tunesmith.regularizers.llrd import LayerwiseLearningRateDecay
from tunesmith.regularizers.lora import Lora
from tunesmith.regularizers.rates import Rates
from tunesmith.training.train import train

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
LAYER = {"bert": "*.layer.0.*", "roberta": "*.layer.0.*", "xlnet": "*.layer.0.*", "gpt2": "*.h.0.*"}


def rates_of(module, lr=1.0):
    rate = {id(weight): lr * group["lr_scale"] for group in module.parameter_groups() for weight in group["params"]}
    return {name: rate[id(weight)] for name, weight in module.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("family", FAMILIES)
def test_factors_of_head_patterns_and_layers_are_multiplied(family):
    patterns = {LAYER[family]: 0.1, "*bias": 3.0}
    module, _ = module_of(Rates(head=10.0, patterns=patterns), LayerwiseLearningRateDecay(decay=0.5), family=family)
    decayed = rates_of(module_of(LayerwiseLearningRateDecay(decay=0.5), family=family)[0])
    for name, rate in rates_of(module, 1e-3).items():
        in_layer = ".layer.0." in name or ".h.0." in name
        factor = (10.0 if name.startswith("head.") else 1.0) * (0.1 if in_layer else 1.0)
        factor *= 3.0 if name.endswith("bias") else 1.0
        assert rate == pytest.approx(1e-3 * factor * decayed[name]), name


def test_a_factor_of_zero_leaves_weights_as_they_are():
    module, batch = module_of(Rates(head=1.0, patterns={"*.query.*": 0.0}))
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    groups = [{"params": group["params"], "lr": 0.1 * group["lr_scale"]} for group in module.parameter_groups()]
    optimizer = torch.optim.SGD(groups)
    module.training_step(batch, 0).backward()
    optimizer.step()
    unchanged = {name for name, weight in module.named_parameters() if torch.equal(weight, before[name])}
    assert {name for name in before if ".query." in name} <= unchanged < set(before)


def test_patterns_that_match_nothing_are_named_with_the_nearest_parameters():
    patterns = {"*.layr.0.*": 0.1, "*.query.*": 2.0, "head": 3.0, "backbone.model.pooler.*": 1.0}
    with pytest.raises(UserError) as error:
        module_of(Rates(head=1.0, patterns=patterns))
    message = str(error.value)
    assert "*.layr.0.* matches no parameter" in message and "encoder.layer.0." in message
    assert "head matches no parameter; expected a pattern of whole names, such as head.stem." in message
    assert "*.query.* matches" not in message and "pooler.* matches no" in message


def test_adapters_can_be_named():
    lora = Lora(variant="lora", r=2, alpha=2.0, dropout=0.0, lr_scale=1.0, target_modules=None)
    module, _ = module_of(lora, Rates(head=1.0, patterns={"*.lora_B.*": 16.0}))
    for name, rate in rates_of(module).items():
        assert rate == (16.0 if "lora_B" in name else 1.0)


def test_adapters_can_be_named_whatever_comes_first_in_the_config(tmp_path):
    words = [*TINY, "trainer.max_steps=1", "regularization=[standard,rates,lora]", f"output_dir={tmp_path}"]
    assert train(checked([*words, 'regularization.rates.patterns={"*.lora_B.*": 16}'])).completed


@pytest.mark.parametrize("word", ['{"*.layer.0.*":0.1,"h.[01]*": 2}', "{*.layer.0.*:0.1,'h.[01]*':2}"])
def test_the_command_line_sets_patterns(word, tmp_path):
    config = checked(["regularization=[standard,rates]", f"regularization.rates.patterns={word}"])
    assert config["regularization"]["rates"]["patterns"] == {"*.layer.0.*": 0.1, "h.[01]*": 2}
    (tmp_path / "config.yaml").write_text(to_yaml(config))
    assert parse((tmp_path / "config.yaml").read_text(), tmp_path / "config.yaml") == config


@pytest.mark.parametrize("word", ['{"*bias":-1}', "{a: fast}", "[0.1]", "0.1"])
def test_other_values_are_refused(word):
    with pytest.raises(UserError, match=r"regularization\.rates\.patterns"):
        checked(["regularization=[standard,rates]", f"regularization.rates.patterns={word}"])


def test_a_sweep_over_patterns():
    values = '{"*.layer.0.*":0.1},{"*bias":2,"h.[01]*":3},{}'
    jobs = expanded("regularization=[standard,rates]", f"regularization.rates.patterns={values}")
    found = [job.config["regularization"]["rates"]["patterns"] for job in jobs]
    assert found == [{"*.layer.0.*": 0.1}, {"*bias": 2, "h.[01]*": 3}, {}]
    assert len({job.run.path for job in jobs}) == 3
