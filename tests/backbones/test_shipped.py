"""The shipped models predict the generated corpus, and load like any checkpoint."""

import pytest
import torch
from safetensors import safe_open

from tests.conftest import checked
from tunesmith.backbones.shipped import WEIGHTS, Shipped
from tunesmith.training.train import train

HEADS = {"bert": "masked_lm", "roberta": "masked_lm", "xlnet": "permuted_lm", "gpt2": "causal_lm"}
SHIPPED = sorted(folder.name for folder in WEIGHTS.iterdir())


@pytest.mark.parametrize("family", SHIPPED)
def test_float16_on_disk_and_float32_in_memory(family):
    with safe_open(WEIGHTS / family / "model.safetensors", "pt") as file:
        assert all(file.get_tensor(name).dtype == torch.float16 for name in file.keys())  # noqa: SIM118 - no mapping
    spec = Shipped(family=family, max_positions=256, learning_rate=2e-4)
    model = spec.model(spec.config())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.config.model_type == family and (WEIGHTS / family / "model.safetensors").stat().st_size < 5e6


@pytest.mark.parametrize("family", SHIPPED)
def test_perplexity_on_unseen_documents(family, tmp_path):
    words = [
        "dataset=demo_corpus",
        "dataset.size=40",
        f"head={HEADS[family]}",
        f"backbone=mini_{family}",
        "optimizer.lr=1e-30",
    ]
    settings = [
        "trainer.max_steps=1",
        "trainer.progress_bar=false",
        "trainer.accelerator=cpu",
        f"output_dir={tmp_path}",
    ]
    scores = train(checked([*words, *settings])).read_json("metrics.json")
    assert scores["test/perplexity"] < 6  # with random weights about the vocabulary size, 800 to 2,500
