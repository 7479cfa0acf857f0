"""Model cards: texts of a config are literal in Markdown and YAML, and facts that a run does not have are left out."""

import json
import shutil
from pathlib import Path

import yaml
from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.conftest import checked, write_csv
from tests.exporting.conftest import SMALL
from tunesmith import cli
from tunesmith.documents.markdown import code, table
from tunesmith.exporting import run_facts
from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train

OLD = Path(__file__).parent.parent / "runs/version_0_1/completed/csv_random_bert/935ea8fc17"
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1) | st.text(
    "`|\\*<&>[]#-_ \n\r\t:'\"{}", min_size=1
)
GFM = MarkdownIt("commonmark").enable("table")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS)
def test_a_code_span_holds_the_text(text):
    expected = " ".join(text.split())
    if expected:
        inline = GFM.parse(f"- name: {code(text)}")[3].children
        assert [(token.type, token.content) for token in inline] == [("text", "name: "), ("code_inline", expected)]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS.filter(lambda text: "\\" not in text))
def test_a_cell_holds_the_text(text):
    expected = " ".join(text.split())
    tokens = GFM.parse(table(["name", "value"], [[text, 1.0]]))
    cells = [token.children for token in tokens if token.type == "inline"][2:]
    assert len(cells) == 2
    assert not expected or [token.content for token in cells[0]] == [expected]


NAMES = [
    "plain",
    "a: b",
    "- x",
    "#1 |best|",
    "``x`",
    "<b>hi</b>",
    "---",
    "'\"",
    "\u00fc\u4e2d\U0001f600",
    "on",
    "{{ x }}",
    "x\n---\n# y",
]


def test_names_in_a_card(tmp_path):
    """Labels and a run's name that YAML and Markdown would read as something else."""
    folder = shutil.copytree(OLD, tmp_path / "run")
    state = {"labels": NAMES[:2]}
    (folder / "model/task.json").write_text(json.dumps(state))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for number, name in enumerate(NAMES):
        (folder / "config.yaml").write_text(yaml.safe_dump(config | {"name": name}))
        assert cli.run(["export", f"run={folder}", f"output={tmp_path / str(number)}"]) == 0
        card = ModelCard.load(tmp_path / str(number) / "README.md")
        assert card.data.model_name == name
        tokens = MarkdownIt("commonmark").parse(card.text)
        assert tokens[1].children[0].content == " ".join(name.split())
        assert [t.type for t in tokens[:3]] == ["heading_open", "inline", "heading_close"]
        assert not any(token.type.startswith("html") for token in tokens)


def test_a_run_of_0_1(tmp_path):
    assert cli.run(["export", f"run={OLD}", f"output={tmp_path}/export"]) == 0
    card = ModelCard.load(tmp_path / "export/README.md")
    assert {
        (r.dataset_name, r.metric_type): r.metric_value for r in card.data.eval_results if r.dataset_split == "test"
    }["test.csv", "accuracy"] == 0.875
    assert "- learning rate: `0.05`" in card.text and "- batch size: `8`" in card.text and "- seed: `1`" in card.text
    assert "- tunesmith: `0.1.0`" in card.text and "- steps: `36`" in card.text
    assert "base_model" not in card.data.to_dict() and "datasets" not in card.data.to_dict()


def test_missing_facts_are_left_out(tmp_path):
    folder = shutil.copytree(OLD, tmp_path / "run")
    (folder / "manifest.json").unlink()
    (folder / "metrics.json").write_text('{"test/f1": NaN, "test/accuracy": null, "labels": {"test/x": 1}}')
    assert cli.run(["export", f"run={folder}", f"output={tmp_path}/export"]) == 0
    card = ModelCard.load(tmp_path / "export/README.md")
    assert card.data.eval_results is None and "model-index" not in card.content
    assert "## Scores" not in card.text and "## Versions" not in card.text
    facts = card.content.replace("top_k=None", "")
    assert not any(word in facts for word in ("None", "null", "NaN", "nan"))


def test_stale_labels_of_a_stage_are_not_passed_on(tmp_path):
    rows = [(f"text {n}", n / 10) for n in range(40)]
    data = write_csv(tmp_path / "rows.csv", rows)
    one = train(checked([*SMALL, "dataset.size=24", "dataset.max_length=16", f"output_dir={tmp_path}/one"]))
    words = [
        "dataset=csv",
        f"dataset.train={data}",
        "dataset.problem=regression",
        "dataset.metrics=[pearson]",
        "backbone=bert",
    ]
    words += [f"backbone.name={one.model}", "backbone.max_positions=null", *SMALL[2:], f"output_dir={tmp_path}/two"]
    two = train(checked(words))
    assert json.loads((two.model / "config.json").read_text())["id2label"] == {"0": "score"}
    assert cli.run(["export", f"run={two.path}", f"output={tmp_path}/export"]) == 0
    card = ModelCard.load(tmp_path / "export/README.md")
    assert card.data.base_model is None  # a folder
    assert str(tmp_path) not in card.content


def test_ids_of_the_hub():
    config = {
        "backbone": {"_target_": "tunesmith.backbones.pretrained.Pretrained", "name": "google-bert/bert-base-uncased"}
    }
    assert run_facts.base_model(config, {"model": {"commit": "86b5e0934494bd15c9632b12f734a8a67f723594"}}) == (
        "google-bert/bert-base-uncased"
    )
    assert run_facts.base_model(config, {}) is None  # perhaps a folder
    hub = {"source": "hub", "path": "nyu-mll/glue", "config": "sst2", "train": "train"}
    assert run_facts.hub_dataset(hub) == "nyu-mll/glue" and run_facts.dataset_name(hub, "test") == "nyu-mll/glue sst2"
    for path in ("./glue", "/data/glue", "~/glue", "a/b/c", str(Path(__file__).parent)):
        assert run_facts.hub_dataset(hub | {"path": path}) is None
    assert run_facts.scores(RunFolder(OLD))["test", "accuracy"] == 0.875
