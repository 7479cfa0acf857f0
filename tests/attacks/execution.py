"""Attacks that try to run code by what a file says; the command's working folder is the folder of the attack itself.

The payload only creates the file `MARKER` there.
"""

import functools
import hashlib
import json
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.attacks import Attack
from tunesmith.configuration import plain_yaml
from tunesmith.configuration.choices import conf_folder
from tunesmith.configuration.compose import compose

MARKER = "EXECUTED"
TINY = ["dataset.size=96", "trainer.max_epochs=1", "trainer.max_steps=1", "trainer.progress_bar=false"]
TINY += ["trainer.accelerator=cpu", "backbone.width=32"]
GROUPS = {  # and their packages
    "backbone": "backbones",
    "head": "heads",
    "optimizer": "optim",
    "scheduler": "optim",
    "trainer": "training",
    "regularization": "regularizers",
    "callbacks": "callbacks",
    "logger": "loggers",
}
PARTS = {"source": "data.sources", "task": "tasks"}


ATTACKS: list[Attack] = []


def attack(name, **options):
    """Add a function to the list."""

    def add(prepare):
        ATTACKS.append(Attack(name, prepare, **options))
        return prepare

    return add


def touch(folder: Path) -> str:
    """A Python expression that leaves the marker."""
    return f"__import__('pathlib').Path({str(folder / MARKER)!r}).touch()"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def evil_module(folder: Path) -> Path:
    """A module whose import, whose annotations and whose call each leave the marker."""
    code = touch(folder)
    return write(
        folder / "evil.py",
        f"{code}\ndef attack(*arguments, x: {code} = 1, **settings):\n    return {code}\nAttack = attack\n",
    )


