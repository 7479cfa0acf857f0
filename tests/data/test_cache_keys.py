"""What a run reads depends on its own settings and tokenizer, never on what was cached before it."""

import json

import pytest

from tests.conftest import TINY, checked
from tunesmith.backbones.mini import Mini
from tunesmith.training.train import train

BASE = [word for word in TINY if not word.startswith("dataset.")]
SENTENCE = "Carl\tCARL\tB-PER\tO\nsees\tSEES\tO\tB-PER\n\n"


def lines(run, split="validation"):
    return [json.loads(line) for line in (run.path / f"predictions/{split}.jsonl").read_text().splitlines()]


@pytest.fixture
def conll(tmp_path):
    file = tmp_path / "two.conll"
    file.write_text(SENTENCE * 20)
    return ["dataset=conll", f"dataset.train={file}", "head=token_classification", f"output_dir={tmp_path / 'runs'}"]


def test_another_column_has_other_tags(conll):
    first, second = (train(checked([*BASE, *conll, f"dataset.tag_column={column}"])) for column in (2, 3))
    assert lines(first)[0]["tags"] == ["B-PER", "O"] and lines(second)[0]["tags"] == ["O", "B-PER"]


def test_another_ending_is_read_otherwise(tmp_path):
    found = []
    for name in ("s.csv", "s.txt"):
        (tmp_path / name).write_text("text\n" + '"say, 9 again"\n' * 30)
        words = ["dataset=sentences", f"dataset.train={tmp_path / name}", "dataset.metrics=[loss]", "head=contrastive"]
        run = train(checked([*BASE, *words, f"output_dir={tmp_path / 'runs'}"]))
        found.append(lines(run)[0]["text"])
    assert found == ["say, 9 again", '"say, 9 again"']


def test_a_tokenizer_without_segments_leaves_those_of_another_alone(tmp_path):
    """DistilBERT's tokenizer has BERT's vocabulary, and gives no `token_type_ids`."""
    spec = Mini(family="bert", vocabulary=300, layers=1, heads=2, width=16, max_positions=64, learning_rate=1e-3)
    tokenizer = spec.tokenizer(lambda: ["a b c d e f g"], pre_split=False)
    model = spec.model(spec.config())
    for name in ("with", "without"):
        if name == "without":
            tokenizer.model_input_names = ["input_ids", "attention_mask"]
        tokenizer.save_pretrained(tmp_path / name)
        model.save_pretrained(tmp_path / name)
    (tmp_path / "pairs.csv").write_text("text,text2,label\n" + "a b,c d,x\ne f,g a,y\n" * 20)
    words = [
        "dataset=csv",
        f"dataset.train={tmp_path / 'pairs.csv'}",
        "dataset.text_pair=text2",
        "dataset.max_length=32",
        "trainer.max_epochs=1",
    ]
    words += ["trainer.accelerator=cpu", "trainer.progress_bar=false", "backbone=bert"]
    scores = []
    for number, before in enumerate(([], ["without"])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TUNESMITH_CACHE", str(tmp_path / f"cache{number}"))
            for name in (*before, "with"):
                run = train(
                    checked([*words, f"backbone.name={tmp_path / name}", f"output_dir={tmp_path / f'{number}'}"])
                )
        scores.append(run.read_json("metrics.json"))
    assert scores[0] == scores[1]
