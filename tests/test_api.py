"""From Python: the scores, predictions and messages of the command, and nothing of the caller's is changed."""

import json
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import yaml
from sklearn.metrics import accuracy_score

import tunesmith
from tests.conftest import TINY, write_csv
from tunesmith import cli
from tunesmith.errors import UserError

SMALL = [word for word in TINY if "progress_bar" not in word]
PAIR = {"first": "Ada opened the gate", "second": "Ada closed the gate"}


@pytest.fixture(scope="module")
def run(tiny_run):
    return tunesmith.load(tiny_run.path)


def said(capsys, *words):
    """The mistakes that the command prints."""
    assert cli.run(list(words)) == 2
    return capsys.readouterr().err.removeprefix("tunesmith:").strip().removeprefix("- ").split("\n  - ")


def around():
    """What of a program's state a library has to leave alone."""
    names = ("", "transformers", "pytorch_lightning", "datasets")
    loggers = [logging.getLogger(name) for name in names]
    handlers = [(logger.handlers[:], logger.propagate) for logger in loggers]
    return handlers, warnings.showwarning, warnings.filters[:], logging.raiseExceptions, sys.path[:]


def test_the_import_is_light_and_typed():
    code = (
        "import sys, time; start = time.perf_counter(); import tunesmith; seconds = time.perf_counter() - start;"
        "heavy = {'torch', 'pandas', 'numpy', 'hydra', 'omegaconf'} & set(sys.modules);"
        "print(seconds, heavy or '', set(tunesmith.__all__) <= set(dir(tunesmith)))"
    )
    found = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(3)]
    assert min(float(line.split()[0]) for line in found) < 0.05
    assert {tuple(line.split()[1:]) for line in found} == {("True",)}
    assert (Path(tunesmith.__file__).parent / "py.typed").is_file()
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        tunesmith.trian  # noqa: B018


def test_a_loaded_run(run, tiny_run):
    metrics = json.loads((tiny_run.path / "metrics.json").read_text())
    assert run.scores == {name: value for name, value in metrics.items() if name != "labels"}
    assert run.config == yaml.safe_load((tiny_run.path / "config.yaml").read_text())
    assert run.path == tiny_run.path
    run.config["seed"] = 99
    assert run.config["seed"] != 99
    assert eval(repr(run), {"tunesmith": tunesmith}).scores == run.scores


