"""The weights are those of the exported model's class in Hugging Face's own forward pass, bit by bit."""

import numpy as np
import pytest
import torch
import transformers

from tests.conftest import checked
from tunesmith import cli
from tunesmith.backbones.attention_weights import attention_weights
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.errors import UserError
from tunesmith.training.saved_model import load
from tunesmith.training.train import train

FAMILIES = ("bert", "roberta", "xlnet", "gpt2")
SMALL = [
    "dataset=demo_pairs",
    "dataset.size=24",
    "dataset.max_length=24",
    "backbone.layers=3",
    "backbone.width=32",
    "trainer.max_steps=2",
    "trainer.progress_bar=false",
    "trainer.accelerator=cpu",
    "optimizer.lr=5e-2",  # so that attention is not uniform
]


@pytest.fixture(scope="module", params=FAMILIES)
def loaded(request, tmp_path_factory):
    """The run of a family, its module in evaluation mode, and a batch of one window of a pair of texts."""
    folder = tmp_path_factory.mktemp(request.param)
    run = train(checked([*SMALL, f"backbone=random_{request.param}", f"output_dir={folder}"]))
    module, task, tokenizer = load(run, run.config())
    row = {task.text: "The film is great, and long.", task.text_pair: "They liked it very much indeed!"}
    split = EncodedSplit.of([row], task=task, tokenizer=tokenizer)
    return run, module, split[np.array([0])], row


def test_they_equal_output_attentions_of_the_exported_model(loaded, tmp_path):
    run, module, batch, row = loaded
    found = attention_weights(module.backbone, batch)
    export = tmp_path / "export"
    assert cli.run(["export", f"run={run.path}", f"output={export}"]) == 0
    model = transformers.AutoModelForSequenceClassification.from_pretrained(export, attn_implementation="eager")
    inputs = transformers.AutoTokenizer.from_pretrained(export)(*row.values(), truncation=True, return_tensors="pt")
    with torch.no_grad():
        expected = model.eval()(**inputs, output_attentions=True).attentions
    assert inputs["input_ids"].tolist() == batch.inputs["input_ids"].tolist()
    assert len(found) == len(expected) == 3
    for own, other in zip(found, expected, strict=True):
        assert own.shape == other.shape == (1, 4, inputs["input_ids"].shape[1], inputs["input_ids"].shape[1])
        assert torch.equal(own, other)


def test_each_query_distributes_one_and_gpt2_looks_back_only(loaded):
    _, module, batch, *_ = loaded
    for layer in attention_weights(module.backbone, batch):
        torch.testing.assert_close(layer.sum(-1), torch.ones(layer.shape[:-1]))
        ahead = layer.triu(1).abs().sum()
        assert (ahead == 0) == (module.backbone.config.model_type == "gpt2")


def test_the_models_own_implementation_is_restored(loaded):
    _, module, batch, *_ = loaded
    before = module.backbone.config._attn_implementation
    with torch.inference_mode():
        hidden = module.backbone(batch)
        attention_weights(module.backbone, batch)
        assert torch.equal(module.backbone(batch), hidden)
    assert module.backbone.config._attn_implementation == before
    assert before == ("eager" if module.backbone.config.model_type == "xlnet" else "sdpa")


def test_weights_that_are_not_finite_are_refused(loaded):
    _, module, batch, *_ = loaded
    embeddings = module.backbone.embeddings.weight
    before = embeddings.detach().clone()
    with torch.no_grad():
        embeddings.fill_(float("nan"))
    try:
        with pytest.raises(UserError, match=r"layer 1 are not finite.*diverged"):
            attention_weights(module.backbone, batch)
    finally:
        with torch.no_grad():
            embeddings.copy_(before)