class Payload:
    """Leaves the marker when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return Path.touch, (self.folder / MARKER,)


def yaml(value) -> str:
    return plain_yaml.dump(value)


@functools.cache
def saved_config() -> str:
    return json.dumps(compose(TINY))


def run_folder(folder: Path, change: Callable[[dict], None]) -> Path:
    """A run that looks completed, with a changed config."""
    config = json.loads(saved_config())
    change(config)
    run = folder / "run"
    write(run / "config.yaml", yaml(config))
    write(run / "status.json", '{"state": "done"}')
    write(run / "metrics.json", '{"test/accuracy": 0.5}')
    write(run / "manifest.json", '{"seconds": 1, "steps": 1, "model": {"parameters": 1}}')
    write(run / "model/config.json", '{"model_type": "bert", "architectures": ["BertModel"]}')
    write(run / "model/task.json", "{}")
    (run / "model/head.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return run


def experiment(folder: Path, text: str, *words: str, command: tuple[str, ...] = ("train", *TINY)) -> list[str]:
    """A command with an experiment in a folder of groups."""
    write(folder / "conf/experiment/mine.yaml", f"# @package _global_\n{text}")
    return [*command, "experiment=mine", "--config-dir", str(folder / "conf"), *words]


def sweep(folder: Path, text: str, *words: str) -> list[str]:
    return experiment(folder, text, "seed=1,2", *words, command=("check", "-m", "dataset.size=96"))


# Targets: every group, as a path and as a module of the working folder, in an experiment and in a choice's own file.


def by_path(folder: Path, package: str) -> str:
    """A target that, read as a path, leads to the module in `folder`."""
    return f"tunesmith.{package}.{folder}/evil.attack"


def with_target(group: str, target: str) -> str:
    node = {"_target_": target}
    if group in ("regularization", "callbacks", "logger"):
        return yaml({group: {"mine": node}})
    return yaml({group: node})


def add_targets() -> None:
    for group, package in GROUPS.items():

        @attack(f"{group}._target_ as a path, in an experiment")
        def path(folder, group=group, package=package):
            evil_module(folder)
            return experiment(folder, with_target(group, by_path(folder, package)))

        @attack(f"{group}._target_ of the working folder, in a choice's file")
        def choice(folder, group=group):
            evil_module(folder)
            several = group in ("regularization", "callbacks", "logger")
            header = f"# @package {group}.mine\n" if several else ""
            settings = "_target_: evil.attack\nx: 1\nlearning_rate: 0.1\nlr: 0.1\nweight_decay: 0.0\n"
            write(folder / f"conf/{group}/mine.yaml", f"{header}{settings}")
            return ["train", *TINY, f"{group}={'[mine]' if several else 'mine'}", "--config-dir", str(folder / "conf")]

        # Loggers of another's config are not used.
        @attack(f"{group}._target_ as a relative path, in a saved run that is reproduced", trains=group == "logger")
        def saved(folder, group=group, package=package):
            evil_module(folder)
            up = "../" * 30

            def change(config):
                node = {"_target_": f"tunesmith.{package}.{up}{str(folder)[1:]}/evil.attack"}
                config[group] = {"mine": node} if group in ("regularization", "callbacks", "logger") else node

            return ["reproduce", f"run={run_folder(folder, change)}"]

    for part, package in PARTS.items():

        @attack(f"dataset.{part} as a path, in an experiment")
        def part_path(folder, part=part, package=package):
            evil_module(folder)
            return experiment(folder, yaml({"dataset": {part: by_path(folder, package)}}))

        @attack(f"dataset.{part} of the working folder, in an experiment")
        def module(folder, part=part):
            evil_module(folder)
            return experiment(folder, yaml({"dataset": {part: "evil.Attack"}}))

        @attack(f"dataset.{part} with a slash instead of a dot")
        def slashes(folder, part=part):
            evil_module(folder)
            return experiment(folder, yaml({"dataset": {part: f"{folder}/evil"}}))

        for command in ("evaluate", "reproduce", "report", "predict", "export"):

            @attack(f"dataset.{part} as a path, in a saved run: {command}")
            def part_saved(folder, part=part, package=package, command=command):
                evil_module(folder)
                run = run_folder(folder, lambda config: config["dataset"].update({part: by_path(folder, package)}))
                rest = {"predict": ["input=-", "output=-"], "export": [f"output={folder}/out"]}.get(command, [])
                return [command, str(run)] if command == "report" else [command, f"run={run}", *rest]


add_targets()


@attack("metric of an experiment")
def _(folder: Path) -> list[str]:
    evil_module(folder)
    return experiment(folder, "dataset:\n  metrics: [accuracy, evil.Attack]\n")


@attack("metric of the library that is a module")
def _(folder: Path) -> list[str]:
    evil_module(folder)
    return experiment(folder, "dataset:\n  metrics: [torchmetrics.classification.base.sys]\n")


@attack("metric of a run that is evaluated")
def _(folder: Path) -> list[str]:
    evil_module(folder)
    run = run_folder(folder, lambda config: config["dataset"].update(metrics=["evil.Attack"]))
    return ["evaluate", f"run={run}"]


@attack("a private name of the package as a target")
def private(folder):
    return experiment(folder, with_target("trainer", "tunesmith.training.trainer.__builtins__"))


@attack("tunesmith.__main__ as a target")
def main_module(folder):
    return experiment(folder, with_target("trainer", "tunesmith.__main__.main"))


@attack("os.system as a target")
def system(folder):
    return experiment(folder, yaml({"optimizer": {"_target_": "os.system", "command": f"touch {folder / MARKER}"}}))


@attack("a tag in an experiment")
def tag_of_experiment(folder):
    return experiment(folder, f"seed: !!python/object/apply:os.system ['touch {folder / MARKER}']\n")


@attack("a tag in a saved run's config")
def tag_of_run(folder):
    run = run_folder(folder, lambda config: None)
    write(run / "config.yaml", f"seed: !!python/object/apply:os.system ['touch {folder / MARKER}']\n")
    return ["evaluate", f"run={run}"]


@attack("an interpolation in a saved run's config")
def interpolation(folder):
    run = run_folder(folder, lambda config: config.update(seed="${oc.create:${oc.env:HOME}}"))
    return ["evaluate", f"run={run}", "dataset.size=96"]


@attack("a stage's target in a saved run")
def stage_of_run(folder):
    evil_module(folder)

    def change(config):
        stage = json.loads(saved_config())
        stage["head"]["_target_"] = by_path(folder, "heads")
        config["backbone"] = {"_target_": "tunesmith.backbones.stage.Stage", "after": stage, "max_positions": 128}
        config["backbone"]["learning_rate"] = 1e-3

    return ["reproduce", f"run={run_folder(folder, change)}"]


@attack("a stage's target in its words")
def stage_words(folder):
    evil_module(folder)
    return experiment(folder, yaml({"backbone": {"after": ["demo/dapt", "head._target_=evil.attack"]}}))


# Hydra's own settings.

CALL = "_target_: evil.attack"
LOGGING = "version: 1\n{indent}handlers:\n{indent}  h: {{'()': evil.attack}}\n{indent}root: {{handlers: [h]}}\n"


def hydra_file(folder: Path, path: str, text: str) -> None:
    evil_module(folder)
    write(folder / f"conf/hydra/{path}.yaml", text)


def choosing_launcher(folder: Path) -> list[str]:
    words = ["hydra/launcher=mine", "--config-dir", str(folder / "conf"), f"output_dir={folder}/runs"]
    return ["train", "-m", *TINY, "seed=1,2", *words]


for _name, _text in {
    "a launcher of the working folder": f"{CALL}\n",
    "os.system as a launcher": "_target_: os.system\ncommand: touch EXECUTED\n",
    "subprocess as a launcher": "_target_: subprocess.check_output\nargs: [touch, EXECUTED]\n",
    "a launcher with another target inside": "defaults: [basic]\nparams: {_target_: evil.attack}\n",
    "a launcher with positional arguments": "_target_: evil.attack\n_args_: [1]\n",
    "a launcher's file with callbacks of Hydra": "# @package _global_\nhydra:\n  launcher: {_target_: "
    f"hydra._internal.core_plugins.basic_launcher.BasicLauncher}}\n  callbacks: {{mine: {{{CALL}}}}}\n",
    "a launcher's file in the package of callbacks": f"# @package hydra.callbacks.mine\n{CALL}\n",
    "a launcher's file with a logging factory": "# @package _global_\nhydra:\n  launcher: {_target_: "
    "hydra._internal.core_plugins.basic_launcher.BasicLauncher}\n  hydra_logging:\n    "
    + LOGGING.format(indent="    "),
    "a launcher's file with environment variables": "# @package _global_\nhydra:\n  launcher: {_target_: "
    "hydra._internal.core_plugins.basic_launcher.BasicLauncher}\n  job: {env_set: {PYTHONSTARTUP: evil.py}}\n",
    "a launcher's text that mentions the local one": f"# tunesmith.sweeps.launchers.local.Local\n{CALL}\n",
}.items():

    @attack(_name)
    def launcher_file(folder, text=_text):
        hydra_file(folder, "launcher/mine", text)
        return choosing_launcher(folder)


for _name, _text in {
    "callbacks of Hydra in an experiment": f"hydra: {{callbacks: {{mine: {{{CALL}}}}}}}\n",
    "a job logger of Hydra in an experiment": "hydra:\n  job_logging:\n    " + LOGGING.format(indent="    "),
    "a logger of Hydra in an experiment": "hydra:\n  hydra_logging:\n    " + LOGGING.format(indent="    "),
    "a sweeper in an experiment": f"hydra: {{sweeper: {{{CALL}}}}}\n",
    "a launcher's target in an experiment": f"hydra: {{launcher: {{{CALL}}}}}\n",
    "a target inside a launcher's settings in an experiment": f"hydra: {{launcher: {{n_jobs: {{{CALL}}}}}}}\n",
    "a search path in an experiment": "hydra: {searchpath: ['pkg://evil']}\n",
    "environment variables of Hydra in an experiment": "hydra: {job: {env_set: {PYTHONPATH: .}}}\n",
    "a choice of Hydra's callbacks in an experiment": "defaults: [override /hydra/callbacks: mine]\n",
    "a choice of Hydra's job logger in an experiment": "defaults: [override /hydra/job_logging: mine]\n",
    "a choice of Hydra's sweeper in an experiment": "defaults: [override /hydra/sweeper: mine]\n",
    "a choice of Hydra's environment in an experiment": "defaults: [override /hydra/env: mine]\n",
    "a file in the package of Hydra's callbacks": "defaults: [/optimizer/mine@hydra.callbacks.mine]\n",
    "a file of Hydra's callbacks": "defaults: [/hydra/callbacks/mine]\n",
    "a space over Hydra's callbacks": "sweep: {space: {hydra.callbacks.mine._target_: 'evil.attack,os.system'}}\n",
    "a space over a package of Hydra's": "sweep: {space: {optimizer@hydra.callbacks.mine: 'mine,adamw'}}\n",
    "a space over targets": "sweep: {space: {optimizer._target_: 'evil.attack,os.system'}}\n",
    "a space over Hydra's search path": "sweep: {space: {hydra.searchpath: '[pkg://evil],[pkg://evil.b]'}}\n",
    "a stage with Hydra's callbacks": "backbone: {after: [demo/dapt, +hydra.callbacks.mine._target_=evil.attack]}\n",
    "a stage with a package of Hydra's": "backbone: {after: [demo/dapt, +optimizer@hydra.callbacks.mine=adamw]}\n",
}.items():

    @attack(_name)
    def hydra_setting(folder, text=_text):
        hydra_file(folder, "callbacks/mine", f"mine: {{{CALL}}}\n")
        hydra_file(folder, "job_logging/mine", LOGGING.format(indent=""))
        hydra_file(folder, "sweeper/mine", f"{CALL}\n")
        hydra_file(folder, "env/mine", "# @package hydra.job\nenv_set: {PYTHONPATH: .}\n")
        write(folder / "conf/optimizer/mine.yaml", f"{CALL}\n")
        return sweep(folder, text)


# Frozen sweeps.


@attack("a pickle in the history of a CMA-ES search", trains=True)
def study_pickle(folder):
    words = ["train", "-m", *TINY, "sweep=cmaes", "sweep.trials=3", "optimizer.lr=interval(1e-4,1e-3)"]
    words += [f"sweep.folder={folder}/sweep", f"output_dir={folder}/runs", "hydra.launcher.n_jobs=1"]
    write_study(folder / "sweep/study.log", Payload(folder))
    return words


def write_study(file: Path, payload) -> None:
    """A study with completed trials, one of which has a pickle as the state of its optimizer."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    file.parent.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(JournalFileBackend(str(file)))
    study = optuna.create_study(storage=storage, study_name="sweep", directions=["maximize"])
    distributions = {"optimizer.lr": optuna.distributions.FloatDistribution(1e-4, 1e-3)}
    for rate in (2e-4, 3e-4):
        attributes = {"cma:optimizer:0": pickle.dumps(payload).hex(), "cma:generation": 0}
        trial = optuna.trial.create_trial(
            params={"optimizer.lr": rate}, distributions=distributions, value=0.5, system_attrs=attributes
        )
        study.add_trial(trial)


