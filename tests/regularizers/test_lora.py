"""LoRA against peft's own models, and against the papers' formulas by hand."""

import signal

import peft
import pytest
import torch
import transformers

from tests.conftest import checked
from tests.heads import test_language_model as language_model
from tests.heads.test_classification import build
from tests.regularizers.modules import assembled, module_of
from tests.training.test_resume import WORDS, assert_same, cut
from tunesmith import cli
from tunesmith.errors import Interrupted, UserError
from tunesmith.regularizers.lora import Lora
from tunesmith.training.train import train

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
SETTINGS = {"variant": "lora", "r": 4, "alpha": 6.0, "dropout": 0.0, "lr_scale": 10.0, "target_modules": None}
DENSE = {"bert": ["dense"], "roberta": ["dense"], "xlnet": None, "gpt2": ["c_attn", "mlp.c_proj"]}  # the poolers' too


def perturb(module, std=0.3):
    """Give everything that is trained other values, as training does: peft starts with updates of zero."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.data += std * torch.randn_like(parameter)


@pytest.mark.parametrize("variant", ["lora", "rslora", "dora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_peft_loads_the_adapter_and_all_three_give_the_same_logits(family, variant, tmp_path):
    backbone, head, batch = build(family, "single_label", "right", False)
    head.save(backbone, tmp_path / "base")
    lora = Lora(**SETTINGS | {"variant": variant, "target_modules": DENSE[family]})
    module = assembled(backbone, head, lora)
    perturb(module)
    module.eval()
    with torch.no_grad():
        unmerged = module(batch).scores
        lora.finish(module)
        merged = module(batch).scores
    lora.save(tmp_path)
    base = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "base")
    with torch.no_grad():
        before = base(**batch.inputs).logits
        reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
        expected = reference(**batch.inputs).logits
    assert (before - expected).abs().max() > 0.1
    torch.testing.assert_close(unmerged, expected, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(merged, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("variant,scale", [("lora", 6 / 4), ("rslora", 6 / 4**0.5)])
@pytest.mark.parametrize("family", FAMILIES)
def test_merged_weights_are_those_of_the_paper(family, variant, scale):
    lora = Lora(**SETTINGS | {"variant": variant})
    plain, _ = module_of(family=family, dtype=torch.float64)
    module, _ = module_of(lora, family=family, dtype=torch.float64)
    perturb(module)
    expected = {name: weight.clone() for name, weight in plain.backbone.model.state_dict().items()}
    adapted = {name: weight.clone() for name, weight in module.backbone.model.state_dict().items()}
    updated = [name.removesuffix(".lora_A.default.weight") for name in adapted if "lora_A" in name]
    for name in updated:
        update = scale * adapted[f"{name}.lora_B.default.weight"] @ adapted[f"{name}.lora_A.default.weight"]
        expected[f"{name}.weight"] += update.T if family == "gpt2" else update  # Conv1D has (in, out)
    lora.finish(module)
    found = module.backbone.model.state_dict()
    assert len(updated) >= 2 and found.keys() == expected.keys()
    assert not hasattr(module.backbone.model, "peft_config")
    for name, weight in found.items():
        torch.testing.assert_close(weight, expected[name], atol=1e-12, rtol=0)


def test_merged_weights_of_dora_are_those_of_the_paper():
    lora = Lora(**SETTINGS | {"variant": "dora"})
    module, _ = module_of(lora, dtype=torch.float64)
    perturb(module)
    query = module.backbone.model.encoder.layer[0].attention.self.query
    update = 1.5 * query.lora_B.default.weight @ query.lora_A.default.weight
    direction = query.base_layer.weight + update
    norms = direction.norm(dim=1, keepdim=True)  # of the weights of each output
    expected = query.lora_magnitude_vector.default.weight[:, None] * direction / norms
    lora.finish(module)
    torch.testing.assert_close(module.backbone.model.encoder.layer[0].attention.self.query.weight, expected)


@pytest.mark.parametrize("variant", ["lora", "rslora", "dora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_training_starts_from_the_pretrained_model_and_trains_adapters_and_head_only(family, variant):
    plain, batch = module_of(family=family)
    module, _ = module_of(Lora(**SETTINGS | {"variant": variant}), family=family)
    torch.testing.assert_close(module(batch).scores, plain(batch).scores, atol=1e-5, rtol=1e-5)
    module.training_step(batch, 0).backward()
    trained = [name for name, parameter in module.named_parameters() if parameter.grad is not None]
    assert [name for name, parameter in module.named_parameters() if parameter.requires_grad] == trained
    assert all(name.startswith("head.") or ".lora_" in name for name in trained)
    assert [name for name in trained if name.startswith("head.")] == [
        name for name, _ in plain.named_parameters() if name.startswith("head.")
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_backbone_keeps_what_others_ask_of_it(family):
    plain, _ = module_of(family=family)
    module, _ = module_of(Lora(**SETTINGS), family=family)
    one, other = plain.backbone, module.backbone
    depths = {name: one.depth_of(name) for name, _ in one.model.named_parameters()}
    for name, _ in other.model.named_parameters():
        base = name.partition(".lora_")[0]
        same = depths.get(name.replace(".base_layer", ""), depths.get(f"{base}.weight"))
        assert other.depth_of(name) == same, name
    assert type(other.embeddings) is torch.nn.Embedding and len(other.layer_modules) == other.layers == 2


def test_a_norm_of_dora_is_no_matrix_which_would_decay():
    for family in FAMILIES:
        module, _ = module_of(Lora(**SETTINGS | {"variant": "dora"}), family=family)
        norms = [parameter for name, parameter in module.named_parameters() if "magnitude" in name]
        assert norms and all(norm.ndim == 1 for norm in norms)


@pytest.mark.parametrize("variant", ["lora", "dora"])
def test_the_updates_have_their_own_rate_and_the_head_keeps_its(variant):
    module, _ = module_of(Lora(**SETTINGS | {"variant": variant}))
    scale = {id(part): group.get("lr_scale", 1.0) for group in module.parameter_groups() for part in group["params"]}
    found = {name: scale[id(part)] for name, part in module.named_parameters() if part.requires_grad}
    assert {name.partition(".")[0] for name in found} == {"backbone", "head"}
    assert all(value == (10.0 if name.startswith("backbone.") else 1.0) for name, value in found.items())


def test_dropout_acts_in_training_only():
    module, batch = module_of(Lora(**SETTINGS | {"dropout": 0.5}))
    perturb(module)
    assert not torch.equal(module(batch).scores, module(batch).scores)
    module.eval()
    assert torch.equal(module(batch).scores, module(batch).scores)


def test_named_modules_are_the_ones_that_are_updated():
    module, _ = module_of(Lora(**SETTINGS | {"target_modules": ["attention.output.dense", "key"]}))
    updated = {name.partition(".lora_A")[0].partition("layer.")[2] for name in module.state_dict() if ".lora_A" in name}
    assert updated == {f"{layer}.attention.{part}" for layer in (0, 1) for part in ("output.dense", "self.key")}


@pytest.mark.parametrize(
    "family,targets,message",
    [
        ("bert", ["query", "valeu"], "has no linear layer valeu; did you mean value"),
        ("bert", ["LayerNorm"], "no linear layer LayerNorm; expected some of dense, key, query, value, or null"),
        ("xlnet", ["q"], "xlnet has no linear layer q; expected some of layer_1, layer_2"),
        ("gpt2", [], "is empty"),
    ],
)
def test_modules_that_are_not_there(family, targets, message):
    with pytest.raises(UserError, match=message):
        module_of(Lora(**SETTINGS | {"target_modules": targets}), family=family)


@pytest.mark.parametrize("other", ["llrd"])
def test_what_contradicts_it_is_refused(other):
    with pytest.raises(
        UserError, match=f"lora and {other} contradict each other|{other} and lora contradict each other"
    ):
        checked([f"regularization=[standard,lora,{other}]"])


def test_a_run_resumes_is_exported_and_evaluates_to_its_scores(tmp_path, monkeypatch, capsys):
    more = ["regularization=[standard,lora]", "trainer.precision=bf16-mixed", "trainer.accumulate_grad_batches=2"]
    more += ["backbone.layers=2", "optimizer.lr=2e-2", "regularization.lora.variant=dora"]
    uninterrupted = train(checked([*WORDS, *more, f"output_dir={tmp_path / 'uninterrupted'}"]))
    config = checked([*WORDS, *more, f"output_dir={tmp_path / 'cut'}"])
    cut(monkeypatch, "on_train_batch_start", 4, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    assert_same(uninterrupted, run := train(config))
    assert cli.run(["evaluate", f"run={run.path}", f"output={tmp_path / 'scores'}"]) == 0
    assert (tmp_path / "scores/predictions/test.jsonl").read_text() == (run.path / "predictions/test.jsonl").read_text()
    assert "model/adapter/adapter_model.safetensors" in (run.path / "digests.json").read_text()
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path / 'export'}"]) == 0
    assert "adapter/ has the adapter by itself" in capsys.readouterr().out
    assert (tmp_path / "export/adapter/adapter_model.safetensors").is_file()
    assert not (tmp_path / "export/head.safetensors").exists()
    model = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "export")
    assert not any(".lora_" in name for name in model.state_dict())


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_a_tied_output_layer_stays_tied_and_peft_loads_it(family, tmp_path):
    backbone, head, _, batch, _, auto_class = language_model.build(family)
    head.save(backbone, tmp_path / "base")
    lora = Lora(**SETTINGS)
    module = assembled(backbone, head, lora)
    perturb(module)
    module.eval()
    lora.finish(module)
    lora.save(tmp_path)
    assert any(weight is module.backbone.embeddings.weight for weight in module.head.stem.parameters())
    base = auto_class.from_pretrained(tmp_path / "base")
    reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    with torch.no_grad():
        expected = reference(**batch.inputs).logits.flatten(0, 1)[batch.layout["places"]]
        torch.testing.assert_close(module(batch).scores, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "name,recorded", [("google-bert/bert-base-uncased", "google-bert/bert-base-uncased"), ("", None)]
)
def test_the_adapter_names_its_base_model(name, recorded, tmp_path):
    lora = Lora(**SETTINGS)
    module, _ = module_of(lora)
    module.backbone.config._name_or_path = name
    lora.finish(module)
    lora.save(tmp_path)
    config = peft.PeftConfig.from_pretrained(tmp_path / "adapter")
    assert config.base_model_name_or_path == recorded
    assert config.modules_to_save == ["classifier", "pooler"]  # trained beside the adapters; peft saves them again


def test_a_folder_is_named_without_where_it_is(tmp_path):
    lora = Lora(**SETTINGS)
    module, _ = module_of(lora)
    module.backbone.config._name_or_path = str(tmp_path)
    lora.finish(module)
    lora.save(tmp_path)
    assert peft.PeftConfig.from_pretrained(tmp_path / "adapter").base_model_name_or_path == tmp_path.name
