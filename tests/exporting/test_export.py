"""Exports of every head and family, loaded and used as their cards say, compared with `tunesmith predict`."""

import json
import math

import numpy as np
import pytest
import torch
import transformers
from huggingface_hub import ModelCard
from torch.testing import assert_close

from tunesmith import cli

FAMILIES = ("bert", "roberta", "xlnet", "gpt2")
LANGUAGE_MODELS = {"bert": "masked_lm", "roberta": "masked_lm", "xlnet": "permuted_lm", "gpt2": "causal_lm"}
AUTO = {
    "masked_lm": "AutoModelForMaskedLM",
    "permuted_lm": "AutoModelForCausalLM",
    "causal_lm": "AutoModelForCausalLM",
    "classification": "AutoModelForSequenceClassification",
    "token_classification": "AutoModelForTokenClassification",
    "crf": "AutoModelForTokenClassification",
    "span": "AutoModelForQuestionAnswering",
    "contrastive": "AutoModel",
}
DATA = {"token_classification": "demo_entities", "crf": "demo_entities", "span": "demo_questions"}
DATA |= {"contrastive": "demo_sentences", "classification": "demo_reviews"}
FAST = ["optimizer.lr=5e-2", "head.transition_lr_scale=20"]  # a step moves the transitions by about one
CASES = [
    (family, head)
    for family in FAMILIES
    for head in ("classification", "token_classification", "crf", "span", "contrastive", LANGUAGE_MODELS[family])
]


def words(family, head, *more, length=40):
    data = [f"dataset={DATA.get(head, 'demo_corpus')}", "dataset.size=24", f"dataset.max_length={length}"]
    return (*data, f"head={head}", f"backbone=random_{family}", f"backbone.max_positions={max(length, 256)}", *more)


