"""A complete run: its folder, and evaluate, predict, export and reproduce on it."""

import csv
import io
import json
import sys

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from tests.conftest import TINY, checked, write_csv
from tunesmith import cli
from tunesmith.training.train import train


def test_the_folder(tiny_run):
    names = {path.name for path in tiny_run.path.iterdir()}
    assert {
        "config.yaml",
        "manifest.json",
        "metrics.json",
        "metrics.csv",
        "predictions",
        "checkpoints",
        "model",
        "status.json",
        "train.log",
    } <= names
    assert tiny_run.read_json("status.json")["state"] == "done"
    scores = tiny_run.read_json("metrics.json")
    assert {"validation/accuracy", "test/f1", "test/loss"} <= set(scores)
    assert {"versions", "git", "command", "hardware", "data", "model", "seconds"} <= set(
        tiny_run.read_json("manifest.json")
    )
    assert "train/loss" in (tiny_run.path / "metrics.csv").read_text().splitlines()[0]


def test_predictions_keep_the_order_of_the_data_and_give_the_scores(tiny_run):
    lines = [json.loads(line) for line in (tiny_run.path / "predictions" / "test.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"test-{number}" for number in range(1, len(lines) + 1)]
    right = sum(line["label"] == line["prediction"] for line in lines) / len(lines)
    assert right == pytest.approx(tiny_run.read_json("metrics.json")["test/accuracy"], abs=1e-6)
    assert sum(lines[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_hugging_face_loads_the_model_with_the_same_logits(tiny_run, tmp_path):
    exported = tmp_path / "exported"
    assert cli.run(["export", f"run={tiny_run.path}", f"output={exported}"]) == 0
    line = json.loads((tiny_run.path / "predictions" / "test.jsonl").read_text().splitlines()[0])
    tokenizer = AutoTokenizer.from_pretrained(exported)
    model = AutoModelForSequenceClassification.from_pretrained(exported).eval()
    with torch.no_grad():
        probabilities = model(**tokenizer(line["text"], return_tensors="pt")).logits.softmax(-1)[0]
    assert probabilities.tolist() == pytest.approx(list(line["probabilities"].values()), abs=1e-5)
    assert AutoModel.from_pretrained(exported).config.model_type == "bert"
    assert cli.run(["export", f"run={tiny_run.path}", f"output={exported}"]) == 2


def test_evaluate_repeats_the_scores_exactly(tiny_run, capsys):
    from tunesmith.training.evaluate import evaluate

    assert evaluate(tiny_run, tiny_run.config()) == tiny_run.read_json("metrics.json")


def test_evaluate_on_another_file(tiny_run, tmp_path, capsys):
    file = write_csv(tmp_path / "new.csv", [("the story was gripping .", "positive"), ("it was dull", "negative")])
    assert cli.run(["evaluate", f"run={tiny_run.path}", "dataset=csv", f"dataset.test={file}"]) == 0
    assert "test" in capsys.readouterr().out
    wrong = write_csv(tmp_path / "wrong.csv", [("x", "good")])
    assert cli.run(["evaluate", f"run={tiny_run.path}", "dataset=csv", f"dataset.test={wrong}"]) == 2
    assert "label 'good' is not one of negative, positive" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "txt"])
def test_predict_equals_the_runs_own_predictions(tiny_run, tmp_path, ending):
    lines = [json.loads(line) for line in (tiny_run.path / "predictions" / "test.jsonl").read_text().splitlines()]
    given, output = tmp_path / f"in.{ending}", tmp_path / "out.jsonl"
    with given.open("w", newline="") as stream:
        if ending == "jsonl":
            stream.writelines(json.dumps({"text": line["text"]}) + "\n" for line in lines)
        elif ending == "txt":
            stream.writelines(line["text"] + "\n" for line in lines)
        else:
            writer = csv.writer(stream, delimiter="\t" if ending == "tsv" else ",")
            writer.writerows([["text"], *([line["text"]] for line in lines)])
    assert cli.run(["predict", f"run={tiny_run.path}", f"input={given}", f"output={output}"]) == 0
    found = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["prediction"] for line in found] == [line["prediction"] for line in lines]
    assert [line["text"] for line in found] == [line["text"] for line in lines]


def piped(text):
    return io.TextIOWrapper(io.BytesIO(text.encode()))


def test_predict_as_a_filter_and_to_csv(tiny_run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", piped("the story was gripping\n\nthe plot was dull\n"))
    assert cli.run(["predict", f"run={tiny_run.path}", "input=-", "output=-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    monkeypatch.setattr(sys, "stdin", piped('{"text": "fine", "n": 1}\n'))
    assert cli.run(["predict", f"run={tiny_run.path}", "input=-", f"output={tmp_path}/out.csv"]) == 0
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert row["n"] == "1" and float(row["probability_positive"]) + float(row["probability_negative"]) == pytest.approx(
        1
    )


def test_predict_reports_a_missing_column(tiny_run, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("review\nfine\n")
    assert cli.run(["predict", f"run={tiny_run.path}", f"input={tmp_path}/in.csv", f"output={tmp_path}/out.jsonl"]) == 2
    assert "line 2 has no text" in capsys.readouterr().err and not (tmp_path / "out.jsonl").exists()
    words = [
        "predict",
        f"run={tiny_run.path}",
        f"input={tmp_path}/in.csv",
        f"output={tmp_path}/out.jsonl",
        "dataset.text=review",
    ]
    assert cli.run(words) == 0


def test_the_same_command_twice_gives_bitwise_equal_weights(tiny_run, capsys):
    assert cli.run(["reproduce", f"run={tiny_run.path}"]) == 0
    again = tiny_run.path.with_name(tiny_run.path.name + "-2")
    first, second = (load_file(path / "model" / "model.safetensors") for path in (tiny_run.path, again))
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("family", ["roberta", "xlnet", "gpt2"])
def test_other_families_pairs_and_all_regularizers(tmp_path, family):
    words = [
        *TINY,
        "dataset=demo_pairs",
        f"backbone=random_{family}",
        f"output_dir={tmp_path}",
        "callbacks=[checkpoint,early_stopping]",
    ]
    words += ["regularization=[standard,label_smoothing,rdrop,llrd,class_weights]", "trainer.accumulate_grad_batches=2"]
    words += [
        "trainer.precision=bf16-mixed",
        "optimizer=sgd",
        "scheduler=cosine",
        "dataset.batch_size=null",
        "dataset.max_tokens=512",
    ]
    assert "test/accuracy" in train(checked(words)).read_json("metrics.json")


def test_a_completed_run_is_a_backbone(tiny_run, tmp_path):
    words = [
        *[word for word in TINY if "backbone" not in word],
        "backbone=bert",
        f"backbone.name={tiny_run.model}",
        f"output_dir={tmp_path}",
    ]
    run = train(checked(words))
    assert (
        run.read_json("manifest.json")["model"]["tokenizer"]
        == tiny_run.read_json("manifest.json")["model"]["tokenizer"]
    )


def test_a_multi_label_and_a_regression_file(tmp_path):
    words = [word for word in TINY if "size" not in word]
    several, number = tmp_path / "several.jsonl", tmp_path / "number.jsonl"
    rows = [{"text": f"word{n % 7} more", "label": [["a"], ["a", "b"], []][n % 3]} for n in range(60)]
    several.write_text("".join(json.dumps(row) + "\n" for row in rows))
    number.write_text("".join(json.dumps({"text": f"word{n % 7}", "label": n % 7}) + "\n" for n in range(60)))
    many = train(
        checked(
            [
                *words,
                "dataset=jsonl",
                f"dataset.train={several}",
                "dataset.problem=multi_label",
                f"output_dir={tmp_path}",
            ]
        )
    )
    line = json.loads((many.path / "predictions" / "validation.jsonl").read_text().splitlines()[0])
    assert isinstance(line["label"], list) and set(line["probabilities"]) == {"a", "b"}
    extra = ["dataset.problem=regression", "dataset.metrics=[pearson,spearman]", f"output_dir={tmp_path}"]
    scored = train(checked([*words, "dataset=jsonl", f"dataset.train={number}", *extra]))
    assert "validation/spearman" in scored.read_json("metrics.json")


def test_an_incomplete_or_missing_run(tmp_path, capsys):
    assert cli.run(["evaluate", f"run={tmp_path}/nothing"]) == 2
    assert cli.run(["evaluate", f"run={tmp_path}"]) == 2
    assert cli.run(["evaluate"]) == 2
    assert "run is required" in capsys.readouterr().err


def test_the_config_of_an_untrusted_run_cannot_run_code(tiny_run, tmp_path, capsys):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(tiny_run.path, copy)
    file = copy / "config.yaml"
    file.write_text(file.read_text().replace("tunesmith.heads.classification.Classification", "os.system"))
    (copy / "digests.json").unlink()  # who forges one file forges both
    assert cli.run(["evaluate", f"run={copy}"]) == 2
    assert "os.system may not be a _target_" in capsys.readouterr().err
