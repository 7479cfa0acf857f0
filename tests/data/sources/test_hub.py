"""The Hub's loading path, on a dataset saved on disk in the Hub's layout."""

import datasets

from tests.conftest import TINY, checked
from tunesmith import cli
from tunesmith.data.sources.hub import Hub
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
