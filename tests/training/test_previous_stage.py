"""Runs that start from the model of a previous stage: composition, checks, sharing, resuming and errors."""

import functools
import json
import signal

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import TINY
from tests.training.test_resume import cut
from tunesmith import cli
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.override_quoting import readable
from tunesmith.configuration.stages import stages
from tunesmith.errors import Interrupted, UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.training.train import train

EXPERIMENTS = {
    "domain": "{dataset: {size: 300, batch_size: 8}, backbone: {width: 32}, trainer: {max_epochs: 1, accelerator: cpu}}",
    "task": "{dataset: {size: 200}, backbone: {after: domain, learning_rate: 3.0e-4}, trainer: {max_epochs: 1}}",
    "round": "{backbone: {after: about}}",
    "about": "{backbone: {after: round}}",
    "broken": "{dataset: {size: 300, batch_size: 4}, backbone: {width: 32}, optimizer: {lr: 1.0e+30}, trainer: {max_epochs: 1}}",
}
LAST = [word for word in TINY if not word.startswith("backbone")]


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """A config folder with language modelling experiments that start from one another."""
    folder = tmp_path_factory.mktemp("groups")
    (folder / "experiment").mkdir()
    for name, content in EXPERIMENTS.items():
        choices = "[{override /dataset: demo_reviews_text}, {override /head: masked_lm}]"
        text = f"# @package _global_\n# {name}\ndefaults: {choices}\n" + content[1:-1].replace("}, ", "}\n")
        (folder / f"experiment/{name}.yaml").write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path, groups):
    """A folder for runs, with those experiments in `conf`."""
    (tmp_path / "conf").symlink_to(groups)
    return tmp_path


@functools.cache
def composer_of(groups):
    return Composer(str(groups))


def composed(folder, *words):
    return composer_of((folder / "conf").resolve()).compose([*LAST, f"output_dir={folder}/runs", *words])


def errors_of(folder, capsys, *words, command="check", status=2):
    settings = [*LAST, f"output_dir={folder}/runs", *words]
    assert cli.run([command, "--config-dir", str(folder / "conf"), *settings]) == status
    return capsys.readouterr().err


def test_a_chain_is_part_of_the_config_and_of_its_identity(folder):
    found = composed(folder, "backbone.after=task", "trainer.log_every_n_steps=3")
    assert [stage["name"] for stage in stages(found)] == ["domain", "task"]
    assert found["name"] == "demo_reviews_after_task"
    assert (
        found["backbone"]["learning_rate"] == 5e-4 and found["optimizer"]["lr"] == 5e-4
    )  # from the first stage's backbone
    assert found["backbone"]["after"]["optimizer"]["lr"] == 3e-4
    intervals = [stage["trainer"]["log_every_n_steps"] for stage in stages(found)]
    assert intervals == [3, 3] and {stage["output_dir"] for stage in stages(found)} == {f"{folder}/runs"}
    others = [["seed=2"], ["backbone.after=[task,seed=2]"], ["backbone.after=domain"], ["backbone.after=null"]]
    identities = {run_id(composed(folder, "backbone.after=task", *words)) for words in [[], *others]}
    assert len(identities) == 5
    assert run_id(composed(folder, "backbone.after=task", "output_dir=there")) in identities
    # Seeds of the last stage share the previous stages.
    seeds = [composed(folder, "backbone.after=task", f"seed={seed}") for seed in (1, 2)]
    assert len({str(RunFolder.of(stage).path) for one in seeds for stage in stages(one)}) == 2


def test_overrides_of_a_stage(folder):
    for form in ("[task,seed=5,regularization=[standard,rdrop]]", "task seed=5 regularization=[standard,rdrop]"):
        stage = composed(folder, f"backbone.after={form}")["backbone"]["after"]
        assert stage["seed"] == 5 and list(stage["regularization"]) == ["standard", "rdrop"]
    assert readable("backbone.after=null,[a,b=1]") == "backbone.after=null,[a,'b=1']"
    assert readable("optimizer.lr=1") == "optimizer.lr=1"


@pytest.mark.parametrize(
    "words,expected",
    [
        (["backbone.after=tusk"], "backbone.after: experiment=tusk does not exist; did you mean task?"),
        (["backbone.after=round"], "backbone.after is circular: round after about after round"),
        (["experiment=about"], "backbone.after is circular: round after about after round"),
        (["backbone.after=3"], "backbone.after is 3; expected an experiment, or a list"),
        (
            ["backbone.after=task", "backbone.width=64"],
            "backbone.width is 64, but the model comes from the previous stage, task",
        ),
        (
            ["backbone.after=task", "backbone=random_gpt2"],
            "backbone=random_gpt2 differs from the model of the previous stage, task; leave it out",
        ),
        (["backbone.after=[task,headd=3]"], "in the stage task: unknown key headd; did you mean head?"),
        (["backbone.after=[task,head.rate=1.0]"], "in the stage task: head.rate is 1.0; expected less than 1"),
        (
            ["backbone.after=[task,dataset=csv_text,dataset.train=no.csv,~dataset.size]"],
            "in the stage task: dataset.train=no.csv",
        ),
        (["backbone.after=task", "dataset.max_length=300"], "dataset.max_length is 300, but"),
        (["backbone.after=task", "head=causal_lm", "dataset=demo_reviews_text"], "head causal_lm does not fit bert"),
    ],
)
def test_invalid_stages(folder, capsys, words, expected):
    assert expected in errors_of(folder, capsys, *words)


