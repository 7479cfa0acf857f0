"""Rows and columns of the table of methods and tasks: what is one dataset, and what is another."""

import pytest

from tests.conftest import TINY, checked
from tests.sweeps.made import finish
from tunesmith.errors import UserError
from tunesmith.report.groups import grouped
from tunesmith.report.pivot import pivot
from tunesmith.report.records import find
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

BASE = [word for word in TINY if not word.startswith("dataset.")]
ACCURACY = {("sst2", "[standard]"): 0.9, ("sst2", "[standard,rdrop]"): 0.91}
ACCURACY |= {("rte", "[standard]"): 0.6, ("rte", "[standard,rdrop]"): 0.55}


def table(places, **question):
    return pivot(grouped(find(places)), **{"rows": "regularization", "columns": "dataset", "score": None} | question)


def shown(found):
    return {place: round(group.mean(found.scores[place[1]]), 6) for place, group in found.cells.items()}


@pytest.fixture
def files(tmp_path):
    """Runs on two datasets whose files have the same name."""
    for (task, method), accuracy in ACCURACY.items():
        file = tmp_path / task / "train.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text("text,label\nx,0\ny,1\n")
        words = ["dataset=csv", f"dataset.train={file}", f"output_dir={tmp_path / 'runs'}", f"regularization={method}"]
        finish(checked([*BASE, *words]), {"validation/accuracy": accuracy})
    return tmp_path / "runs"


def test_files_of_one_name_in_two_folders_are_two_datasets(files):
    found = table([files])
    assert sorted(found.columns) == ["rte/train", "sst2/train"] and not found.notes
    assert shown(found) == {(method, f"{task}/train"): value for (task, method), value in ACCURACY.items()}


def test_no_cell_is_the_best_of_several_datasets(files):
    with pytest.raises(
        UserError, match=r"2 datasets \((rte|sst2)/train, (rte|sst2)/train\), whose scores do not compare; expected col"
    ):
        table([files], columns="optimizer.lr")


def test_other_content_under_the_same_path_is_another_dataset(files):
    for file in files.rglob("config.yaml"):
        (file.parent / "manifest.json").unlink(missing_ok=True)
    for number, record in enumerate(find([files])):
        from tunesmith.runs.folder import RunFolder

        RunFolder(record.path).write_json(
            "manifest.json", {"data": {"fingerprints": {"validation": "ab"[number % 2] * 64}}}
        )
    assert len(table([files]).columns) == 2


def swept(folder, name, rows, *words):
    """A sweep with finished runs: the overrides and the score of each."""
    sweep = SweepFolder.claim(folder / "runs/sweeps" / name, identity=name * 10, varied=list(rows[0][0]))
    sweep.describe(settings={})
    jobs = []
    for number, (overrides, score) in enumerate(rows, 1):
        settings = [f"{key}={text}" for key, text in overrides.items()]
        config = checked([*BASE, f"output_dir={folder / 'runs'}", *words, *settings])
        jobs.append(Job(number, config, overrides))
        finish(config, {"validation/accuracy": score})
    sweep.freeze(jobs)
    sweep.lock.release()
    return sweep.path


def test_a_dataset_is_one_column_however_it_was_chosen(tmp_path):
    both = [({"dataset": name, "regularization": "standard"}, score) for name, score in (("wnli", 0.5), ("rte", 0.6))]
    first = swept(tmp_path, "a", both)
    second = swept(
        tmp_path, "b", [({"regularization": f"[standard{more}]"}, 0.7) for more in (",rdrop", ",fgm")], "dataset=wnli"
    )
    found = table([first, second])
    assert len(found.columns) == 2 and found.rows[0] == "standard"
    assert [len([row for row in found.rows if (row, column) in found.cells]) for column in found.columns] == [3, 1]
    assert found.columns[1] == "rte"  # as it was typed, where all runs agree


def test_a_list_of_one_is_the_same_however_it_was_typed(tmp_path):
    first = swept(
        tmp_path, "a", [({"regularization": name}, 0.5) for name in ("standard", "[standard,fgm]")], "dataset=wnli"
    )
    second = swept(
        tmp_path, "b", [({"regularization": name}, 0.6) for name in ("[standard]", "[standard,fgm]")], "dataset=rte"
    )
    assert table([first, second]).rows == ["[standard]", "[standard,fgm]"]


def test_no_run_has_the_score(tmp_path):
    for method in ("[standard]", "[standard,rdrop]"):
        finish(checked([*BASE, f"output_dir={tmp_path}", f"regularization={method}"]), {"train/x": 1.0})
    with pytest.raises(UserError, match="no completed run has validation/"):
        table([tmp_path])


def test_what_two_sweeps_do_not_vary_tells_their_runs_apart(tmp_path):
    rows = [({"regularization": "[standard]"}, 0.5), ({"regularization": "[standard,fgm]"}, 0.6)]
    other = [({"regularization": "standard"}, 0.5), ({"regularization": "[standard,rdrop]"}, 0.6)]
    first = swept(tmp_path, "a", rows, "dataset=wnli", "dataset.batch_size=16")
    second = swept(tmp_path, "b", other, "dataset=wnli", "dataset.batch_size=32")
    varied = [group.varied for group in grouped(find([first, second]))]
    assert [row["dataset.batch_size"] for row in varied] == ["16", "16", "32", "32"]
    assert [row["regularization"] for row in varied] == [
        "[standard]",
        "[standard,fgm]",
        "[standard]",
        "[standard,rdrop]",
    ]
    assert [group.varied for group in grouped(find([first]))] == [overrides for overrides, _ in rows]


def test_sweeps_that_have_all_else_in_common_show_what_was_typed(tmp_path):
    first = swept(tmp_path, "a", [({"optimizer.lr": "1e-3"}, 0.5), ({"optimizer.lr": "2e-3"}, 0.6)], "dataset=wnli")
    second = swept(tmp_path, "b", [({"optimizer.lr": "3e-3"}, 0.5)], "dataset=wnli")
    assert [g.varied for g in grouped(find([first, second]))] == [{"optimizer.lr": f"{n}e-3"} for n in (1, 2, 3)]