@attack("a frozen job's dataset.source")
def frozen_job(folder):
    evil_module(folder)
    config = json.loads(saved_config())
    config["dataset"]["source"] = "evil.Attack"
    record = {"number": 1, "run": "r", "overrides": {}, "trial": 0, "reports": False, "stage": False}
    write(folder / "sweep/jobs/0001.yaml", yaml(config))
    content = {"identity": "x", "varied": [], "jobs": [record], "directory": str(folder), "settings": {}}
    write(folder / "sweep/sweep.json", json.dumps(content))
    return ["report", str(folder / "sweep")]


# The working folder.

SHADOWED = [
    "optuna",
    "torch",
    "yaml",
    "numpy",
    "hydra",
    "transformers",
    "difflib",
    "argparse",
    "json",
    "multiprocessing",
]
for _module in [
    *SHADOWED,
    "sitecustomize",
    "usercustomize",
    "conftest",
    "tunesmith_plugin",
    "hydra_plugins/evil/__init__",
]:

    @attack(f"{_module}.py in the working folder, which trains", own_process=True, trains=True)
    def shadowing(folder, module=_module):
        write(folder / f"{module}.py", f"{touch(folder)}\nraise SystemExit(3)\n")
        return ["train", *TINY, f"output_dir={folder}/runs"]


