"""Invalid input gives one message, exit status 2 and no traceback; light commands import nothing heavy."""

import os
import resource
import signal
import subprocess
import sys

import pytest

from tests.conftest import TINY, write_csv
from tests.preloaded import launch
from tests.sweeps.made import until
from tunesmith import cli
from tunesmith.training.module import FineTuningModule

GOOD = [("a fine film", "good"), ("a dull film", "bad")] * 10


def fails(capsys, *arguments):
    assert cli.run(list(arguments)) == 2
    message = capsys.readouterr().err
    assert message.startswith("tunesmith:") and "Traceback" not in message
    return message


@pytest.mark.parametrize("command", ["check", "train"])
@pytest.mark.parametrize(
    "overrides,expected",
    [
        (["backbone=brt"], ["backbone=brt does not exist", "did you mean bert?"]),
        (["optimizer.weigth_decay=1"], ["unknown key optimizer.weigth_decay; did you mean optimizer.weight_decay?"]),
        (["+optimizer.weigth_decay=1"], ["did you mean optimizer.weight_decay?"]),
        (["++optimizer.weigth_decay=1"], ["did you mean optimizer.weight_decay?"]),
        (["backbon=bert"], ["unknown key backbon; did you mean backbone=bert?"]),
        (["regularization.rdrop.alpha=1"], ["unknown key regularization.rdrop"]),
        (["dataset=csv"], ["dataset.train is required"]),
        (["trainer.max_epochs=-1.5"], ["trainer.max_epochs is -1.5; expected"]),
        (["trainer.max_epochs=0"], ["trainer.max_epochs is 0; expected"]),
        (["dataset.max_length=600", "backbone=bert"], ["allows 512 tokens"]),
        (["dataset.max_tokens=900"], ["expected one of them"]),
        (["head._target_=os.system"], ["os.system may not be a _target_ of head"]),
        (
            ["head._target_=tunesmith.heads.classification.torch.load"],
            ["no module tunesmith.heads.classification.torch"],
        ),
        (["monitor=validation/acuracy"], ["did you mean validation/accuracy?"]),
        (["optimizer.lr=fast", "seed=-1", "x=1"], ["optimizer.lr is 'fast'", "seed is -1", "unknown key x"]),
        (["seed=1,2"], ["names several values"]),
        (["regularization=[label_smoothing]", "dataset.problem=regression"], ["label_smoothing is for single_label"]),
        (["dataset.metrics=[acc]"], ["acc is not a score"]),
    ],
)
def test_invalid_configs(capsys, command, overrides, expected):
    message = fails(capsys, command, *overrides)
    assert all(part in message for part in expected), message


@pytest.mark.parametrize(
    "content,expected",
    [
        (b"", "is empty"),
        (b"text,label\n", "has no rows"),
        (b"review,label\ngood,1\n", "has no column text; its columns are review, label"),
        (b"text,label\na,1\nb,1\nc,1\n", "only one label"),
        (b"text,label\na,1\nb\xff,0\n", "line 3: byte 2 (0xff) is not UTF-8"),
        (b"text,label\na,1\nb,\nc,0\n", "line 3: no label"),
        (b"text,label\na,1\nb,0,9\n", "line 3: 3 cells"),
    ],
)
def test_invalid_files(capsys, tmp_path, content, expected):
    file = tmp_path / "data.csv"
    file.write_bytes(content)
    output = tmp_path / "runs"
    for command in ("check", "train"):
        message = fails(
            capsys,
            command,
            "dataset=csv",
            f"dataset.train={file}",
            f"dataset.validation={file}",
            f"output_dir={output}",
        )
        assert expected in message
        assert not list(output.glob("*/*/metrics.json"))


def test_a_missing_file_and_unknown_labels(capsys, tmp_path):
    train = write_csv(tmp_path / "train.csv", GOOD)
    test = write_csv(tmp_path / "test.csv", [("x", "good"), ("y", "ugly")])
    assert "did you mean train.csv?" in fails(capsys, "check", "dataset=csv", f"dataset.train={tmp_path}/trian.csv")
    message = fails(capsys, "check", "dataset=csv", f"dataset.train={train}", f"dataset.test={test}")
    assert "test.csv, line 3: label 'ugly' is not one of bad, good; the training split has no such label" in message