def test_three_stages_run_once_and_start_from_one_another(folder, capsys, monkeypatch):
    last = composed(folder, "backbone.after=task")
    domain, task = (RunFolder.of(stage) for stage in stages(last))
    cut(monkeypatch, "on_train_batch_start", 2, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(last)
    monkeypatch.undo()
    assert domain.status()["state"] == "interrupted" and not RunFolder.of(last).path.exists()
    run = train(last)  # resumes the interrupted stage
    assert domain.completed and task.completed and run.completed
    assert (
        run.read_json("manifest.json")["model"]["tokenizer"] == domain.read_json("manifest.json")["model"]["tokenizer"]
    )
    assert task.config()["backbone"]["after"]["name"] == "domain"
    uninterrupted = train(
        composed(folder, "experiment=domain", "dataset.size=300", f"output_dir={folder}/uninterrupted")
    )
    for name, weight in load_file(uninterrupted.model / "model.safetensors").items():
        assert torch.equal(weight, load_file(domain.model / "model.safetensors")[name])
    capsys.readouterr()
    before = (domain.path / "status.json").stat().st_mtime_ns
    train(composed(folder, "backbone.after=task", "seed=2"))
    assert f"Stage task: already completed, {task.path}" in capsys.readouterr().out
    assert (domain.path / "status.json").stat().st_mtime_ns == before
    # Without training, the last stage's weights equal those of the previous stage.
    frozen = train(composed(folder, "backbone.after=task", "optimizer.lr=1e-30", "trainer.max_steps=1"))
    embeddings = [
        load_file(one.model / "model.safetensors")["bert.embeddings.word_embeddings.weight"] for one in (task, frozen)
    ]
    assert torch.equal(*embeddings)
    # A tokenizer that differs from the previous stage's.
    file = task.model / "tokenizer.json"
    content = json.loads(file.read_text())
    content["model"]["vocab"]["the"], content["model"]["vocab"]["a"] = (
        content["model"]["vocab"]["a"],
        content["model"]["vocab"]["the"],
    )
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"tokenizer\.json is damaged"):
        train(composed(folder, "backbone.after=task", "seed=3"))


def test_the_error_of_a_failed_stage_names_its_log(folder, capsys):
    words = ["backbone.after=broken"]
    message = errors_of(folder, capsys, *words, command="train")
    failed = RunFolder.of(stages(composed(folder, *words))[0])
    assert "the previous stage, broken, failed: FloatingPointError: the training loss is nan" in message
    assert f"see {failed.path / 'train.log'}" in message and failed.status()["state"] == "failed"


def test_a_sweep_runs_a_shared_stage_once_before_its_jobs(folder, capsys):
    words = ["backbone.after=null,task,broken", "seed=1,2", "backbone.width=32", "hydra.launcher.n_jobs=2"]
    settings = [*LAST, f"output_dir={folder}/runs", *words]
    assert cli.run(["train", "-m", "--config-dir", str(folder / "conf"), *settings]) == 1
    output = capsys.readouterr().out
    assert "6 jobs after 3 stages" in output
    assert output.count("done stage ") == 2 and output.count("failed stage ") == 1
    assert output.index("stage 2: task" if "stage 2: task" in output else "stage 3: task") < output.index(
        "backbone.after=task seed=1"
    )
    sweep = next((folder / "runs/sweeps").iterdir())
    table = (sweep / "results.csv").read_text()
    assert table.count("2 done") == 2 and table.count("2 failed") == 1 and "perplexity" not in table
    assert "stage broken failed; see" in (sweep / "results.md").read_text()
    assert all(RunFolder.of(stage).completed for stage in stages(composed(folder, "backbone.after=task")))
    assert cli.run(["train", "-m", "--config-dir", str(folder / "conf"), *settings]) == 1
    again = capsys.readouterr().out  # only failed jobs and stages
    assert "6 jobs after 1 stage" in again and "(4 done already)" in again and "done stage" not in again


def test_a_search_waits_for_its_stage(folder, capsys):
    words = ["backbone.after=task", "sweep=random", "sweep.trials=3", "optimizer.lr=interval(1e-4,1e-3)"]
    settings = [*LAST, f"output_dir={folder}/runs", *words]
    assert cli.run(["train", "-m", "--config-dir", str(folder / "conf"), *settings]) == 0
    output = capsys.readouterr().out
    assert output.index("done stage 1: domain") < output.index("done stage 2: task") < output.index("done 1: ")
    assert output.count("\ndone ") == 5


def test_dropout_of_a_stage_does_not_carry_over(folder):
    words = [
        "experiment=domain",
        "regularization.standard.hidden_dropout=0.0",
        "regularization.standard.attention_dropout=0.5",
    ]
    run = train(composed(folder, *words, "dataset.size=200"))
    saved = run.read_json("model/config.json")
    assert saved["hidden_dropout_prob"] == saved["attention_probs_dropout_prob"] == 0.1
