"""Whole runs of sequence labelling and question answering: train, evaluate, predict, export, and invalid input."""

import json

import datasets
import pytest
from transformers import pipeline

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.training.train import train

SMALL = [word for word in TINY if "size" not in word]


@pytest.fixture(scope="module", params=["token_classification", "crf"])
def tagging_run(request, tmp_path_factory):
    words = [*TINY, "dataset=demo_entities", f"head={request.param}", f"output_dir={tmp_path_factory.mktemp('runs')}"]
    return train(checked(words))


@pytest.fixture(scope="module")
def question_run(tmp_path_factory):
    words = [
        *TINY,
        "dataset=demo_questions",
        "head=span",
        "dataset.unanswerable=true",
        "dataset.unanswerable_share=0.3",
    ]
    return train(checked([*words, "dataset.max_length=64", f"output_dir={tmp_path_factory.mktemp('runs')}"]))


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_tagging_run(tagging_run, tmp_path, capsys):
    from tunesmith.training.evaluate import evaluate

    scores = tagging_run.read_json("metrics.json")
    assert {"test/f1", "test/accuracy", "test/sequence_accuracy", "validation/loss"} <= set(scores)
    assert evaluate(tagging_run, tagging_run.config()) == scores
    found = lines(tagging_run.path / "predictions" / "test.jsonl")
    correct = [a == b for line in found for a, b in zip(line["tags"], line["predicted_tags"], strict=True)]
    assert scores["test/accuracy"] == pytest.approx(sum(correct) / len(correct))
    # The same words in JSON lines, in a CoNLL file without tags and in plain text get the same tags.
    texts = {
        "in.jsonl": "".join(json.dumps({"tokens": line["tokens"]}) + "\n" for line in found),
        "in.conll": "".join("".join(f"{token}\n" for token in line["tokens"]) + "\n" for line in found),
        "in.txt": "".join(" ".join(line["tokens"]) + "\n" for line in found),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        output = tmp_path / f"{name}.out"
        assert cli.run(["predict", f"run={tagging_run.path}", f"input={tmp_path / name}", f"output={output}"]) == 0
        assert [line["predicted_tags"] for line in lines(output)] == [line["predicted_tags"] for line in found]
    output = tmp_path / "out.csv"
    assert cli.run(["predict", f"run={tagging_run.path}", f"input={tmp_path}/in.txt", f"output={output}"]) == 0
    assert output.read_text().splitlines()[0] == "tokens,predicted_tags"


def test_hugging_faces_pipelines_load_the_models(tagging_run, question_run, tmp_path):
    for run, name in ((tagging_run, "tagging"), (question_run, "questions")):
        assert cli.run(["export", f"run={run.path}", f"output={tmp_path / name}"]) == 0
    labels = set(pipeline("token-classification", str(tmp_path / "tagging")).model.config.id2label.values())
    assert labels == {"O", *(f"{prefix}-{name}" for name in ("LOC", "ORG", "PER") for prefix in "BI")}
    line = lines(question_run.path / "predictions" / "test.jsonl")[0]
    from transformers import AutoModelForQuestionAnswering

    model, info = AutoModelForQuestionAnswering.from_pretrained(tmp_path / "questions", output_loading_info=True)
    assert not info["missing_keys"] and model.config.model_type == "bert" and line["n_best"]


def test_evaluate_a_tagging_run_on_another_file(tagging_run, tmp_path, capsys):
    (tmp_path / "new.conll").write_text("Anna B-PER\nleft O\n\nParis B-LOC\n")
    words = ["evaluate", f"run={tagging_run.path}", "dataset=conll", f"dataset.test={tmp_path}/new.conll"]
    assert cli.run(words) == 0
    (tmp_path / "new.conll").write_text("Anna B-HUMAN\n")
    assert cli.run(words) == 2
    assert "tag 'B-HUMAN' is not one of O, B-LOC" in capsys.readouterr().err


def test_a_question_run(question_run, tmp_path, capsys):
    from tunesmith.training.evaluate import evaluate

    scores = question_run.read_json("metrics.json")
    assert {"test/exact_match", "test/f1", "test/no_answer_f1", "validation/best_f1"} <= set(scores)
    assert evaluate(question_run, question_run.config()) == scores
    found = lines(question_run.path / "predictions" / "test.jsonl")
    official = question_run.read_json("predictions/test.json")
    odds = question_run.read_json("predictions/test_null_odds.json")
    assert official == {line["id"]: line["prediction"] for line in found} and odds.keys() == official.keys()
    for line in found:
        assert (
            all(entry["text"] in line["context"] for entry in line["n_best"]) and line["prediction"] in line["context"]
        )
        assert sum(entry["probability"] for entry in line["n_best"]) == pytest.approx(1)
    paragraphs = [
        {"context": line["context"], "qas": [{"id": line["id"], "question": line["question"]}]} for line in found
    ]
    (tmp_path / "in.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found))
    for name in ("in.json", "in.jsonl"):
        output = tmp_path / f"{name}.out"
        assert cli.run(["predict", f"run={question_run.path}", f"input={tmp_path / name}", f"output={output}"]) == 0
        assert [line["prediction"] for line in lines(output)] == [line["prediction"] for line in found]


def test_evaluate_a_question_run_on_a_squad_file(question_run, tmp_path, capsys):
    answers = [{"text": "Ada", "answer_start": 0}]
    question = {"id": "1", "question": "Who painted the kite ?", "answers": answers}
    content = {"data": [{"paragraphs": [{"context": "Ada painted the kite .", "qas": [question]}]}]}
    (tmp_path / "new.json").write_text(json.dumps(content))
    words = ["evaluate", f"run={question_run.path}", "dataset=squad_json", f"dataset.test={tmp_path}/new.json"]
    assert cli.run(words) == 0
    assert "exact_match" in capsys.readouterr().out


@pytest.mark.parametrize(
    "dataset,content,expected",
    [
        (
            "jsonl_tags",
            '{"tokens": ["a"], "tags": ["O"]}\n{"tokens": ["a", "b"], "tags": ["O"]}\n',
            "line 2: the numbers of words (2) and tags (1) differ",
        ),
        ("jsonl_tags", '{"tokens": [], "tags": []}\n', "line 1: a sentence with no words"),
        ("jsonl_tags", '{"words": ["a"], "tags": ["O"]}\n', "has no column tokens; its columns are words, tags"),
        ("conll", "EU\nrejects\n", "line 1: 1 column"),
        ("conll", "Anna PER\nsleeps O\n", "line 1: the tag 'PER' is not of a scheme such as BIO"),
        ("jsonl_tags", '{"tokens": ["Anna", null], "tags": ["O", "O"]}\n', "line 1: word 2 is null"),
        ("jsonl_tags", '{"tokens": ["Anna"], "tags": [1]}\n', "line 1: tag 1 is a number"),
        ("squad_json", '{"questions": []}', "is not a SQuAD file"),
        ("jsonl_questions", '{"question": "", "context": "a", "answers": ["a"]}\n', "line 1: the question is empty"),
        ("jsonl_questions", '{"question": "b", "context": "a", "answers": []}\n', "set dataset.unanswerable=true"),
        (
            "jsonl_questions",
            '{"id": 1, "question": "b", "context": "a", "answers": ["a"]}\n' * 2,
            "line 2: duplicate id 1",
        ),
    ],
)
def test_invalid_files(dataset, content, expected, tmp_path, capsys):
    (tmp_path / "file").write_text(content)
    head = "span" if dataset in ("squad_json", "jsonl_questions") else "token_classification"
    words = [f"dataset={dataset}", f"head={head}", "dataset.max_length=64", f"dataset.train={tmp_path}/file"]
    words += ["dataset.stride=16", f"dataset.validation={tmp_path}/file", f"output_dir={tmp_path}/runs"]
    for command in ("check", "train"):
        assert cli.run([command, *words]) == 2
        assert expected in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "words,expected",
    [
        (["dataset=demo_entities"], "token_classification; choose head=crf or head=token_classification"),
        (["dataset=demo_questions"], "choose head=span"),
        (
            ["dataset=demo_entities", "head=crf", "regularization=[class_weights]"],
            "needs a head with class_weights, which Crf does not offer: its likelihood is that of a whole tag sequence",
        ),
        (
            ["dataset=demo_questions", "head=span", "regularization=[class_weights]"],
            "which Span does not offer: its outcomes are tokens, which have no labels; drop class_weights",
        ),
        (["dataset=demo_entities", "head=crf", "head.constrained=maybe"], "head.constrained is 'maybe'"),
        (["dataset=demo_questions", "head=span", "dataset.metrics=[accuracy]"], "accuracy is not a score"),
    ],
)
def test_invalid_configs(words, expected, capsys):
    assert cli.run(["check", *words]) == 2
    assert expected in capsys.readouterr().err


def test_spans_of_running_text(tmp_path, capsys):
    rows = [{"body": f"Anna met Bo{n}.", "names": [{"start": 0, "end": 4, "label": "PER"}]} for n in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [*SMALL, "dataset=jsonl_tags", "head=token_classification", f"dataset.train={tmp_path}/a.jsonl"]
    words += ["dataset.text=body", "dataset.spans=names", f"output_dir={tmp_path}/runs"]
    run = train(checked(words))
    found = lines(run.path / "predictions" / "validation.jsonl")[0]
    assert found["tokens"][:2] == ["Anna", "met"] and found["tags"][0] == "B-PER"
    (tmp_path / "in.txt").write_text("Anna left.\n")
    assert cli.run(["predict", f"run={run.path}", f"input={tmp_path}/in.txt", "output=-"]) == 0
    assert "predicted_tags" in capsys.readouterr().out


@pytest.mark.parametrize("family", ["roberta", "xlnet", "gpt2"])
def test_other_families(family, tmp_path):
    for words in (
        ["dataset=demo_entities", "head=crf", "head.constrained=true", "regularization=[standard,llrd]"],
        ["dataset=demo_questions", "head=span", "regularization=[standard,rdrop]", "dataset.max_length=64"],
        ["dataset=demo_entities", "head=token_classification", "regularization=[rdrop,class_weights,label_smoothing]"],
    ):
        run = train(
            checked([*TINY, *words, f"backbone=random_{family}", "trainer.max_steps=2", f"output_dir={tmp_path}"])
        )
        assert run.read_json("status.json")["state"] == "done"


def hub_folder(folder, rows, features=None):
    """A dataset in the hub's layout."""
    for split in ("train", "validation", "test"):
        (folder / split).mkdir(parents=True)
        datasets.Dataset.from_list(rows, features=features).to_parquet(folder / split / "0000.parquet")
    return folder


def test_hub_tags_are_ids(tmp_path):
    features = datasets.Features(
        {"tokens": datasets.List(datasets.Value("string")), "ner_tags": datasets.List(datasets.Value("int64"))}
    )
    folder = hub_folder(tmp_path / "hub", [{"tokens": ["EU", "rejects", "Bo"], "ner_tags": [3, 0, 1]}] * 12, features)
    words = [*SMALL, "dataset=conll2003", f"dataset.path={folder}", "dataset.revision=null", "head=crf"]
    run = train(checked([*words, f"output_dir={tmp_path}/runs"]))
    assert lines(run.path / "predictions" / "test.jsonl")[0]["tags"] == ["B-ORG", "O", "B-PER"]


def test_hub_questions(tmp_path):
    row = {
        "id": "",
        "question": "Who slept ?",
        "context": "Anna slept .",
        "answers": {"text": ["Anna"], "answer_start": [0]},
    }
    folder = hub_folder(tmp_path / "hub", [row | {"id": str(number)} for number in range(12)])
    words = [
        *SMALL,
        "dataset=squad",
        f"dataset.path={folder}",
        "head=span",
        "dataset.max_length=64",
        "dataset.stride=16",
    ]
    run = train(checked([*words, f"output_dir={tmp_path}/runs"]))
    assert set(run.read_json("predictions/validation.json")) == {str(number) for number in range(12)}
