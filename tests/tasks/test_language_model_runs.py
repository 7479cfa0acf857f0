"""Whole runs of language modelling: train, evaluate, predict, export, resume, and invalid input."""

import json
import math
import signal

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer, XLNetLMHeadModel

from tests.conftest import TINY, checked
from tests.training.test_resume import assert_same, cut
from tunesmith import cli
from tunesmith.errors import Interrupted
from tunesmith.training.evaluate import evaluate
from tunesmith.training.train import train

PAIRINGS = {
    "bert": ("masked_lm", AutoModelForMaskedLM),
    "roberta": ("masked_lm", AutoModelForMaskedLM),
    "gpt2": ("causal_lm", AutoModelForCausalLM),
    "xlnet": ("permuted_lm", XLNetLMHeadModel),
}
CORPUS = [
    "dataset=demo_corpus",
    "dataset.size=40",
    "dataset.max_length=32",
    "dataset.batch_size=16",
    "trainer.log_every_n_steps=1",
]


def words(family):
    return [*TINY, *CORPUS, f"head={PAIRINGS[family][0]}", f"backbone=random_{family}"]


@pytest.mark.parametrize("family", PAIRINGS)
def test_a_run(family, tmp_path, capsys):
    run = train(checked([*words(family), "dataset.across_documents=false", f"output_dir={tmp_path}/runs"]))
    scores = run.read_json("metrics.json")
    assert scores["test/perplexity"] == pytest.approx(math.exp(scores["test/loss"]), rel=1e-4)
    assert evaluate(run, run.config()) == scores
    texts = ["the museum was not shut ; in other words , it was open .", "", "fine"]
    (tmp_path / "in.txt").write_text("\n".join(texts) + "\n")
    output = tmp_path / "out.jsonl"
    assert cli.run(["predict", f"run={run.path}", f"input={tmp_path}/in.txt", f"output={output}"]) == 0
    found = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["text"] for line in found] == texts and found[1]["perplexity"] is None
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path}/model"]) == 0
    model, info = PAIRINGS[family][1].from_pretrained(tmp_path / "model", output_loading_info=True)
    assert not info["missing_keys"]
    if family == "gpt2":  # the loss of the exported model on the text
        ids = AutoTokenizer.from_pretrained(tmp_path / "model")(texts[0], return_tensors="pt")["input_ids"]
        with torch.no_grad():
            expected = model.eval()(input_ids=ids, labels=ids).loss
        assert found[0]["loss"] == pytest.approx(float(expected), rel=1e-4)


def test_a_resumed_run_samples_the_same_tokens(tmp_path, monkeypatch):
    settings = [*words("bert"), "trainer.max_epochs=2"]
    whole = train(checked([*settings, f"output_dir={tmp_path}/whole"]))
    config = checked([*settings, f"output_dir={tmp_path}/cut"])
    cut(monkeypatch, "on_train_batch_start", 6, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(config)
    monkeypatch.undo()
    assert_same(whole, train(config))


@pytest.mark.parametrize(
    "content,settings,expected",
    [
        ("", [], "text.txt is empty; expected text"),
        ("one\ntwo\n" * 6, [], "less than one block of dataset.max_length=128 tokens"),
        ("a\nb\n" * 20, ["dataset.packing=none"], "no text of train is longer than one character"),
        ("some words\n" * 99, ["head.rate=0.0"], "head.rate is 0.0; expected greater than 0"),
        ("some words\n" * 99, ["head.rate=1.0"], "head.rate is 1.0; expected less than 1"),
        ("some words\n" * 99, ["head=causal_lm"], "head causal_lm does not fit bert, which attends in both directions"),
        (
            "some words\n" * 99,
            ["head=permuted_lm"],
            "head permuted_lm needs XLNet's two-stream attention, which bert does not have",
        ),
        (
            "some words\n" * 99,
            ["backbone=random_gpt2"],
            "head masked_lm does not fit gpt2, which attends from left to right",
        ),
        ("some words\n" * 99, ["dataset.metrics=[f1]"], "f1 is not a score of a language_modeling dataset"),
    ],
)
def test_invalid_input(content, settings, expected, tmp_path, capsys):
    (tmp_path / "text.txt").write_text(content)
    given = ["dataset=text", f"dataset.train={tmp_path}/text.txt", "head=masked_lm", f"output_dir={tmp_path}/runs"]
    assert cli.run(["train", *given, *settings]) == 2
    message = capsys.readouterr().err
    assert expected in message and "Traceback" not in message and not (tmp_path / "runs").exists()


def test_a_text_with_too_few_tokens(tmp_path, capsys):
    (tmp_path / "text.txt").write_text("antidisestablishmentarianism\n" * 12)
    given = ["dataset=text", f"dataset.train={tmp_path}/text.txt", "head=masked_lm", f"output_dir={tmp_path}/runs"]
    assert cli.run(["train", *given]) == 2
    assert "tokens in total, less than one block of dataset.max_length=128 tokens" in capsys.readouterr().err
