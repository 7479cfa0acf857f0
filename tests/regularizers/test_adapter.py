"""Adapters against peft's own models: what is trained, merged, saved, and loaded again."""

import copy
import re
import signal

import peft
import pytest
import torch
import transformers

from tests.conftest import checked
from tests.heads import test_language_model as language_model
from tests.heads.test_classification import build, text_task
from tests.regularizers.modules import assembled, module_of
from tests.training.test_resume import WORDS, assert_same, cut
from tunesmith import cli
from tunesmith.backbones.backbone import Backbone
from tunesmith.errors import Interrupted, UserError
from tunesmith.regularizers.lora import Lora
from tunesmith.regularizers.vera import Vera
from tunesmith.training.train import train

FAMILIES = ["bert", "roberta", "xlnet", "gpt2"]
ADDED = re.compile(r"\.(lora|vera)_")  # in the names of an adapter's parameters
DENSE = {"bert": ["dense"], "roberta": ["dense"], "xlnet": None, "gpt2": ["c_attn", "mlp.c_proj"]}  # the poolers' too
LORA = {"r": 4, "alpha": 6.0, "dropout": 0.0, "lr_scale": 10.0, "target_modules": None}
ADAPTERS = {
    "lora": (Lora, LORA | {"variant": "lora"}),
    "rslora": (Lora, LORA | {"variant": "rslora"}),
    "dora": (Lora, LORA | {"variant": "dora"}),
    "vera": (Vera, {"r": 8, "d_initial": 0.1, "dropout": 0.0, "lr_scale": 10.0, "target_modules": None}),
}


def adapter(name, **changed):
    """An adapter with some settings changed."""
    kind, settings = ADAPTERS[name]
    return kind(**settings | changed)


