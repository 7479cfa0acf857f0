"""Whole runs of contrastive training: train, evaluate, predict, export, and invalid input."""

import json
import math

import numpy as np
import pyarrow.parquet as parquet
import pytest

from tests.conftest import TINY, checked
from tests.data.sources.test_sentences import STS
from tests.tasks.test_tagging_and_question_runs import hub_folder
from tunesmith import cli
from tunesmith.training.train import train

SMALL = [word for word in TINY if "size" not in word]
HEAD = "head=contrastive"


@pytest.fixture(
    scope="module", params=["bert mean", "roberta cls_training_layer", "xlnet cls_layer", "gpt2 first_last"]
)
def run(request, tmp_path_factory):
    family, pooling = request.param.split()
    words = [*TINY, "dataset=demo_sentences", HEAD, f"head.pooling={pooling}", f"backbone=random_{family}"]
    return train(checked([*words, f"output_dir={tmp_path_factory.mktemp('runs')}"]))


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_and_its_embeddings(run, tmp_path, capsys):
    from sentence_transformers import SentenceTransformer

    from tunesmith.training.evaluate import evaluate

    scores = run.read_json("metrics.json")
    names = {"spearman", "pearson", "alignment", "uniformity", "loss"}
    assert set(scores) == {f"{split}/{name}" for split in ("validation", "test") for name in names}
    assert all(math.isfinite(score) for score in scores.values())
    assert evaluate(run, run.config()) == scores
    found = lines(run.path / "predictions" / "test.jsonl")
    texts = [line["first"] for line in found] + [line["second"] for line in found]
    (tmp_path / "in.txt").write_text("".join(text + "\n" for text in texts))
    columns = "text,label,first,second,score\n"  # only the first is read
    (tmp_path / "in.csv").write_text(columns + "".join(f'"{text}",a,b,c,1\n' for text in texts))
    for name, given in {"a.jsonl": "in.csv", "a.npy": "in.txt", "a.parquet": "in.csv"}.items():
        assert cli.run(["predict", f"run={run.path}", f"input={tmp_path / given}", f"output={tmp_path / name}"]) == 0
    embeddings = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert embeddings.shape == (len(texts), 32) and embeddings.dtype == np.float32
    np.testing.assert_array_equal([line["embedding"] for line in lines(tmp_path / "a.jsonl")], embeddings)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["text", "embedding"] and table["text"].to_pylist() == texts
    np.testing.assert_array_equal(table["embedding"].to_pylist(), embeddings)
    # The similarities in the predictions equal those of the written embeddings.
    first, second = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in np.split(embeddings, 2))
    np.testing.assert_allclose([line["similarity"] for line in found], (first * second).sum(1), atol=1e-5)
    assert cli.run(["export", f"run={run.path}", f"output={tmp_path / 'model'}"]) == 0
    loaded = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    np.testing.assert_allclose(loaded.encode(texts), embeddings, atol=1e-5)
    assert not list((tmp_path / "model").glob("head.safetensors"))


def test_the_model_learns(tmp_path):
    words = [*SMALL, "dataset=demo_sentences", HEAD, "dataset.size=3000", "backbone.width=64", f"output_dir={tmp_path}"]
    untrained, trained = (
        train(checked([*words, *more])).read_json("metrics.json")["test/spearman"]
        for more in (["trainer.max_steps=1", "optimizer.lr=1e-9"], ["trainer.max_epochs=2", "optimizer.lr=1e-3"])
    )
    assert trained > untrained + 0.2


def test_empty_input(run, tmp_path):
    (tmp_path / "in.txt").write_text("")
    for name in ("a.npy", "a.parquet"):
        words = ["predict", f"run={run.path}", f"input={tmp_path}/in.txt", f"output={tmp_path / name}"]
        assert cli.run(words) == 0
    assert np.load(tmp_path / "a.npy").shape == (0, 32)
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 0


def test_another_test_set(run, tmp_path, capsys):
    (tmp_path / "sts.csv").write_text(STS)
    words = ["evaluate", f"run={run.path}", "dataset=sentences", f"dataset.more.sts12={tmp_path}/sts.csv"]
    assert cli.run(words) == 0
    shown = capsys.readouterr().out
    assert "sts12" in shown and "spearman" in shown


