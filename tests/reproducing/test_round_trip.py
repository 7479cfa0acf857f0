"""A sweep is trained, packed, moved and reproduced elsewhere, bit for bit."""

import json
import shutil

import pytest

from tests.conftest import write_csv
from tests.sweeps.made import call, config_of, folder_of
from tunesmith.training.train import train

ROWS = [
    (f"a {word} film number {number}", label)
    for number in range(12)
    for word, label in (("fine", "good"), ("dull", "bad"))
]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A bundle of a sweep of two rates with two seeds each, and the data that it was trained on; their folder is gone."""
    place = tmp_path_factory.mktemp("here")
    data = write_csv(place / "train.csv", ROWS)
    words = ["dataset=csv", f"dataset.train={data}", f"output_dir={place}/runs", "trainer.max_steps=2"]
    words += ["optimizer.lr=1e-3,2e-3", "seed=1,2", "trainer.max_epochs=1", "trainer.progress_bar=false"]
    words += ["trainer.accelerator=cpu", "backbone.width=16", "backbone.layers=1"]
    called = call("train", "-m", *words)
    assert called.status == 0, called
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    called = call("bundle", folder_of(place / "runs"), f"output={elsewhere}/paper.zip")
    assert called.status == 0 and "4 runs" in called.output, called
    write_csv(elsewhere / "mine.csv", ROWS)
    write_csv(elsewhere / "other.csv", ROWS[2:])
    shutil.rmtree(place)
    return elsewhere


@pytest.fixture
def there(packed, tmp_path, monkeypatch):
    shutil.copytree(packed, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    return tmp_path / "there"


def test_first_only_checked(there):
    called = call("reproduce", "paper.zip", "check=true")
    assert called.status == 1 and "4 completed runs" in called.output
    (missing,) = [line for line in called.output.splitlines() if line.startswith("Missing:")]
    fingerprint = next(iter(json.loads((there / "paper/bundle.json").read_text())["data"].values()))["train"]
    assert (
        "train.csv cannot be read here" in missing and "dataset.train=..." in missing and fingerprint in called.output
    )
    called = call("reproduce", "paper.zip", "check=true", "dataset.train=mine.csv")
    assert called.status == 0 and "Nothing is missing" in called.output, called
    called = call("reproduce", "paper.zip", "dataset.train=other.csv")
    assert called.status == 2 and "dataset.train=other.csv has other content here" in called.errors
    assert sorted(path.name for path in there.iterdir()) == ["mine.csv", "other.csv", "paper", "paper.zip"]


def test_identical_elsewhere_and_continued(there, monkeypatch):
    from tunesmith.training import train as training

    trained = []

    def interrupted(config, **options):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(config["seed"])
        return train(config, **options)

    monkeypatch.setattr(training, "train", interrupted)
    words = ["reproduce", "paper.zip", "dataset.train=other.csv", "dataset.train=mine.csv"]
    called = call(*words)
    assert called.status == 1 and "interrupted" in called.errors
    repeated = sorted((there / "paper-reproduced").glob("*/*/metrics.json"))
    times = [file.stat().st_mtime_ns for file in repeated]
    assert len(repeated) == 2
    monkeypatch.setattr(training, "train", train)
    called = call(*words)
    assert called.status == 0 and "Reproduced: all scores are identical." in called.output, called
    assert [file.stat().st_mtime_ns for file in repeated] == times  # not trained again
    assert len(list((there / "paper-reproduced").glob("*/*/metrics.json"))) == 4
    report = call("report", "paper")
    assert report.status == 0 and "2 done" in report.output  # seeds; what was repeated is not among them
    sweep = next((there / "paper/sweeps").iterdir())
    assert call("report", sweep).status == 0

    run = next((there / "paper-reproduced").glob("*/*/metrics.json")).parent
    changed = json.loads((run / "metrics.json").read_text())
    (run / "digests.json").unlink()
    (run / "metrics.json").write_text(json.dumps(changed | {"validation/loss": changed["validation/loss"] + 1e-9}))
    called = call(*words)
    assert (
        called.status == 1
        and "3 of 4 runs reproduced" in called.output
        and "the same bits are expected" in called.output
    )


def test_an_unpacked_bundle_is_verified(there):
    assert call("reproduce", "paper.zip", "check=true", "dataset.train=mine.csv").status == 0
    assert call("reproduce", "paper", "check=true", "dataset.train=mine.csv").status == 0
    file = next((there / "paper/runs").glob("*/*/metrics.json"))
    file.write_text(file.read_text().replace("0.", "1.", 1))
    for words in (["paper"], ["paper.zip"], [next((there / "paper/sweeps").iterdir())]):
        called = call("reproduce", *words, "check=true", "dataset.train=mine.csv")
        assert called.status == 2 and "metrics.json is damaged" in called.errors


def test_a_sweep_and_a_run_where_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny = ["trainer.max_steps=2", "backbone.width=16", "backbone.layers=1", "output_dir=runs"]
    runs = [train(config_of(*tiny, f"seed={seed}")) for seed in (1, 2)]
    called = call("reproduce", "runs")
    assert called.status == 0 and "all scores are identical" in called.output, called
    assert len(list((tmp_path / "runs-reproduced").glob("*/*/metrics.json"))) == 2
    called = call("reproduce", runs[0].path, "output_dir=again")
    assert called.status == 0 and len(list((tmp_path / "again").glob("*/*/metrics.json"))) == 1
    assert len(list((tmp_path / "runs").glob("*/*/metrics.json"))) == 2