def test_a_hub_name_without_network(capsys, tmp_path):
    message = fails(capsys, "train", "backbone=bert", "dataset.size=20", f"output_dir={tmp_path}")
    assert "backbone.name=google-bert/bert-base-uncased: the tokenizer cannot be loaded" in message
    message = fails(capsys, "train", "backbone=bert", "dataset=sst2", f"output_dir={tmp_path}")
    assert "nyu-mll/glue" in message and not list(tmp_path.glob("*/*/metrics.json"))


def test_an_output_folder_that_is_not_writable(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert "set output_dir" in fails(capsys, "train", f"output_dir={tmp_path}/file/runs")


def with_small_files(words):
    """Run a command that can write no file of more than 200 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    return cli.run(words)


def test_a_full_disk(tmp_path):
    words = ["train", *TINY, "backbone.width=128", f"output_dir={tmp_path}"]
    process = launch(with_small_files, words, log=tmp_path / "log")
    process.join(timeout=300)
    shown = (tmp_path / "log").read_text()
    assert process.exitcode == 2, shown
    assert "free some space" in shown and "Traceback" not in shown
    assert not list(tmp_path.glob("*/*/metrics.json"))


def test_empty_and_long_texts_are_not_errors(capsys, tmp_path):
    rows = [*GOOD, ("", "good"), ("word " * 20_000, "bad")]
    file = write_csv(tmp_path / "data.csv", rows)
    words = ["train", *[word for word in TINY if "size" not in word], "dataset=csv", f"dataset.train={file}"]
    assert cli.run([*words, f"dataset.validation={file}", f"output_dir={tmp_path / 'runs'}"]) == 0
    shown = capsys.readouterr().out
    assert "1 cut to 128 tokens, 1 empty texts" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_records_its_state_and_saves_a_checkpoint(tmp_path, number):
    output = tmp_path / "runs"
    words = ["train", *TINY, "dataset.size=4000", "trainer.max_epochs=50", f"output_dir={output}"]
    process = launch(cli.run, words, log=tmp_path / "log")
    until(lambda: list(output.glob("*/*/metrics.csv")))
    os.kill(process.pid, number)
    process.join(timeout=300)
    shown = (tmp_path / "log").read_text()
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    assert f"tunesmith: interrupted by {name}; the same command resumes from here, step " in shown
    assert process.exitcode == 1 and f"\n{name}: stopping after this step." in shown and "Traceback" not in shown
    (run,) = output.glob("*/*")
    assert '"interrupted"' in (run / "status.json").read_text()
    assert list((run / "checkpoints").glob("state-*.ckpt")) and not (run / "metrics.json").exists()


@pytest.mark.parametrize("hook", ["on_validation_start", "on_train_end"])
def test_a_signal_after_the_last_batch_interrupts(tmp_path, monkeypatch, capsys, hook):
    def send(self, *arguments):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FineTuningModule, hook, send, raising=False)
    assert cli.run(["train", *TINY, f"output_dir={tmp_path}"]) == 1
    assert "interrupted by SIGTERM" in capsys.readouterr().err
    (run,) = tmp_path.glob("*/*")
    assert '"interrupted"' in (run / "status.json").read_text() and not (run / "metrics.json").exists()


def test_a_signal_during_evaluation_is_not_success(tiny_run, monkeypatch, capsys):
    monkeypatch.setattr(FineTuningModule, "on_validation_start", lambda self: signal.raise_signal(signal.SIGTERM))
    assert cli.run(["evaluate", f"run={tiny_run.path}"]) == 1
    assert "interrupted by SIGTERM" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["check", "head=span"], ["train", "--cfg", "job"], ["list"]])
def test_light_commands_import_no_torch(words):
    code = f"import sys; from tunesmith.cli import run; run({words!r}); sys.exit('torch' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_lists(capsys):
    assert cli.run(["list", "backbone"]) == 0
    assert "BERT base, uncased" in capsys.readouterr().out
    assert "did you mean backbone?" in fails(capsys, "list", "backbon")


def test_a_command_that_does_not_exist(capsys):
    assert "did you mean train?" in fails(capsys, "trian")


def test_a_key_or_an_option_given_twice(tiny_run, capsys):
    words = [f"run={tiny_run.path}", "input=a.jsonl", "output=x.jsonl"]
    assert (
        fails(capsys, "predict", *words, "output=y.jsonl") == "tunesmith: output is given 2 times; expected it once\n"
    )
    expected = "tunesmith: --config-dir is given 2 times: a, b; expected it once\n"
    assert fails(capsys, "check", "--config-dir", "a", "--config-dir=b") == expected
