"""A completed run, read back with W&B's record types and with TensorBoard's own reader."""

import csv
import json
import signal
import sys

import numpy as np
import pytest
import pytorch_lightning as pl
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from tests.conftest import TINY, checked
from tests.loggers.offline import Offline
from tests.sweeps.made import call, config_of, finish
from tunesmith.errors import Interrupted
from tunesmith.loggers.run_description import Launch
from tunesmith.training.train import train

WORDS = [
    *TINY,
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=2",
    "logger=[csv,tensorboard,wandb]",
    "logger.wandb.worst_errors=3",
    "logger.wandb.upload_model=true",
]
LAUNCH = Launch(sweep="0a1b2c3d4e", overrides={"seed": "1"}, command="tunesmith train -m seed=1,2")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(checked([*WORDS, f"output_dir={tmp_path_factory.mktemp('runs')}"]), launch=LAUNCH)


@pytest.fixture(scope="module")
def events(run):
    return EventAccumulator(str(run.path / "tensorboard"), size_guidance={"images": 0, "tensors": 0}).Reload()


@pytest.fixture(scope="module")
def scores(run):
    return {name: value for name, value in run.read_json("metrics.json").items() if isinstance(value, float)}


def test_w_and_b_has_the_final_scores_in_the_summary(run, scores):
    read = Offline(run.path)
    assert {name: read.summary[f"final/{name}"] for name in scores} == pytest.approx(scores)
    assert read.exit_codes == [0] and read.summary["state"] == "done"
    assert read.run.display_name == "seed=1" and read.run.notes == "tunesmith train -m seed=1,2"
    epochs = [row["validation/accuracy"] for row in read.history if "validation/accuracy" in row]
    assert read.summary["validation/accuracy"]["max"] == max(epochs) and len(epochs) == 2
    assert not any(name.startswith("test/") for name in read.keys)
    assert {"train/gradient_norm", "machine/tokens_per_second", "machine/memory_gib"} <= read.keys


def test_w_and_b_has_figures_tables_and_the_model(run):
    read = Offline(run.path)
    last = read.history[-1]
    assert last["figures/test-confusion"]["_type"] == "image-file"
    table = last["tables/test-labels"]
    assert table["_type"] == "table-file" and table["nrows"] == 2
    folder = read.files[-1].parent / "files"
    assert (folder / last["figures/test-reliability"]["path"]).is_file()
    content = json.loads((folder / last["tables/test-worst"]["path"]).read_text())
    assert len(content["data"]) == 3 and content["columns"][0] == "id"
    (artifact,) = read.artifacts
    data = json.loads(artifact.metadata)["data"]
    assert artifact.type == "model" and data["fingerprints"] == run.read_json("manifest.json")["data"]["fingerprints"]
    names = {entry.path for entry in artifact.manifest.contents}
    assert {"config.json", "model.safetensors", "head.safetensors"} <= names


def test_no_text_leaves_the_machine_unless_it_is_asked_for(tmp_path):
    quiet = [word for word in WORDS if "worst" not in word and "upload" not in word]
    run = train(checked([*quiet, "logger=[wandb]", "trainer.max_epochs=1", f"output_dir={tmp_path}"]))
    read = Offline(run.path)
    texts = {json.loads(line)["text"] for line in (run.path / "predictions/test.jsonl").read_text().splitlines()}
    sent = b"".join(file.read_bytes() for file in (run.path / "wandb").rglob("*") if file.is_file())
    assert "tables/test-labels" in read.history[-1] and not read.artifacts
    rows = list(csv.DictReader((run.path / "metrics.csv").open()))  # which reports read, without logger=csv too
    assert float(rows[-1]["validation/accuracy"]) == pytest.approx(read.summary["validation/accuracy"]["max"])
    assert texts and not any(text.encode() in sent for text in texts)


def test_the_history_keeps_the_last_epoch(run, scores):
    rows = [row for row in csv.DictReader((run.path / "metrics.csv").open()) if row["validation/accuracy"]]
    assert len(rows) == 2 and not any(name.startswith(("test/", "final/", "machine/")) for name in rows[0])
    assert max(float(row["validation/accuracy"]) for row in rows) == pytest.approx(scores["validation/accuracy"])


def test_tensorboard_has_the_series_of_metrics_csv_and_the_final_scores(run, events, scores):
    rows = list(csv.DictReader((run.path / "metrics.csv").open()))
    for name in ("train/loss", "train/gradient_norm", "validation/accuracy"):
        expected = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
        found = [(event.step, event.value) for event in events.Scalars(name)]
        assert [step for step, _ in found] == [step for step, _ in expected]
        np.testing.assert_allclose([value for _, value in found], [value for _, value in expected], rtol=1e-6)
    for name, score in scores.items():
        (event,) = events.Scalars(f"final/{name}")
        assert event.value == pytest.approx(score, rel=1e-6)
    assert "machine/tokens_per_second" in events.Tags()["scalars"]