def test_predictions_are_those_that_the_command_writes(run, tmp_path, capsys):
    rows = [
        {"text": "a gripping story", "label": "unknown", "n": 1},
        {"text": "a dull one [SEP] café", "label": None, "more": ["a", {"b": 0.5}]},
        {"text": ""},
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.run(["predict", f"run={run.path}", f"input={tmp_path}/in.jsonl", f"output={tmp_path}/out.jsonl"]) == 0
    note = capsys.readouterr().err.partition("\n")[0]
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    before = around()
    assert run.predict(rows) == written and around() == before
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.strip() == note
    assert rows[0] == {"text": "a gripping story", "label": "unknown", "n": 1}  # unchanged
    (text,) = run.predict(["a gripping story"], "dataset.eval_batch_size=1")
    assert text["prediction"] == written[0]["prediction"] and list(text) == ["text", "prediction", "probabilities"]
    assert text["probabilities"] == pytest.approx(written[0]["probabilities"], abs=1e-6)
    assert run.predict([]) == [] and run.predict(iter(rows)) == written


def test_evaluate_scores_other_data(run, tmp_path, capsys):
    texts = ["a gripping story", "a dull story", "nothing works here", "brilliant and moving"]
    file = write_csv(tmp_path / "new.csv", zip(texts, ["positive", "negative", "positive", "negative"], strict=True))
    words = ["dataset=csv", f"dataset.test={file}"]
    before = around()
    scores = run.evaluate(*words, f"output={tmp_path}/scores")
    assert around() == before
    predicted = [row["prediction"] for row in run.predict(texts)]
    gold = ["positive", "negative", "positive", "negative"]
    assert scores["test/accuracy"] == pytest.approx(accuracy_score(gold, predicted))
    assert set(scores) == {name for name in run.scores if name.startswith("test/")}
    written = json.loads((tmp_path / "scores/metrics.json").read_text())
    assert scores == pytest.approx({name: value for name, value in written.items() if name != "labels"}, nan_ok=True)
    capsys.readouterr()
    found = []
    thread = threading.Thread(target=lambda: found.append(run.evaluate()))  # as a server or a notebook's widget does
    thread.start()
    thread.join()
    assert found[0] == pytest.approx(run.scores, nan_ok=True)
    assert "┃" not in capsys.readouterr().out  # the table is the command's


@pytest.mark.parametrize(
    "words",
    [
        ["backbone=brt"],
        ["optimizer.weigth_decay=1", "seed=-1"],
        ["seed=1,2"],
        ["--seed", "3"],
        ["dataset=csv"],
        ["dataset=csv", "dataset.train=missing.csv"],
    ],
)
def test_train_says_what_the_command_says(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = said(capsys, "train", *words)
    with pytest.raises(UserError) as error:
        tunesmith.train(*words)
    assert error.value.mistakes == expected
    assert list(tmp_path.iterdir()) == []


def test_a_run_answers_as_the_commands_do(run, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "none", run.path.parent):
        with pytest.raises(UserError) as error:
            tunesmith.load(place)
        assert error.value.mistakes == said(capsys, "evaluate", f"run={place}")
    for word in ("seed=3", "dataset.txt=review", "dataset.test=none.csv"):
        with pytest.raises(UserError) as error:
            run.evaluate(word)
        assert error.value.mistakes == said(capsys, "evaluate", f"run={run.path}", word)
    for word in ("input=a.csv", "dataset.max_lenght=3"):
        with pytest.raises(UserError, match=r"unknown key .*"):
            run.predict(["a"], word)


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: tunesmith.train(["seed=1"]), r"received \['seed=1'\]; expected texts of their own"),
        (lambda: tunesmith.train("-m", "seed=1,2"), "-m: options are for the command line; .*tunesmith.sweep"),
        (lambda: tunesmith.train("--cfg=job"), "--cfg=job: options are for the command line"),
        (lambda: tunesmith.train("trainer=ddp"), "trainer.devices is 2, .* tunesmith.sweep with the same words"),
        (lambda: tunesmith.train("seed=1", config_dir="none"), "none"),
        (lambda: tunesmith.load(None), "load received None; expected the folder of a run"),
        (lambda: tunesmith.report(), "report needs at least one folder"),
        (lambda: tunesmith.sweep("backbone=brt"), "did you mean bert"),
    ],
)
def test_mistakes_of_a_program(call, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = around()
    with pytest.raises(UserError, match=message):
        call()
    assert around() == before


def test_train_prints_no_bar_and_trains_once(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [(f"{PAIR['first']} {n}", n % 2) for n in range(20)]
    words = ["dataset=csv", f"dataset.train={write_csv(tmp_path / 'train.csv', rows)}", *SMALL[1:]]
    before = around()
    run = tunesmith.train(*words)
    assert around() == before
    captured = capfd.readouterr()
    assert "batch/s" not in captured.out + captured.err and "accuracy" in captured.out
    assert run.path == Path("runs") / run.path.parent.name / run.path.name and "validation/accuracy" in run.scores
    stamp = (run.path / "metrics.json").stat().st_mtime_ns
    assert tunesmith.train(*words).path == run.path and (run.path / "metrics.json").stat().st_mtime_ns == stamp
    assert capfd.readouterr().out == ""
    write_csv(tmp_path / "train.csv", [*rows, ("one more", 1)])
    with pytest.raises(UserError, match=r"was trained on different data: dataset.train.* changed since"):
        tunesmith.train(*words)


def test_pairs_are_dictionaries(tmp_path):
    run = tunesmith.train("dataset=demo_pairs", *SMALL, f"output_dir={tmp_path}")
    (row,) = run.predict([PAIR])
    assert {name: row[name] for name in PAIR} == PAIR and row["prediction"] in {"different", "same"}
    with pytest.raises(UserError, match=r"inputs\[0\] is a text, but the run needs first, second; expected a dict"):
        run.predict(["Ada opened the gate"])
    with pytest.raises(UserError, match=r"inputs\[1\] has no second; it has first, secnd; did you mean secnd\?"):
        run.predict([PAIR, {"first": "a", "secnd": "b"}])


def test_a_sweep_is_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = around()
    frame = tunesmith.sweep(*SMALL, "optimizer.lr=1e-4,1e-3", "hydra.launcher.n_jobs=2")
    assert around() == before
    assert sorted(frame["optimizer.lr"]) == [0.0001, 0.001] and list(frame["states"]) == ["1 done"] * 2
    best = tunesmith.load(frame["runs"][0])
    assert best.scores["validation/accuracy"] == frame["validation/accuracy"].max()
    assert tunesmith.report(*tmp_path.glob("runs/sweeps/*")).equals(frame)
    with pytest.raises(UserError, match="expected the main thread"):
        _in_a_thread(lambda: tunesmith.sweep("seed=1,2"))


def _in_a_thread(call):
    found = []

    def caught():
        try:
            call()
        except UserError as error:
            found.append(error)

    thread = threading.Thread(target=caught)
    thread.start()
    thread.join()
    raise found[0]