@attack("optuna.py in the working folder of a sweep's jobs", own_process=True, trains=True)
def shadowing_jobs(folder):
    for module in ("optuna", "torch", "cmaes", "multiprocessing", "tunesmith_own"):
        write(folder / f"{module}.py", f"{touch(folder)}\nraise SystemExit(3)\n")
    return ["train", "-m", *TINY, "sweep=random", "sweep.trials=1", "seed=1,2", f"output_dir={folder}/runs"]


# The repository of the working folder, of which a run records the commit.

for _setting in ("core.fsmonitor", "diff.external", "filter.x.clean", "filter.a=b.clean", "diff.x.textconv", "hook"):

    @attack(f"{_setting} in the repository of the working folder", trains=True)
    def repository(folder, setting=_setting):
        git = functools.partial(subprocess.run, check=True, cwd=folder, capture_output=True)
        driver = "a=b" if "=" in setting else "x"
        write(folder / ".gitattributes", f"* filter={driver} diff=x\n")
        write(folder / "file", "one\n")
        for words in (["init"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "a"]):
            git(["git", *words])
        if setting == "hook":
            hook = write(folder / ".git/hooks/post-index-change", f"#!/bin/sh\ntouch {folder / MARKER}\n")
            hook.chmod(0o755)
        else:
            git(["git", "config", setting, f"touch {folder / MARKER}; cat"])
        write(folder / "file", "two\n")
        return ["train", *TINY, f"output_dir={folder}/runs"]