def test_an_evaluation_is_a_run_that_names_the_one_it_scores(run, scores, tmp_path):
    called = call("evaluate", f"run={run.path}", f"output={tmp_path / 'again'}", "wandb=true")
    assert called.status == 0 and f"offline, tunesmith sync {tmp_path / 'again'} sends it" in called.output
    read = Offline(tmp_path / "again")
    assert read.run.job_type == "evaluate" and not read.run.run_group
    assert read.config["evaluated_wandb_run"] == (run.path / "wandb_id.txt").read_text()
    assert read.config["evaluated_run"] == f"{run.path.parent.name}/{run.path.name}"
    expected = {name: value for name, value in scores.items() if name.startswith("test/")}
    assert {name: read.summary[f"final/{name}"] for name in expected} == pytest.approx(expected)
    assert read.summary["state"] == "done" and read.exit_codes == [0]


@pytest.mark.parametrize(
    "words,message",
    [
        (["wandb=true"], "wandb=true needs output=DIR"),
        (["wandb=1", "output=x"], "wandb=1; expected true or false"),
        (["wandb=true", "output=x"], "was not logged to Weights & Biases; expected logger=wandb in its config"),
    ],
)
def test_an_evaluation_that_cannot_be_logged(words, message, tmp_path):
    unlogged = finish(config_of(f"output_dir={tmp_path}"), {"test/accuracy": 0.5})
    called = call("evaluate", f"run={unlogged.path}", *words)
    assert called.status == 2 and message in called.errors


def test_tensorboard_has_figures_texts_and_hparams(run, events, scores):
    tags = events.Tags()
    assert {"figures/test-confusion", "figures/test-reliability"} <= set(tags["images"])
    (picture,) = events.Images("figures/test-confusion")
    assert picture.width > 400 and picture.encoded_image_string.startswith(b"\x89PNG")
    config = events.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    assert "    seed: 1\n" in config and "    optimizer:\n" in config
    assert b"tunesmith train -m seed=1,2" in events.Tensors("command/text_summary")[0].tensor_proto.string_val[0]
    plugin = events.summary_metadata["_hparams_/session_start_info"].plugin_data
    start = plugin_data_pb2.HParamsPluginData.FromString(plugin.content).session_start_info
    assert start.hparams["optimizer.lr"].number_value == run.config()["optimizer"]["lr"]
    assert start.group_name == f"seed=1 ({run.path.name})"
    experiment = events.summary_metadata["_hparams_/experiment"].plugin_data.content
    described = plugin_data_pb2.HParamsPluginData.FromString(experiment).experiment
    assert {info.name.tag for info in described.metric_infos} == {f"final/{name}" for name in scores}
    assert "varied.seed" in {info.name for info in described.hparam_infos if info.differs}


def test_an_interrupted_run_is_continued_and_nothing_is_there_twice(tmp_path):
    class Signal(pl.Callback):
        def on_train_batch_end(self, trainer, *arguments):
            if trainer.global_step == 4:
                signal.raise_signal(signal.SIGTERM)

    config = checked(
        [*TINY, *WORDS[len(TINY) :], "dataset.batch_size=16", "trainer.max_epochs=2", f"output_dir={tmp_path}"]
    )
    with pytest.raises(Interrupted):
        train(config, callbacks=[Signal()])
    run = train(config)
    first, second = Offline(run.path, 0), Offline(run.path)
    assert first.run.run_id == second.run.run_id and len(first.files) == 2
    assert (first.summary["state"], second.summary["state"]) == ("interrupted", "done")
    assert (first.exit_codes, second.exit_codes) == ([255], [0])
    steps = [row["_step"] for read in (first, second) for row in read.history]
    rows = list(csv.DictReader((run.path / "metrics.csv").open()))
    assert steps == sorted(set(steps)) == [int(row["step"]) for row in rows]
    events = EventAccumulator(str(run.path / "tensorboard"), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Scalars("train/loss")] == [
        int(row["step"]) for row in rows if row["train/loss"]
    ]
    assert len(events.Tensors("config/text_summary")) == 1


def test_nothing_of_a_logger_that_is_not_chosen_is_imported(tmp_path):
    import subprocess

    code = (
        "import sys; from tunesmith.cli import run; "
        f"assert run(['train', *{[*TINY, 'dataset.size=48', f'output_dir={tmp_path}']!r}]) == 0; "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "print('loaded:', sorted(loaded & {'wandb', 'tensorboard', 'mlflow'}), 'tunesmith.figures' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0 and "loaded: [] False" in result.stdout, result.stdout + result.stderr