def predicted(run, rows, tmp_path, name="in.jsonl"):
    (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    output = tmp_path / "out.jsonl"
    assert cli.run(["predict", f"run={run.path}", f"input={tmp_path / name}", f"output={output}"]) == 0
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def lines(run):
    return [json.loads(line) for line in (run.path / "predictions/test.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("family,head", CASES)
def test_its_class_loads_every_weight_and_the_snippets_run(family, head, exported, executed, capsys):
    export = exported(*words(family, head))
    _, info = getattr(transformers, AUTO[head]).from_pretrained(export.folder, output_loading_info=True)
    assert not any(info.values()), info
    names = json.loads((export.folder / "config.json").read_text())["architectures"]
    _, info = getattr(transformers, names[0]).from_pretrained(export.folder, output_loading_info=True)
    assert not any(info.values()), info
    tokenizer = transformers.AutoTokenizer.from_pretrained(export.folder)
    assert tokenizer.model_max_length == export.run.config()["dataset"]["max_length"]
    assert not (export.folder / "head.safetensors").exists() and not (export.folder / "task.json").exists()
    assert export.snippets
    executed(export)
    assert capsys.readouterr().out.strip()

    card = ModelCard.load(export.folder / "README.md")
    found = {f"{result.dataset_split}/{result.metric_type}": result.metric_value for result in card.data.eval_results}
    scores = export.run.scores()
    assert found == {name: value for name, value in scores.items() if math.isfinite(value)}
    assert card.data.language is None and card.data.license is None and card.data.base_model is None
    assert card.data.model_name == export.run.config()["name"]


@pytest.mark.parametrize(
    "family,head,constrained",
    [
        *((family, "crf", False) for family in FAMILIES),
        ("roberta", "crf", True),
        ("xlnet", "token_classification", True),
    ],
)
def test_transitions_decode_as_the_run_does(family, head, constrained, exported, executed, tmp_path):
    fast = FAST if head == "crf" else FAST[:1]
    more = [f"head.constrained={str(constrained).lower()}", "dataset.stride=8", *fast]
    export = exported(*words(family, head, *more, length=24))
    sentences = [line["tokens"] for line in lines(export.run)]
    sentences.append([word for sentence in sentences for word in sentence])  # of many windows
    sentences += [["\u200b"], ["Anna", "\u200b", "Par\u00eds", "<mask>"], ["x"], ["internationalisation"] * 3]
    expected = [row["predicted_tags"] for row in predicted(export.run, [{"tokens": s} for s in sentences], tmp_path)]
    names = executed(export)
    assert [names["tags"](sentence) for sentence in sentences] == expected
    assert json.loads((export.folder / "crf.json").read_text()) == {
        "labels": list(names["model"].config.id2label.values()),
        "constrained": constrained,
    }
    with torch.no_grad():
        inputs = names["tokenizer"](sentences[0], is_split_into_words=True, return_tensors="pt")
        own = [
            names["model"].config.id2label[number] for number in names["model"](**inputs).logits[0].argmax(-1).tolist()
        ]
    tag = transformers.pipeline("token-classification", str(export.folder), ignore_labels=[])
    found = tag(sentences[0], is_split_into_words=True)[0]
    assert [entry["entity"] for entry in found] == [own[entry["index"]] for entry in found]  # not the run's tags
    ill_formed = [
        tag
        for tags in expected
        for before, tag in zip(["O", *tags], tags, strict=False)
        if tag.startswith("I-") and before not in ("B-" + tag[2:], tag)
    ]
    assert not constrained or not ill_formed


@pytest.mark.parametrize("family", FAMILIES)
def test_tags_are_the_runs(family, exported, executed, tmp_path):
    export = exported(*words(family, "token_classification", "optimizer.lr=1e-2", "dataset.stride=8", length=24))
    sentences = [line["tokens"] for line in lines(export.run)]
    sentences += [["\u200b"], ["Anna", "\u200b", "Par\u00eds", "<mask>"], ["internationalisation"] * 30]
    sentences.append([word for sentence in sentences for word in sentence])  # of many windows
    expected = [row["predicted_tags"] for row in predicted(export.run, [{"tokens": s} for s in sentences], tmp_path)]
    names = executed(export)
    assert [names["tags"](sentence) for sentence in sentences] == expected
    if family == "bert":  # whose words the pipeline finds
        for sentence, tags in zip(sentences[:6], expected, strict=False):
            if len(names["tokenizer"](sentence, is_split_into_words=True)["input_ids"]) > 24:
                continue
            found = names["tag"](sentence, is_split_into_words=True)[0]
            assert [(group["entity_group"], group["start"], group["end"]) for group in found] == groups(sentence, tags)


def groups(sentence, tags):
    """(type, start, end) of runs of a type: a tag with B-, and one of another type, begins one."""
    found, start = [], 0
    for word, name in zip(sentence, tags, strict=True):
        kind, end = name[2:] or "O", start + len(word)
        if found and found[-1][0] == kind and not name.startswith("B-"):
            found[-1] = (kind, found[-1][1], end)
        else:
            found.append((kind, start, end))
        start = end + 1
    return [group for group in found if group[0] != "O"]


@pytest.mark.parametrize(
    "family,problem",
    [
        *((family, "pair") for family in FAMILIES),
        ("bert", "single_label"),
        ("gpt2", "multi_label"),
        ("roberta", "regression"),
        ("xlnet", "regression"),
    ],
)
def test_a_classification_pipeline_gives_the_runs_probabilities(family, problem, exported, executed, tmp_path):
    if problem in ("single_label", "pair"):
        data = ["demo_pairs" if problem == "pair" else "demo_reviews"]
    else:
        labels = [
            f"{n / 7}" if problem == "regression" else ["a", "b,c", ""][n % 3].replace(",", " ") for n in range(40)
        ]
        file = tmp_path / "rows.jsonl"
        rows = [{"text": f"text number {n}", "label": label} for n, label in enumerate(labels)]
        for row in rows if problem == "multi_label" else ():
            row["label"] = row["label"].split()
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        data = ["jsonl", f"dataset.train={file}", f"dataset.problem={problem}"]
        data += ["dataset.metrics=[pearson]"] if problem == "regression" else []
    data += ["dataset.size=24"] if problem in ("single_label", "pair") else []
    base = [f"dataset={data[0]}", *data[1:], "dataset.max_length=12", f"backbone=random_{family}"]
    export = exported(*base)
    config = json.loads((export.folder / "config.json").read_text())
    columns = list(lines_of_texts(export.run))
    texts = [["a", "good", "film"], ["text number seven " * 9], ["bad"]]
    rows = [{column: " ".join(text) for column in columns} for text in texts]
    names = executed(export)
    classify = names["classify"]
    assert ("labels" in names) == (problem == "multi_label")
    for row, expected in zip(rows, predicted(export.run, rows, tmp_path), strict=True):
        given = {"text": row[columns[0]], "text_pair": row[columns[1]]} if problem == "pair" else row[columns[0]]
        found = {entry["label"]: entry["score"] for entry in classify(given, top_k=None)}
        wanted = {"score": expected["prediction"]} if problem == "regression" else expected["probabilities"]
        assert found == pytest.approx(wanted, abs=1e-5)
        assert problem != "multi_label" or names["labels"](given) == expected["prediction"]
    if problem == "regression":
        assert config["id2label"] == {"0": "score"} and config["label2id"] == {"score": 0}


def lines_of_texts(run):
    dataset = run.config()["dataset"]
    return [dataset["text"], *([dataset["text_pair"]] if dataset["text_pair"] else [])]


@pytest.mark.parametrize("family,unanswerable", [("bert", False), *((family, True) for family in FAMILIES)])
def test_answers_are_the_runs(family, unanswerable, exported, executed, tmp_path):
    more = [f"dataset.unanswerable={str(unanswerable).lower()}", "optimizer.lr=1e-2"]
    export = exported(*words(family, "span", *more, "dataset.stride=8", length=48))
    rows = [{"question": f" {line['question']}", "context": line["context"]} for line in lines(export.run)]
    rows += [{"question": rows[0]["question"], "context": " ".join(row["context"] for row in rows)}]  # of many windows
    cut = [{"question": rows[0]["question"] * 9, "context": rows[0]["context"]}]
    answer = executed(export)["answer"]
    expected = predicted(export.run, rows, tmp_path) + predicted(export.run, cut, tmp_path)
    rows += cut
    for row, wanted in zip(rows, expected, strict=True):
        found, n_best = answer(**row), {entry["text"]: entry["probability"] for entry in wanted["n_best"]}
        assert bool(found) == bool(wanted["prediction"])
        assert found == "" or n_best[found] == pytest.approx(
            wanted["probability"], rel=1e-5
        )  # the best, or equally good
    assert any(row["prediction"] for row in expected)


@pytest.mark.parametrize(
    "family,pooling",
    [
        ("bert", "mean"),
        ("roberta", "cls_training_layer"),
        ("xlnet", "cls_layer"),
        ("gpt2", "first_last"),
        ("gpt2", "cls"),
    ],
)
def test_embeddings_are_the_runs(family, pooling, exported, executed, tmp_path):
    export = exported(*words(family, "contrastive", f"head.pooling={pooling}"))
    names = executed(export)
    rows = [{export.run.config()["dataset"]["text"]: text} for text in names["texts"]]
    expected = [row["embedding"] for row in predicted(export.run, rows, tmp_path)]
    np.testing.assert_allclose(names["embeddings"].numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(executed(export, 0)["model"].encode(names["texts"]), expected, atol=1e-5)
    assert not (export.folder / "head.safetensors").exists()


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_language_models_weights_are_unchanged_but_for_the_pooler(family, exported):
    from safetensors.torch import load_file

    export = exported(*words(family, LANGUAGE_MODELS[family]))
    before, after = (load_file(folder / "model.safetensors") for folder in (export.run.model, export.folder))
    assert {name for name in before if name not in after} == {
        f"{family}.pooler.dense.{part}" for part in ("weight", "bias")
    }
    for name, value in after.items():
        assert_close(value, before[name], rtol=0, atol=0)
