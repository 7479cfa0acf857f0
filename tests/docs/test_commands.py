"""Every command on every page is composed and checked; and so is every setting in a sentence or a table."""

import json
import re
import shlex

import pytest

from tests.conftest import composer, write_csv
from tests.docs.written import DOCS, PAGES, blocks, commands, settings
from tunesmith import cli
from tunesmith.commands.arguments import TrainArguments
from tunesmith.commands.pages import PAGES as COMMANDS
from tunesmith.configuration import synonyms
from tunesmith.configuration.changed import changed
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choices import choices, conf_folder, groups
from tunesmith.configuration.compose import Composer
from tunesmith.data.survey.survey import mistakes_in
from tunesmith.errors import UserError
from tunesmith.sweeps import expansion, sweep
from tunesmith.sweeps.launchers import local
from tunesmith.sweeps.sweep import plan

# The commands of these pages are run, in their order, by tests of their own.
RUN = ("README", "tutorial", "extending")
ALL = {page.relative_to(DOCS.parent).as_posix(): commands(page) for page in PAGES if page.stem not in RUN}
TO_TRAIN = sorted({shlex.join(words) for found in ALL.values() for words in found if words[0] in ("train", "check")})
OTHERS = sorted({shlex.join(words) for found in ALL.values() for words in found if words[0] not in ("train", "check")})
SETTINGS = sorted({shlex.join(words) for page in PAGES if page.stem != "extending" for words in settings(page)})
# What words are added to, where they belong to data of a kind; the first that fits counts.
MODEL = "mini_bert"
FILES = "dataset.train=train.csv dataset.text=review dataset.label=stars"
CONTEXTS = [
    "",
    "-m",
    f"dataset=csv {FILES}",
    "logger=[wandb,mlflow]",
    "dataset=csv dataset.train=train.csv dataset.text=review dataset.label=number dataset.problem=regression",
    "dataset=text dataset.train=corpus/ head=causal_lm backbone=gpt2",
    "dataset=demo_sentences",
    "head=contrastive dataset.train=train.csv",
    "dataset=text dataset.train=corpus/ backbone=gpt2",
    "dataset=conll dataset.train=train.conll head=token_classification",
    "dataset=squad_json dataset.train=questions.json head=span backbone=bert",
]
FOLDERS = [conf_folder()]
NOT_OURS = ["key=value", "hydra/sweeper=optuna"]
KEYS_OF_COMMANDS = {key.partition("=")[0] for page in COMMANDS.values() for key in page.keys if "=" in key}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("work")
    rows = [("a gripping story", "positive"), ("a dull story", "negative")] * 10
    text = write_csv(folder / "train.csv", rows).read_text()
    for name in ("train.csv", "test.csv", "new.csv"):
        (folder / name).write_text(text.replace("text,label", "review,stars"))
    (folder / "train.conll").write_text("Anna B-PER\nleft O\n\nParis B-LOC\nslept O\n\n" * 10)
    question = {"id": "1", "question": "Who slept ?", "answers": [{"text": "Anna", "answer_start": 0}]}
    others = [question | {"id": str(number)} for number in range(2, 20)]
    squad = {"data": [{"paragraphs": [{"context": "Anna slept .", "qas": [question, *others]}]}]}
    (folder / "questions.json").write_text(json.dumps(squad))
    sentences = [f"{name} painted the {thing}" for name in ("Ada", "Ben", "Eve") for thing in ("kite", "gate", "boat")]
    (folder / "sentences.txt").write_text("\n".join(sentences))
    pairs = [f"main\tmine\t2020\t{n}\t{n % 6}\t{one}\t{sentences[n - 1]}" for n, one in enumerate(sentences)]
    (folder / "sts-dev.csv").write_text("\n".join(pairs) + "\n")
    (folder / "corpus").mkdir()
    (folder / "corpus/a.txt").write_text("a gripping story that nobody saw twice\n" * 60)
    for page in PAGES:
        for block in blocks(page, "yaml"):
            name = next(
                (line.split()[1].rstrip(":") for line in block.splitlines() if line.startswith("# my_conf/")), None
            )
            if name is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(block)
    return folder