def test_embedding_files_need_a_contrastive_run(tiny_run, tmp_path, capsys):
    (tmp_path / "in.txt").write_text("fine\n")
    for ending in (".npy", ".parquet"):
        output = tmp_path / f"a{ending}"
        assert cli.run(["predict", f"run={tiny_run.path}", f"input={tmp_path}/in.txt", f"output={output}"]) == 2
        assert (
            f"{ending} files are for embeddings, but this run's task is text_classification" in capsys.readouterr().err
        )
        assert not output.exists()


@pytest.fixture
def files(tmp_path):
    """Triplets as CSV and JSON lines, sentences, and scored pairs."""
    rows = [{"text": f"a lamp {n}", "positive": f"the {n} lamp", "negative": f"no chair {n}"} for n in range(20)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cells = ["text,positive,negative", *(",".join(row.values()) for row in rows)]
    (tmp_path / "rows.csv").write_text("\n".join(cells) + "\n")
    (tmp_path / "rows.txt").write_text("".join(f"a lamp {n}\n" for n in range(20)))
    (tmp_path / "sts.csv").write_text(STS)
    return tmp_path


@pytest.mark.parametrize(
    "dataset,words",
    [
        ("csv_pairs", ["dataset.train=rows.csv", "dataset.negative=negative"]),
        ("jsonl_pairs", ["dataset.train=rows.jsonl"]),
        ("sentences", ["dataset.train=rows.txt"]),
    ],
)
def test_own_files(dataset, words, files, monkeypatch):
    monkeypatch.chdir(files)
    common = [*SMALL, HEAD, f"dataset={dataset}", *words, f"output_dir={files}/runs", "dataset.test=sts.csv"]
    scored = train(checked([*common, "dataset.validation=sts.csv"])).read_json("metrics.json")
    assert {"validation/spearman", "test/spearman", "test/alignment"} <= set(scored)
    held_out = train(checked([*common, "dataset.metrics=[loss]"]))
    assert "validation/spearman" not in held_out.read_json("metrics.json")
    assert len(lines(held_out.path / "predictions" / "validation.jsonl")) == 2


def test_hub_triplets(tmp_path):
    rows = [{"anchor": f"a lamp {n}", "positive": f"the {n} lamp", "negative": f"no chair {n}"} for n in range(8)]
    folder = hub_folder(tmp_path / "hub", rows)
    words = [f"dataset.path={folder}", "dataset.config=null", "dataset.validation=validation"]
    run = train(checked([*SMALL, HEAD, "dataset=nli", *words, f"output_dir={tmp_path}/runs"]))
    assert {"test/loss", "test/alignment", "test/uniformity"} <= set(run.read_json("metrics.json"))
    line = lines(run.path / "predictions" / "test.jsonl")[1]
    assert line.items() >= rows[1].items() and -1 <= line["similarity"] <= 1


@pytest.mark.parametrize(
    "words,expected",
    [
        (
            ["dataset.batch_size=1"],
            "dataset.batch_size is 1, but the head contrasts each example with the others of its batch",
        ),
        (["dataset.batch_size=null", "dataset.max_tokens=100"], "dataset.max_tokens is 100, less than 2 examples of"),
        (["dataset.metrics=[accuracy]"], "accuracy is not a score"),
        (["head.temperature=0"], "head.temperature is 0"),
        (["head.pooling=max"], "head.pooling is 'max'; expected 'cls', 'cls_training_layer'"),
        (["regularization=[rdrop]"], "regularization rdrop needs a head with distribution"),
        (["monitor=validation/accuracy"], "monitor is validation/accuracy, which is never logged"),
        (["dataset.more=sts.csv"], "dataset.more is 'sts.csv'; expected"),
        (["dataset.train=rows.tx"], "dataset.train=rows.tx is not a file; did you mean rows.txt?"),
        (["dataset.train=sts.csv"], "sts.csv has no column text; its columns are first, second, score"),
        ([], "spearman needs scored pairs in the validation split"),
        (["head=classification"], "serves the task text_classification, but the dataset's task is contrastive"),
    ],
)
def test_invalid_input(words, expected, files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    given = ["dataset=sentences", "dataset.train=rows.txt", HEAD, f"output_dir={files}/runs", *words]
    for command in ("check", "train"):
        assert cli.run([command, *given]) == 2
        assert expected in capsys.readouterr().err
    assert not (files / "runs").exists()