def perturb(module, std=0.3):
    """Give everything that is trained other values, as training does: peft starts with updates of zero."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.data += std * torch.randn_like(parameter)


@pytest.mark.parametrize("name", list(ADAPTERS))
@pytest.mark.parametrize("family", FAMILIES)
def test_peft_loads_the_adapter_and_all_three_give_the_same_logits(family, name, tmp_path):
    backbone, head, batch = build(family, "single_label", "right", False)
    head.save(backbone, tmp_path / "base")
    one = adapter(name, target_modules=DENSE[family])
    module = assembled(backbone, head, one)
    perturb(module)
    module.eval()
    with torch.no_grad():
        unmerged = module(batch).scores
        one.finish(module)
        merged = module(batch).scores
    one.save(tmp_path)
    base = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "base")
    with torch.no_grad():
        before = base(**batch.inputs).logits
        reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
        expected = reference(**batch.inputs).logits
    assert (before - expected).abs().max() > 0.1
    torch.testing.assert_close(unmerged, expected, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(merged, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["lora", "vera"])
@pytest.mark.parametrize("family", FAMILIES)
def test_peft_loads_the_adapter_of_a_deep_model(family, name, tmp_path):
    """Of 20 target modules or more peft keeps the ends of their names only."""
    shallow, head, batch = build(family, "single_label", "right", False)
    config = copy.deepcopy(shallow.config)
    config.num_hidden_layers = 24
    backbone = Backbone(type(shallow.model)(config), shallow.tokenizer)
    head = type(head)(backbone, text_task("single_label", False))
    head.save(backbone, tmp_path / "base")
    one = adapter(name)
    module = assembled(backbone, head, one)
    perturb(module, std=0.1)
    module.eval()
    one.finish(module)
    one.save(tmp_path)
    base = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "base")
    reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    with torch.no_grad():
        expected = reference(**batch.inputs).logits
        torch.testing.assert_close(module(batch).scores, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("name", list(ADAPTERS))
@pytest.mark.parametrize("family", FAMILIES)
def test_training_starts_from_the_pretrained_model_and_trains_adapters_and_head_only(family, name):
    plain, batch = module_of(family=family)
    module, _ = module_of(adapter(name), family=family)
    torch.testing.assert_close(module(batch).scores, plain(batch).scores, atol=1e-5, rtol=1e-5)
    module.training_step(batch, 0).backward()
    trained = [name for name, parameter in module.named_parameters() if parameter.grad is not None]
    assert [name for name, parameter in module.named_parameters() if parameter.requires_grad] == trained
    assert all(name.startswith("head.") or ADDED.search(name) for name in trained)
    assert [name for name in trained if name.startswith("head.")] == [
        name for name, _ in plain.named_parameters() if name.startswith("head.")
    ]


@pytest.mark.parametrize("kind", ["lora", "vera"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_backbone_keeps_what_others_ask_of_it(family, kind):
    plain, _ = module_of(family=family)
    module, _ = module_of(adapter(kind), family=family)
    one, other = plain.backbone, module.backbone
    depths = {name: one.depth_of(name) for name, _ in one.model.named_parameters()}
    for name, _ in other.model.named_parameters():
        base = ADDED.split(name)[0]
        same = depths.get(name.replace(".base_layer", ""), depths.get(f"{base}.weight"))
        assert other.depth_of(name) == same, name
    assert type(other.embeddings) is torch.nn.Embedding and len(other.layer_modules) == other.layers == 2


@pytest.mark.parametrize("name", list(ADAPTERS))
def test_the_updates_have_their_own_rate_and_the_head_keeps_its(name):
    module, _ = module_of(adapter(name))
    scale = {id(part): group.get("lr_scale", 1.0) for group in module.parameter_groups() for part in group["params"]}
    found = {name: scale[id(part)] for name, part in module.named_parameters() if part.requires_grad}
    assert {name.partition(".")[0] for name in found} == {"backbone", "head"}
    assert all(value == (10.0 if name.startswith("backbone.") else 1.0) for name, value in found.items())


@pytest.mark.parametrize("name", ["lora", "vera"])
def test_dropout_acts_in_training_only(name):
    module, batch = module_of(adapter(name, dropout=0.5))
    perturb(module)
    assert not torch.equal(module(batch).scores, module(batch).scores)
    module.eval()
    assert torch.equal(module(batch).scores, module(batch).scores)


@pytest.mark.parametrize("name", ["lora", "vera"])
@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_a_tied_output_layer_stays_tied_and_peft_loads_it(family, name, tmp_path):
    backbone, head, _, batch, _, auto_class = language_model.build(family)
    head.save(backbone, tmp_path / "base")
    one = adapter(name)
    module = assembled(backbone, head, one)
    perturb(module)
    module.eval()
    one.finish(module)
    one.save(tmp_path)
    assert any(weight is module.backbone.embeddings.weight for weight in module.head.stem.parameters())
    base = auto_class.from_pretrained(tmp_path / "base")
    reference = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    with torch.no_grad():
        expected = reference(**batch.inputs).logits.flatten(0, 1)[batch.layout["places"]]
        torch.testing.assert_close(module(batch).scores, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["lora", "vera"])
@pytest.mark.parametrize(
    "name,recorded", [("google-bert/bert-base-uncased", "google-bert/bert-base-uncased"), ("", None)]
)
def test_the_adapter_names_its_base_model(kind, name, recorded, tmp_path):
    one = adapter(kind)
    module, _ = module_of(one)
    module.backbone.config._name_or_path = name
    one.finish(module)
    one.save(tmp_path)
    config = peft.PeftConfig.from_pretrained(tmp_path / "adapter")
    assert config.base_model_name_or_path == recorded
    assert config.modules_to_save == ["classifier", "pooler"]  # trained beside the adapters; peft saves them again


def test_a_folder_is_named_without_where_it_is(tmp_path):
    one = adapter("lora")
    module, _ = module_of(one)
    module.backbone.config._name_or_path = str(tmp_path)
    one.finish(module)
    one.save(tmp_path)
    assert peft.PeftConfig.from_pretrained(tmp_path / "adapter").base_model_name_or_path == tmp_path.name


@pytest.mark.parametrize("name", ["lora", "vera"])
@pytest.mark.parametrize("other", ["llrd", "mixout", "l2sp", "reinit", "freeze", "gradual_unfreezing"])
def test_what_contradicts_it_is_refused(name, other):
    with pytest.raises(
        UserError, match=f"{name} and {other} contradict each other|{other} and {name} contradict each other"
    ):
        checked([f"regularization=[standard,{name},{other}]"])


def test_one_adapter_at_a_time():
    with pytest.raises(UserError, match="lora and vera contradict each other: both replace the trained weights"):
        checked(["regularization=[standard,lora,vera]"])


@pytest.mark.parametrize("name", ["lora", "vera"])
def test_a_module_that_is_not_there(name):
    with pytest.raises(
        UserError, match=f"regularization.{name}.target_modules: bert has no linear layer valeu; did you"
    ):
        module_of(adapter(name, target_modules=["query", "valeu"]))


RUNS = {
    "lora": ["optimizer.lr=2e-2", "regularization.lora.variant=dora"],
    "vera": ["optimizer.lr=2e-3", "regularization.vera.r=16"],
}


@pytest.mark.parametrize("name", list(RUNS))
def test_a_run_resumes_is_exported_and_evaluates_to_its_scores(name, tmp_path, monkeypatch, capsys):
    more = [f"regularization=[standard,{name}]", "trainer.precision=bf16-mixed", "trainer.accumulate_grad_batches=2"]
    more += ["backbone.layers=2", *RUNS[name]]
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
    assert not any(ADDED.search(name) for name in model.state_dict())