@pytest.fixture(autouse=True)
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for module, name in ((sweep, "check_data"), (expansion, "mistakes_in")):  # generated data, of 32,000 rows
        monkeypatch.setattr(module, name, lambda *arguments: [])
    monkeypatch.setattr(local, "visible_gpus", lambda: ["0", "1", "2", "3"])
    monkeypatch.setattr(
        sweep, "Composer", lambda config_dir: composer() if config_dir is None else Composer(config_dir)
    )


def composed(words, *, rows=True):
    """Compose and check the words of `train`; with `rows`, files of data too. Raises UserError for what is wrong."""
    arguments = TrainArguments.parse([word.replace("runs/NAME/ID/model", MODEL) for word in words])
    if arguments.multirun:
        plan(without_launcher(arguments.overrides), config_dir=arguments.config_dir)
        return
    chosen = composer() if arguments.config_dir is None else Composer(arguments.config_dir)
    config = chosen.compose(arguments.overrides)
    check(config)
    if rows and config["dataset"].get("train") and (mistakes := mistakes_in(config["dataset"])):
        raise UserError(mistakes)


def without_launcher(words):
    """The words without a launcher of another package, which is an extra, and its settings."""
    others = [word for word in words if word.startswith("hydra/launcher=")]
    return [word for word in words if not others or not word.startswith(("hydra/launcher=", "hydra.launcher."))]


def test_each_page_is_read():
    assert sum(map(len, ALL.values())) > 40 and len(SETTINGS) > 100
    assert {name for name, found in ALL.items() if found} >= {"docs/index.md", "docs/how-to/sweeps.md"}


@pytest.mark.parametrize("command", TO_TRAIN)
def test_words_to_train_compose(command):
    composed(shlex.split(command)[1:])


@pytest.mark.parametrize("words", SETTINGS)
def test_settings_compose(words):
    group, _, choice = words.partition("=")
    if group in groups(FOLDERS) and choice in choices(group, FOLDERS):
        return None
    if words in NOT_OURS or {word.partition("=")[0] for word in shlex.split(words)} <= KEYS_OF_COMMANDS - {"dataset"}:
        return None
    mistakes = []
    for context in CONTEXTS:
        try:
            return composed([*shlex.split(context), *shlex.split(words)], rows=False)
        except UserError as error:
            mistakes.append(str(error))
    pytest.fail(f"{words}: {mistakes[0]}")


@pytest.mark.parametrize("command", OTHERS)
def test_other_commands_have_these_keys(command):
    name, *words = shlex.split(command)
    if name == "list":
        assert cli.run([name, *words]) == 0
        return
    known = {key.partition("=")[0] for key in COMMANDS[name].keys} - {"dataset"}
    keys = [word.partition("=")[0] for word in words if "=" in word]
    settings = [word for word in words if "=" in word and word.partition("=")[0] not in known]
    assert not settings or "key=value" in COMMANDS[name].keys
    changed(composer().compose([]), settings)
    assert keys or known & {"DIR", "FILE", "bash"}


def test_other_frameworks_names_are_translated_as_the_messages_do():
    """`learning_rate=3e-5` stands beside the key that the message about an unknown `learning_rate` names."""
    compared = 0
    for line in (DOCS / "how-to/coming_from.md").read_text(encoding="utf-8").splitlines():
        theirs, _, ours = line.strip("| ").partition(" | ")
        for name in re.findall(r"`(\w+)(?:=|: )", theirs) if ours else ():
            if name in synonyms.KEYS:
                keys = {word.partition("=")[0] for word in synonyms.KEYS[name].split() if "=" in word}
                assert all(f"{key}=" in ours for key in keys), line
                compared += 1
    assert compared > 25
