"""`tunesmith attention`: the page, its pictures, its limits, and one message for bad input."""

import io
import json
import re
import sys

import numpy as np
import pytest

from tests.conftest import checked
from tunesmith import cli
from tunesmith.attention import page, pictures
from tunesmith.attention.tokens import Token
from tunesmith.attention.windows import Window, window
from tunesmith.training.saved_model import load
from tunesmith.training.train import train

SMALL = [
    "dataset.size=24",
    "backbone.width=32",
    "trainer.max_steps=2",
    "trainer.progress_bar=false",
    "trainer.accelerator=cpu",
]


def draw(run, folder, *more, text="A good film.\n", name="input.txt"):
    (folder / name).write_text(text, encoding="utf-8")
    words = ["attention", f"run={run.path}", f"input={folder / name}", f"output={folder / 'out'}", *more]
    return cli.run(words)


def windows_of(run, row):
    module, task, tokenizer = load(run, run.config())
    return window(row, shown="row 1", module=module, task=task, tokenizer=tokenizer)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A function of overrides: such a run, made once."""
    made = {}

    def get(*words):
        if words not in made:
            made[words] = train(checked([*SMALL, *words, f"output_dir={tmp_path_factory.mktemp('runs')}"]))
        return made[words]

    return get


def test_a_page_that_needs_no_network_with_the_users_text_as_text(tiny_run, tmp_path, capsys):
    text = "<script>alert(1)</script> good & bad $5 {{ 7 }}\n"
    assert draw(tiny_run, tmp_path, "layer=1", "head=2", text=text + "second\nthird\n") == 0
    content = (tmp_path / "out/attention.html").read_text(encoding="utf-8")
    assert "<script" not in content and "<b>" not in content
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", content)
    named = re.findall(r' id="([^"]+)"', content)
    assert len(named) == len(set(named))  # figures share a page
    assert set(re.findall(r'href="#([^"]+)"', content)) <= set(named)
    assert set(re.findall(r"url\(#([^)]+)\)", content)) <= set(named)
    for link in re.findall(r'href="([^"#]+\.png)"', content):
        assert (tmp_path / "out" / link).read_bytes()[:4] == b"\x89PNG"
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert "example-03-layer-01-head-02.png" in files and "example-03-layer-01.png" not in files
    assert capsys.readouterr().out.strip().endswith("attention.html")


def test_rows_beyond_the_limit_are_counted_and_the_bytes_are_the_same(tiny_run, tmp_path, capsys, monkeypatch):
    contents = []
    for number in range(2):
        stdin = io.TextIOWrapper(io.BytesIO(b"good film\nbad film\nworse film\n"), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stdin)
        out = tmp_path / str(number)
        assert (
            cli.run(["attention", f"run={tiny_run.path}", "input=-", f"output={out}", "limit=1", "layer=1", "head=1"])
            == 0
        )
        contents.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert contents[0] == contents[1]
    assert "2 further rows" in capsys.readouterr().err
    assert b"2 further rows" in contents[0]["attention.html"]


@pytest.mark.parametrize(
    "more,text,name,message",
    [
        ([], "good\n\nbad\n", "input.txt", "row 2 of the input: the text is empty; expected a text"),
        ([], "", "input.txt", "the input has no rows"),
        ([], '{"txet": "a"}\n', "input.jsonl", "has no text; it has txet"),
        (["layer=99"], "a\n", "input.txt", "layer=99, but the model has 2 layers; expected a number from 1 to 2"),
        (["head=99"], "a\n", "input.txt", "head=99, but the model has 4 heads"),
        (["head=0"], "a\n", "input.txt", "head=0; expected a whole number from 1"),
        (["limit=x"], "a\n", "input.txt", "limit=x; expected a whole number"),
        (["limit=1000"], "a\n", "input.txt", "limit=1000; expected a number from 1 to 25"),
    ],
)
def test_bad_input_gives_one_message(more, text, name, message, tiny_run, tmp_path, capsys):
    assert draw(tiny_run, tmp_path, *more, text=text, name=name) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_an_output_that_exists_and_a_run_that_is_not_completed(tiny_run, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    assert draw(tiny_run, tmp_path) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    unfinished = tmp_path / "run"
    unfinished.mkdir()
    (unfinished / "status.json").write_text(json.dumps({"state": "failed"}))
    assert cli.run(["attention", f"run={unfinished}", "input=-", f"output={tmp_path / 'new'}"]) == 2
    assert "is failed, not completed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "family,pooled", [("bert", "[CLS]"), ("roberta", "<s>"), ("xlnet", "<cls>"), ("gpt2", "the last token")]
)
def test_the_pooled_token_and_both_texts_of_a_pair(family, pooled, trained):
    run = trained("dataset=demo_pairs", f"backbone=random_{family}", "dataset.max_length=40")
    task = load(run, run.config())[1]
    row = {task.text: "the cat sat", task.text_pair: "a cat was sitting"}
    found = windows_of(run, row)
    (name, (place,)), *others = found.sources.items()
    assert name.startswith(pooled) and not others
    assert place == (0 if family in ("bert", "roberta") else len(found.tokens) - 1)
    assert found.causal == (family == "gpt2")
    second = "".join(token.text for token in found.tokens[found.parts[0] :] if not token.special)
    assert second.replace("␣", "") == "acatwassitting"
    assert found.weights.shape[2:] == (len(found.tokens),) * 2
    assert not found.notes[0].startswith("This row")
    long = windows_of(run, row | {task.text: "the cat sat " * 20})
    assert long.notes[0].startswith("This row was longer than dataset.max_length")
    assert len(long.tokens) == 40


@pytest.mark.parametrize("family", ["bert", "xlnet", "gpt2"])
def test_an_answers_tokens_are_those_of_predict(family, trained, tmp_path):
    run = trained(
        "dataset=demo_questions", "head=span", f"backbone=random_{family}", "dataset.max_length=40", "dataset.stride=8"
    )
    lines = (run.path / "predictions/test.jsonl").read_text(encoding="utf-8").splitlines()
    for line in map(json.loads, lines[:2]):
        row = {"question": line["question"], "context": line["context"]}
        found = windows_of(run, row)
        if not line["prediction"]:
            assert len(found.sources) == 1
            continue
        _, places = found.sources.values()
        spoken = "".join(" " * found.tokens[place].space + found.tokens[place].text for place in places)
        assert spoken.replace("␣", "").replace(" ", "").lower() == line["prediction"].replace(" ", "").lower()


def test_a_page_of_long_texts_stays_below_five_megabytes(tmp_path):

    numbers = np.random.default_rng(0).random((12, 12, 512, 512), dtype=np.float32) ** 8
    tokens = [Token("<token>", True, False)] * 512
    found = Window(
        tokens, numbers / numbers.sum(-1, keepdims=True), [256], {"[CLS]": [0], "the answer": [3, 4]}, False, []
    )
    summary = [page.drawn(picture) for picture in pictures.summary(found, prefix="example-01")]
    texts = pictures.texts(found)
    layers = [page.Drawn("layer", "Layer", "", summary[-1].svg) for _ in range(12)]
    examples = [page.Example(f"Example {number}", [], texts, copies(summary), copies(layers)) for number in range(10)]
    outside = page.write(tmp_path / "attention.html", title="Attention", facts=[], examples=examples)
    content = (tmp_path / "attention.html").read_text(encoding="utf-8")
    assert "<token>" not in content and "&lt;token&gt;" in content  # texts are texts
    assert 3_000_000 < (tmp_path / "attention.html").stat().st_size < 5_000_000
    assert outside == sum(not figure.svg for example in examples for figure in (*example.summary, *example.layers)) > 0
    first_without = next(
        number
        for number, example in enumerate(examples)
        if not all(figure.svg for figure in example.summary + example.layers)
    )
    assert all(figure.svg for example in examples[:first_without] for figure in example.summary)


def copies(drawn):
    return [page.Drawn(figure.name, figure.title, figure.caption, figure.svg) for figure in drawn]
