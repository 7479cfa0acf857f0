"""The Hub's loading path, on a dataset saved on disk in the Hub's layout."""

import datasets
import pytest

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.data.sources.hub import Hub
from tunesmith.errors import UserError
from tunesmith.training.train import train


def saved(folder):
    names = datasets.ClassLabel(names=["negative", "positive"])
    features = datasets.Features({"sentence": datasets.Value("string"), "label": names})
    for split, size in {"train": 60, "validation": 20}.items():
        rows = {"sentence": [f"text number {n}" for n in range(size)], "label": [n % 2 for n in range(size)]}
        (folder / "data").mkdir(parents=True, exist_ok=True)
        datasets.Dataset.from_dict(rows, features=features).to_parquet(
            folder / "data" / f"{split}-00000-of-00001.parquet"
        )
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - split: train\n    path: data/train-*\n  - split: validation\n    path: data/validation-*\n---\n"
    )
    return folder


def test_a_run_on_a_dataset_in_the_hub_layout(tmp_path, capsys):
    folder = saved(tmp_path / "hub")
    overrides = [word for word in TINY if "size" not in word]
    overrides += ["dataset=sst2", f"dataset.path={folder}", "dataset.config=default", f"output_dir={tmp_path / 'runs'}"]
    run = train(checked(overrides))
    assert set(run.read_json("metrics.json")) >= {"validation/accuracy"}
    capsys.readouterr()
    for words in ([], ["dataset=sst2", f"dataset.path={folder}", "dataset.config=default"]):
        assert cli.run(["evaluate", f"run={run.path}", *words]) == 0
        printed = capsys.readouterr().out
        assert f"{run.read_json('metrics.json')['validation/accuracy']:.4f}" in printed and "Other data" not in printed
    assert cli.run(["train", *overrides, "dataset.text=sentense"]) == 2
    assert "has no column sentense; its columns are sentence, label; did you mean sentence?" in capsys.readouterr().err


def test_a_tenth_of_the_training_rows_is_held_out(tmp_path):
    folder = saved(tmp_path / "hub")
    source = Hub(path=str(folder), config=None, revision=None, train="train", validation=None, test="validation")
    held_out, kept = ({row for row, _ in source.rows(split)} for split in ("validation", "train"))
    assert len(held_out) == 6 and len(kept) == 54 and not held_out & kept
    source = Hub(path=str(folder), config=None, revision=None, train=None, validation=None, test="validation")
    assert source.splits == ("test",) and source.mistakes(["label"]) == [] and source.where("test", 3).endswith("row 3")


@pytest.fixture
def loaded(monkeypatch):
    """What is loaded from the hub, which is not reached: 20 rows of each split."""
    calls = []

    def load_dataset(path, config, *, split, revision):
        calls.append((path, config, split, revision))
        if split == "missing":
            raise ValueError("no such split.\nmore")
        return datasets.Dataset.from_dict({"text": [f"{split} {number}" for number in range(20)], "n": range(20)})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return calls


def hub(train="train", validation=None, test=None):
    return Hub(path="a/b", config="c", revision="v1", train=train, validation=validation, test=test)


def test_each_split_is_loaded_once_by_the_name_that_the_hub_gives_it(loaded):
    source = hub(validation="dev", test="heldout")
    assert source.splits == ("train", "validation", "test")
    for split, name in zip(source.splits, ("train", "dev", "heldout"), strict=True):
        assert list(source.rows(split)) == [(row + 1, {"text": f"{name} {row}", "n": row}) for row in range(20)]
        assert source.where(split, 3) == f"a/b {name}, row 3"
        assert source.fingerprint(split) == f"{source._dataset(split)._fingerprint}-all"
    assert loaded == [("a/b", "c", name, "v1") for name in ("train", "dev", "heldout")]
    assert len({source.fingerprint(split) for split in source.splits}) == 3


def test_held_out_rows_are_those_of_the_training_split(loaded):
    source = hub()
    assert source.splits == ("train", "validation") and source.where("validation", 3) == "a/b train, row 3"
    assert [row for row, _ in source.rows("validation")] == [10, 20] and len(list(source.rows("train"))) == 18
    assert [source.fingerprint(split).rpartition("-")[2] for split in source.splits] == ["train", "validation"]
    assert hub(train=None, validation="dev").splits == ("validation",) and len(loaded) == 1


def test_what_cannot_be_read_is_named(loaded, tmp_path):
    assert hub().mistakes(["text"]) == []
    assert hub().mistakes(["txt", "x"]) == [
        "a/b has no column txt; its columns are text, n; did you mean text?",
        "a/b has no column x; its columns are text, n",
    ]
    with pytest.raises(
        UserError, match=r"^The dataset a/b, split missing, cannot be loaded: no such split; check dataset\.path"
    ):
        list(hub(train="missing").rows("train"))
    source = Hub(path=str(tmp_path), config=None, revision=None, train="missing", validation="a", test=None)
    with pytest.raises(UserError, match=rf"^The dataset {tmp_path} \(the folder was found\), split missing, "):
        list(source.rows("train"))