# Model folders.


def model_folder(folder: Path, **files) -> list[str]:
    """A run on a folder of a model with other files in it: bytes, texts, or what is added to a JSON file."""
    model, shipped = folder / "model", conf_folder().parent / "src/tunesmith/backbones/weights/bert"
    if not shipped.is_dir():  # installed
        shipped = conf_folder().parent / "backbones/weights/bert"
    model.mkdir()
    for file in shipped.iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    for name, content in files.items():
        file = model / name.replace("__", ".")
        if content is None:
            file.unlink()
        elif isinstance(content, bytes):
            file.write_bytes(content)
        elif isinstance(content, dict):
            before = json.loads(file.read_text()) if file.is_file() else {}
            file.write_text(json.dumps(before | content))
        else:
            file.write_text(content)
    words = [word for word in TINY if not word.startswith("backbone")]
    return ["train", *words, "backbone=bert", f"backbone.name={model}", f"output_dir={folder}/runs"]


def remote(folder: Path, kind: str) -> dict:
    return {"auto_map": {kind: "evil.attack" if kind != "AutoTokenizer" else ["evil.attack", "evil.attack"]}}


@attack("auto_map of an unknown model")
def remote_config(folder):
    code = evil_module(folder).read_text()
    return model_folder(folder, evil__py=code, config__json=remote(folder, "AutoConfig") | {"model_type": "mine"})


@attack("auto_map of a known model", trains=True)
def remote_model(folder):
    code = evil_module(folder).read_text()
    auto_map = dict.fromkeys(("AutoConfig", "AutoModel", "AutoModelForSequenceClassification"), "evil.attack")
    return model_folder(folder, evil__py=code, config__json={"auto_map": auto_map})


@attack("auto_map of a tokenizer", trains=True)
def remote_tokenizer(folder):
    code = evil_module(folder).read_text()
    added = remote(folder, "AutoTokenizer") | {"tokenizer_class": "MyTokenizer"}
    return model_folder(folder, evil__py=code, tokenizer_config__json=added)


@attack("the class of a tokenizer", trains=True)
def tokenizer_class(folder):
    code = evil_module(folder).read_text()
    return model_folder(folder, evil__py=code, tokenizer_config__json={"tokenizer_class": "evil.attack"})


