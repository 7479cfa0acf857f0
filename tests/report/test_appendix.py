"""The appendix: every number by hand from what made runs recorded, and `not recorded` for everything else."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sweeps.made import config_of, end, finish
from tunesmith.documents.document import Score, Table
from tunesmith.documents.markdown_page import page
from tunesmith.report.answers.scoring import implementation
from tunesmith.report.appendix import sections, sweeps_of
from tunesmith.report.records import find
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

ACCURACY = "validation/accuracy"
DATA = {
    "fingerprints": {"train": "a" * 32, "test": "b" * 32},
    "rows": {"train": 60, "test": 20},
    "notes": {"cut to 128 tokens": {"train": 3, "test": 0}, "lost words": {"train": 0, "test": 2}},
    "labels": {"train": {"negative": 25, "positive": 35}, "test": {"negative": 9, "positive": 11}},
}
VERSIONS = {"python": "3.11.7", "torch": "2.13.0", "torchmetrics": "1.9.0", "tunesmith": None}
GPU = {"platform": "Linux", "processor": "EPYC", "cores": 16, "threads": 1, "gpus": ["NVIDIA H100", "NVIDIA H100"]}
MANIFEST = {
    "command": "tunesmith train dataset=demo_reviews",
    "versions": VERSIONS,
    "packages": {"torch": "2.13.0", "six": "1.0", "optuna": "5.0"},
    "git": {"commit": "c0ffee", "changed": False},
    "hardware": GPU | {"gpus": []},
    "data": DATA,
    "model": {"parameters": 1234567},
    "steps": 3,
}


def scores(validation, test):
    return {ACCURACY: validation, "validation/loss": 0.5, "test/accuracy": test, "test/loss": 0.75}


def config(place, *words):
    return config_of(f"output_dir={place}/runs", *words)


def done(config, validation, test, *, seconds=60.0, **changes):
    run = finish(config, scores(validation, test))
    run.write_json("manifest.json", MANIFEST | {"seconds": seconds} | changes)
    return run


def a_sweep(place, jobs, *, name="search", command="tunesmith train -m sweep=tpe", **settings):
    """A sweep whose jobs are (overrides, whether it is a stage)."""
    folder = SweepFolder.claim(place / "runs" / "sweeps" / name, identity=name, varied=list(jobs[0].overrides))
    folder.describe(settings=settings, command=command, monitor=ACCURACY)
    folder.freeze(jobs)
    folder.lock.release()
    return folder


def tpe(tmp_path):
    """A search with two seeds: three trials, of which the second is best and the third is over early."""
    results = {"1e-05": [(0.5, 0.4), (0.6, 0.5)], "2e-05": [(0.7, 0.6), (0.9, 0.7)], "3e-05": []}
    jobs = []
    for trial, (rate, found) in enumerate(results.items()):
        for seed in (1, 2):
            made = config(tmp_path, f"optimizer.lr={rate}", f"seed={seed}")
            jobs.append(Job(len(jobs) + 1, made, {"optimizer.lr": rate, "seed": str(seed)}, trial=trial))
            if found:
                done(made, *found[seed - 1], seconds=30.0 * len(jobs))
    end(jobs[4].config, "pruned", error="Pruned: after epoch 1")
    end(jobs[5].config, "failed", error="ValueError: no luck")
    return a_sweep(
        tmp_path,
        jobs,
        **{"sampler": "tpe", "sampler_seed": 7, "trials": 5, "pruner": "median", "seeds": [1, 2], "objective": None},
        space={"optimizer.lr": "tag(log, interval(1e-5,1e-4))"},
    )


def made(*places):
    return sections(find(places), sweeps=sweeps_of(places))


def tables(found):
    return {part.name: part for section in found for part in section.parts if isinstance(part, Table)}


def said(found):
    return [part for section in found for part in section.parts if isinstance(part, str)]


def text(found):
    return "\n".join(said(found))


@pytest.mark.parametrize("place", ["runs/sweeps/search", "runs"])
def test_a_search(tmp_path, place):
    tpe(tmp_path)
    found = made(tmp_path / place)
    table = tables(found)
    assert [section.title[-3:-1] for section in found[1:]] == ["B6", "C1", "C2", "C3", "C4"]
    # C1: four completed runs of 30, 60, 90 and 120 s.
    assert list(table["appendix-models"].rows[0]) == ["random_bert", "1,234,567", 4]
    assert dict(table["appendix-runs"].rows) == {
        "runs": 6,
        "done": 4,
        "pruned": 1,
        "failed": 1,
        "timed": 4,
        "total time": "5 min 0 s",
        "mean time": "1 min 15 s",
    }
    assert "C1: The time of 2 runs (1 pruned, 1 failed) is not recorded and not in the total." in said(found)
    assert "C1: Energy and emissions were not recorded." in said(found)
    assert "GPU hours" not in text(found)
    # C2
    assert list(map(list, table["appendix-bounds-1"].rows)) == [
        ["optimizer.lr", "1e-05 to 0.0001", "interval, logarithmic scale", 3]
    ]
    chosen = next(line for line in said(found) if "were chosen by" in line)
    for part in (
        "Parzen",
        "seed of the sampler 7",
        "5 trials asked for, of which 3 have runs",
        "the median rule",
        "1, 2.",
    ):
        assert part in chosen
    assert f"criterion that selects among them is {ACCURACY} (larger is better)" in chosen
    assert ["optimizer.lr (varied)", "2e-05"] in list(map(list, table["appendix-best-1"].rows))
    # C3: 0.7 and 0.9, 0.6 and 0.7; the sample deviations are 0.1 and 0.05 times the square root of two.
    best = {row[0]: list(row[1:]) for row in table["appendix-scores-1"].rows}
    assert best["accuracy"] == [
        Score(pytest.approx(0.8), pytest.approx(0.2 / math.sqrt(2))),
        Score(pytest.approx(0.65), pytest.approx(0.1 / math.sqrt(2))),
        2,
    ]
    assert best["loss"] == [Score(0.5, 0.0), Score(0.75, 0.0), 2]
    rows = [list(row) for row in table["appendix-configurations-1"].rows]
    assert [row[0] for row in rows] == [f"optimizer.lr={rate}" for rate in ("2e-05", "1e-05", "3e-05")]
    assert rows[2][1:] == [None, None, 0, "1 pruned, 1 failed"]
    assert "among 2, so that score is optimistic" in table["appendix-scores-1"].note
    # C4
    assert "C4: Command: tunesmith train -m sweep=tpe" in said(found)
    packages = dict(table["appendix-packages"].rows)
    assert packages["tunesmith"] == "not installed as a package" and packages["optuna"] == "5.0"


def test_the_data_is_that_of_the_manifests(tmp_path):
    for seed, data in ((1, DATA), (2, DATA | {"fingerprints": {"train": "c" * 32}})):
        done(config(tmp_path, f"seed={seed}"), 0.5, 0.5, data=data)
    end(config(tmp_path, "seed=3"), "failed")
    found = made(tmp_path)
    first = {row[0]: list(row[1:]) for row in tables(found)["appendix-data-1"].rows}
    assert first == {
        "examples": [60, 20],
        "cut to 128 tokens": [3, 0],
        "lost words": [0, 2],
        "label negative": [25, 9],
        "label positive": [35, 11],
    }
    assert "aaaaaaaaaaaa" in tables(found)["appendix-data-1"].note + tables(found)["appendix-data-2"].note
    assert "B6: The data of 1 of 3 runs that started is not recorded." in said(found)
    assert any("2 different contents" in line for line in said(found))


def test_two_contents_of_one_data_are_not_ranked_together(tmp_path):
    for seed, print, score in ((1, "a", 0.5), (1, "b", 0.9)):
        made_config = config(tmp_path, f"seed={seed}", f"name={print}")
        done(made_config, score, score, data=DATA | {"fingerprints": {"test": print}})
    titles = [part.title for name, part in tables(made(tmp_path)).items() if name.startswith("appendix-scores")]
    assert titles == [f"Scores of the only configuration of single runs on demo_reviews ({n})" for n in (1, 2)]


def test_a_damaged_sweep_is_said_and_its_runs_are_single_ones(tmp_path):
    folder = tpe(tmp_path)
    (folder.path / "sweep.json").write_text("{}")
    found = made(tmp_path / "runs")
    assert "A sweep cannot be read, so its runs are described as single runs" in text(found)
    assert list(tables(found)["appendix-runs"].headings) == ["", "single runs"]


def test_packages_that_only_some_runs_use(tmp_path):
    packages = {"torch": "2.13.0", "pytorch-crf": "0.7.2", "peft": "0.21", "optuna": "5.0"}
    tagging = config(tmp_path, "dataset=demo_entities", "head=crf")
    done(tagging, 0.5, 0.5, packages=packages)
    versions = dict(tables(made(tmp_path))["appendix-packages"].rows)
    assert versions["pytorch-crf"] == "0.7.2" and "peft" not in versions and "optuna" not in versions


def test_loose_runs_claim_no_search(tmp_path):
    for rate, score in (("1e-05", 0.5), ("2e-05", 0.75)):
        done(config(tmp_path, f"optimizer.lr={rate}"), score, score)
    found = made(tmp_path)
    assert "how the settings were chosen, and between which bounds, is not recorded" in text(found)
    assert not [name for name in tables(found) if "bounds" in name]
    assert ["optimizer.lr", "1e-05, 2e-05", 2] in list(map(list, tables(found)["appendix-differing"].rows))
    (score,) = [row[1] for row in tables(found)["appendix-scores-1"].rows if row[0] == "accuracy"]
    assert score == Score(0.75, None)  # one seed: no deviation
    assert said(found).count("C4: Command: tunesmith train dataset=demo_reviews") == 1


def test_several_sweeps_and_loose_runs_are_listed_and_a_run_counts_once(tmp_path):
    first, second, third = (config(tmp_path, f"seed={seed}") for seed in (1, 2, 3))
    for made_config in (first, second, third):
        done(made_config, 0.5, 0.5, seconds=10.0)
    a_sweep(tmp_path, [Job(1, first, {"seed": "1"}), Job(2, second, {"seed": "2"})], name="one", sampler="grid")
    a_sweep(tmp_path, [Job(1, second, {"seed": "2"})], name="two", sampler="grid")
    found = made(tmp_path / "runs")
    runs = tables(found)["appendix-runs"]
    assert list(runs.headings) == ["", "sweep one", "sweep two", "single runs", "all, each run once"]
    counts = {row[0]: list(row[1:]) for row in runs.rows}
    assert counts["runs"] == [2, 1, 1, 3] and counts["total time"] == ["20.0 s", "10.0 s", "10.0 s", "30.0 s"]
    assert "Nothing but the seed varied in sweep one" in text(found)


def test_time_of_earlier_stages_is_counted_or_its_absence_said(tmp_path):
    stage = config(tmp_path, "seed=9")
    done(stage, 0.5, 0.5, seconds=100.0)
    run = config(tmp_path, "seed=1")
    run["backbone"] = run["backbone"] | {"after": stage}
    done(run, 0.5, 0.5, seconds=10.0)
    jobs = [Job(-1, stage, {}, stage=True), Job(1, run, {"seed": "1"})]
    folder = a_sweep(tmp_path, jobs, name="staged", sampler="grid")
    counts = {row[0]: list(row[1:]) for row in tables(made(folder.path))["appendix-runs"].rows}
    assert counts["total time"] == ["1 min 40 s", "10.0 s", "1 min 50 s"]
    alone = sections([record for record in find([tmp_path]) if record.config["seed"] == 1])
    assert f"Runs start from models of earlier stages ({stage['name']}) whose runs are not among these" in text(alone)


def test_gpu_hours_and_machines(tmp_path):
    shared = ["trainer.accelerator=auto", "trainer.devices=2"]
    done(config(tmp_path, "seed=1", *shared), 0.5, 0.5, seconds=1800.0, hardware=GPU)
    done(config(tmp_path, "seed=2", *shared), 0.5, 0.5, seconds=5400.0, hardware=GPU)
    done(config(tmp_path, "seed=3"), 0.5, 0.5, seconds=999.0, hardware=GPU)  # told to use the CPU
    found = made(tmp_path)
    assert "2 runs on GPUs took 4 GPU hours" in text(found)  # (0.5 h + 1.5 h) * 2 devices
    hardware = tables(found)["appendix-hardware"]
    assert len(hardware.headings) == 3
    assert ["GPUs visible", "2 x NVIDIA H100", "2 x NVIDIA H100"] in list(map(list, hardware.rows))
    assert ["runs", "2", "1"] in list(map(list, hardware.rows))


def test_versions_that_differ_are_counted(tmp_path):
    for seed in (1, 2, 3):
        torch = "2.12.0" if seed == 3 else "2.13.0"
        done(config(tmp_path, f"seed={seed}"), 0.5, 0.5, versions=VERSIONS | {"torch": torch}, git=None)
    found = made(tmp_path)
    version = dict(tables(found)["appendix-packages"].rows)["torch"]
    assert {"2.13.0 (2 runs)", "2.12.0 (1 run)"} == set(version.split(", "))
    assert "Versions differ between runs" in text(found)
    assert "C4: Commit of tunesmith's repository: not recorded." in said(found)


def test_a_best_configuration_needs_a_number(tmp_path):
    done(config(tmp_path, "optimizer.lr=1e-5"), math.nan, 0.5)
    found = made(tmp_path)
    assert f"has completed with a number for {ACCURACY}, so none is the best" in text(found)
    assert not [name for name in tables(found) if "best" in name or "scores" in name]
    assert f"but {ACCURACY} of some seed is not a number" in text(found)


def test_a_best_configuration_of_fewer_seeds_is_said(tmp_path):
    for rate, seeds, score in (("1e-05", (1, 2, 3), 0.5), ("2e-05", (1,), 0.9)):
        for seed in seeds:
            done(config(tmp_path, f"optimizer.lr={rate}", f"seed={seed}"), score, score)
    assert "has 1 completed seed, others up to 3" in text(made(tmp_path))


def test_damaged_and_unreadable_runs_are_said(tmp_path):
    done(config(tmp_path, "seed=1"), 0.5, 0.5)
    for seed in (2, 3):
        run = done(config(tmp_path, f"seed={seed}"), 0.5, 0.5)
        (run.path / ("config.yaml" if seed == 2 else "manifest.json")).write_text("{")
    found = made(tmp_path)
    assert "C3: 1 damaged run of single runs cannot be read and is in no score." in said(found)
    assert "C1: The hardware of 1 of 3 runs that started is not recorded." in said(found)
    assert {row[0]: row[1] for row in tables(found)["appendix-runs"].rows}["damaged"] == 1


def test_what_was_never_recorded(tmp_path):
    end(config(tmp_path, "seed=1"), "failed")
    found = text(made(tmp_path))
    for sentence in (
        "C1: The run time is not recorded.",
        "C4: The versions of packages are not recorded.",
        "C4: The commands of 1 run are not recorded.",
        "B6: The data of 1 of 1 run that started is not recorded.",
        "torchmetrics (version: not recorded)",
    ):
        assert sentence in found


def test_no_runs():
    (only,) = sections([])
    assert only.parts == ["There are no runs, so nothing can be said of them."]


def test_names_of_tables_are_unique_and_the_text_is_the_same_each_time(tmp_path):
    tpe(tmp_path)
    done(config(tmp_path, "seed=77"), 0.5, 0.5)
    found = made(tmp_path / "runs")
    names = [part.name for section in found for part in section.parts if isinstance(part, Table)]
    assert len(names) == len(set(names))
    assert page("x", found) == page("x", made(tmp_path / "runs"))
    assert all(line[:2] in ("B6", "C1", "C2", "C3", "C4") for section in found[1:] for line in said([section]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from([*MANIFEST, "seconds", "plugins", "working_folder"]), JSON, max_size=6))
def test_a_manifest_of_another_form_is_not_recorded(tmp_path, values):
    done(config(tmp_path, "seed=1"), 0.5, 0.5, **values)
    assert page("x", made(tmp_path)).startswith("# x\n")


@pytest.mark.parametrize(
    "dataset,part",
    [
        ({"task": "text_classification", "problem": "single_label", "average": None}, "torchmetrics (version: 1.9.0)"),
        ({"task": "text_classification", "problem": "multi_label", "average": "micro"}, "averaged as micro"),
        ({"task": "text_classification", "problem": "regression"}, "computed by tunesmith in double precision"),
        ({"task": "token_classification", "entities": True, "strict": False}, "conlleval"),
        ({"task": "token_classification", "entities": True, "strict": True}, "seqeval's strict mode"),
        ({"task": "token_classification", "entities": False}, "share of words with the right tag"),
        ({"task": "question_answering", "unanswerable": True}, "tuned on the validation split"),
        ({"task": "question_answering"}, "official SQuAD"),
        ({"task": "language_modeling"}, "exponential of the mean loss"),
        ({"task": "contrastive"}, "cosine similarities"),
        ({"task": "other"}, "not recorded"),
    ],
)
def test_the_implementation_of_the_scores_is_named(dataset, part):
    assert part in implementation(dataset, torchmetrics="1.9.0")
