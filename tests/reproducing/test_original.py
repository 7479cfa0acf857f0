"""Which runs are reproduced, and whose scores say how much seeds vary."""

import pytest

from tests.sweeps.made import call, config_of, end, finish
from tunesmith.report.records import find
from tunesmith.reproducing.original import originals

MANIFEST = {"versions": {"torch": "1"}, "data": {"fingerprints": {"train": "a"}}}


def made(folder, seed, score, *words, **changes):
    run = finish(config_of(f"output_dir={folder}", f"seed={seed}", *words), {"test/accuracy": score})
    run.write_json("manifest.json", MANIFEST | changes)
    return run


def test_seeds_of_the_same_configuration_data_and_versions(tmp_path):
    made(tmp_path, 1, 0.1)
    made(tmp_path, 2, 0.2)
    made(tmp_path, 3, 0.3, "optimizer.lr=1e-2")
    made(tmp_path, 4, 0.4, versions={"torch": "2"})
    made(tmp_path, 5, 0.5, data={"fingerprints": {"train": "b"}})
    found, left_out = originals(find([tmp_path]))
    seeds = {part.config["seed"]: sorted(scores["test/accuracy"] for scores in part.seeds) for part in found}
    assert seeds == {1: [0.1, 0.2], 2: [0.1, 0.2], 3: [0.3], 4: [0.4], 5: [0.5]} and left_out == []


def test_a_repetition_is_no_further_seed(tmp_path):
    run = made(tmp_path, 1, 0.1)
    copy = made(tmp_path / "other", 1, 0.9)
    copy.path.rename(run.path.with_name(f"{run.path.name}-2"))
    found, left_out = originals(find([tmp_path]))
    assert [part.scores["test/accuracy"] for part in found] == [0.1] and len(found[0].seeds) == 1
    assert len(left_out) == 1 and "has the same settings as" in left_out[0]


def test_what_is_not_completed_is_named(tmp_path):
    made(tmp_path, 1, 0.1)
    end(config_of(f"output_dir={tmp_path}", "seed=2"), "failed", error="ValueError: broken")
    damaged = made(tmp_path, 3, 0.3)
    (damaged.path / "manifest.json").write_text("{}")
    found, left_out = originals(find([tmp_path]))
    assert len(found) == 1 and any("is failed: ValueError: broken" in line for line in left_out)
    assert any("manifest.json is damaged" in line for line in left_out)


def test_a_run_is_judged_by_the_seeds_beside_it(tmp_path):
    for seed in (1, 2, 3):
        run = made(tmp_path, seed, seed / 10, data={})
    called = call("reproduce", f"run={run.path}", "check=true")
    assert called.status == 0 and "1 completed run: 3 comparable seeds" in called.output
    assert call("reproduce", run.path, "check=true").output == called.output


@pytest.mark.parametrize(
    "file,content,message",
    [
        ("manifest.json", "{}", "manifest.json is damaged"),
        ("metrics.json", "{}", "metrics.json is damaged"),
        (None, "", "has no scores"),
    ],
)
def test_of_a_run_that_cannot_be_read_no_neighbour_is_reproduced(tmp_path, file, content, message):
    run, *_ = [made(tmp_path, seed, seed / 10, data={}) for seed in (1, 2, 3)]
    if file is None:
        run.write_json("metrics.json", {})
    else:
        (run.path / file).write_text(content)
    called = call("reproduce", f"run={run.path}", "check=true")
    assert called.status == 2 and message in called.errors and run.path.name in called.errors


@pytest.mark.parametrize(
    "words,expected",
    [
        ([], "expected one thing to reproduce"),
        (["a", "b"], "expected one thing to reproduce"),
        (["a", "run=b"], "expected one thing to reproduce"),
        (["run="], "run is empty"),
        (["none.zip"], "none.zip does not exist"),
        (["empty"], "empty contains no runs"),
        (["failed"], "there is no completed run to reproduce: "),
        (["text.zip"], "text.zip is no bundle"),
        (["failed", "check=yes"], "check=yes; expected true or false"),
        (["failed", "chek=true"], "unknown key chek; did you mean check?"),
        (["failed", "optimizer.lr=1"], "optimizer.lr cannot be changed"),
        (["failed", "dataset.trian=x"], "did you mean dataset.train?"),
        (["failed", "backbone.name=x", "backbone.name=y"], "backbone.name is given 2 times"),
        (["failed", "dataset.train="], "dataset.train is empty"),
        (["failed", "output_dir=a", "output_dir=b"], "output_dir is given 2 times"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    end(config_of("output_dir=failed"), "failed", error="ValueError: broken")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("text\n" * 100)
    called = call("reproduce", *words)
    assert called.status == 2 and expected in called.errors, called