@attack("a pickle instead of safetensors")
def only_pickle(folder):
    return model_folder(folder, model__safetensors=None, pytorch_model__bin=pickle.dumps(Payload(folder)))


@attack("an index of safetensors that names a pickle")
def index_of_pickle(folder):
    index = {"metadata": {}, "weight_map": {"embeddings.word_embeddings.weight": "pytorch_model.bin"}}
    files = {"model__safetensors__index__json": json.dumps(index), "pytorch_model__bin": pickle.dumps(Payload(folder))}
    return model_folder(folder, model__safetensors=None, **files)


@attack("a config that names a pickle as its weights")
def named_pickle(folder):
    added = {"transformers_weights": "adapter_model.bin"}
    return model_folder(folder, config__json=added, adapter_model__bin=pickle.dumps(Payload(folder)))


@attack("an adapter beside the model")
def adapter(folder):
    added = {"base_model_name_or_path": str(folder), "peft_type": "LORA", "auto_mapping": {"parent_library": "evil"}}
    return model_folder(
        folder, adapter_config__json=json.dumps(added), adapter_model__bin=pickle.dumps(Payload(folder))
    )


@attack("attention as a kernel of the hub")
def kernel(folder):
    return model_folder(folder, config__json={"attn_implementation": "someone/kernel"})


@attack("modules.json of sentence-transformers", trains=True)
def sentence_modules(folder):
    evil_module(folder)
    modules = [{"idx": 0, "name": "0", "path": "", "type": "evil.attack"}]
    return model_folder(folder, modules__json=json.dumps(modules))


@attack("a run's model whose index names a pickle: export")
def exported_pickle(folder):
    run = run_folder(folder, lambda config: None)
    index = {"metadata": {}, "weight_map": {"x": "../pytorch_model.bin"}}
    write(run / "model/model.safetensors.index.json", json.dumps(index))
    (run / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(folder)))
    return ["export", f"run={run}", f"output={folder}/out"]


@attack("a pickle as a head's weights: export")
def head_pickle(folder):
    run = run_folder(folder, lambda config: None)
    (run / "model/head.safetensors").write_bytes(pickle.dumps(Payload(folder)))
    return ["export", f"run={run}", f"output={folder}/out"]


@attack("a pickle as the state of an interrupted run", trains=True)
def resumed_pickle(folder):
    from tunesmith.configuration.identity import run_id

    words = [*TINY, f"output_dir={folder}/runs", "name=mine"]
    run = folder / "runs/mine" / run_id(compose(words))
    content = pickle.dumps(Payload(folder))
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints/state-00000001.ckpt").write_bytes(content)
    (run / "checkpoints/state-00000001.ckpt.sha256").write_text(hashlib.sha256(content).hexdigest())
    write(run / "status.json", '{"state": "interrupted"}')
    return ["train", *words]


# Data.


def hub_data(folder: Path, path: object) -> list[str]:
    words = [word for word in TINY if not word.startswith("dataset")]
    return ["train", *words, "dataset=sst2", f"dataset.path={path}", "dataset.config=null"]


@attack("a script in a folder of data")
def data_script(folder):
    write(folder / "data/data.py", evil_module(folder).read_text())
    return hub_data(folder, folder / "data")


@attack("a script as data")
def script_as_data(folder):
    return hub_data(folder, evil_module(folder))


@attack("a pickle in the working folder, by the reader of pandas")
def pandas_reader(folder):
    (folder / "train.pkl").write_bytes(pickle.dumps(Payload(folder)))
    return hub_data(folder, "pandas")


@attack("a pickle in a folder of data, named by its README.md")
def named_by_readme(folder):
    (folder / "data").mkdir()
    (folder / "data/train.pkl").write_bytes(pickle.dumps(Payload(folder)))
    write(folder / "data/README.md", "---\nconfigs:\n- config_name: default\n  data_files: train.pkl\n---\n")
    return hub_data(folder, folder / "data")
