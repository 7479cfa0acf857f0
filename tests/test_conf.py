"""Every choice of every group composes, and its settings match its target's signature."""

import inspect

import pytest
from omegaconf import OmegaConf

from tests.conftest import composer
from tunesmith.configuration import schema, targets
from tunesmith.configuration.checks import keys
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choices import choices, conf_folder, groups
from tunesmith.configuration.compose import compose
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.listing import describe

FOLDERS = [conf_folder()]
SEVERAL = keys.SEVERAL
OF_SWEEPS = ("sweep", "hydra/launcher")  # composed with -m only: tests/sweeps/test_settings.py
ALL = [(group, choice) for group in groups(FOLDERS) if group not in OF_SWEEPS for choice in choices(group, FOLDERS)]
OWN_FILES = [
    "csv",
    "jsonl",
    "conll",
    "conllu",
    "jsonl_tags",
    "squad_json",
    "jsonl_questions",
    "sentences",
    "csv_pairs",
    "jsonl_pairs",
    "text",
    "csv_text",
    "jsonl_text",
]
HEADS = {
    "text_classification": "classification",
    "token_classification": "token_classification",
    "question_answering": "span",
    "language_modeling": "masked_lm",
    "contrastive": "contrastive",
}  # for a dataset's task
DATASETS = {
    "token_classification": "demo_entities",
    "crf": "demo_entities",
    "span": "demo_questions",
    "masked_lm": "demo_corpus",
    "causal_lm": "demo_corpus",
    "permuted_lm": "demo_corpus",
    "contrastive": "demo_sentences",
}  # for a head
BACKBONES = {"causal_lm": "random_gpt2", "permuted_lm": "random_xlnet"}  # for a head


def overrides(group, choice):
    words = [f"{group}=[{choice}]" if group in SEVERAL else f"{group}={choice}"]
    if group == "dataset":
        words += ["dataset.train=file"] * (choice in OWN_FILES) + ["backbone=bert"]
        words += ["dataset.path=folder/of"] * (choice == "hub_text")
        task = OmegaConf.load(FOLDERS[0] / "dataset" / f"{choice}.yaml").defaults[0].removeprefix("_")
        words += [f"head={HEADS[task]}"]
    if choice == "schedule_free":
        words += ["scheduler=constant", "scheduler.warmup_ratio=0"]
    if group == "head" and choice in DATASETS:
        words += [f"dataset={DATASETS[choice]}", f"backbone={BACKBONES.get(choice, 'random_bert')}"]
    return words


@pytest.mark.parametrize("group,choice", ALL)
def test_every_choice_composes_and_passes_the_checks(group, choice, monkeypatch, tmp_path):
    monkeypatch.setenv("TUNESMITH_DATA", "data")
    (tmp_path / "config.json").write_text('{"model_type": "bert", "max_position_embeddings": 512}')
    monkeypatch.setenv("TUNESMITH_MINILM", str(tmp_path))
    check(composer().compose(overrides(group, choice)))


@pytest.mark.parametrize("group,choice", ALL)
def test_the_settings_match_the_signature(group, choice):
    # The reference is `inspect.signature` of the imported object; the schema reads the source text.
    node = composer().compose(overrides(group, choice), resolve=group != "experiment").get(group)
    if group == "experiment" or not node:
        return
    if group == "dataset":
        named = [(part, targets.part_target(node[part], group=part)) for part in ("source", "task")]
    else:
        nodes = node.values() if group in SEVERAL else [node]
        named = [(group, inner["_target_"]) for inner in nodes]
    for part, target in named:
        parameters = inspect.signature(targets.load(target, group=part)).parameters.values()
        expected = {parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY}
        assert set(schema.signature(target, group=part).settings) == expected
        assert all(
            parameter.default is inspect.Parameter.empty for parameter in parameters if parameter.name in expected
        )


@pytest.mark.parametrize("group,choice", ALL)
def test_every_choice_has_a_description(group, choice):
    assert len(describe(choices(group, FOLDERS)[choice])) > 10


def test_the_expected_choices_exist():
    glue = {"cola", "sst2", "mrpc", "qqp", "stsb", "mnli", "qnli", "rte", "wnli"}
    others = {
        "boolq",
        "cb",
        "ag_news",
        "imdb",
        "trec",
        "sst5",
        "go_emotions",
        "csv",
        "jsonl",
        "demo_reviews",
        "demo_pairs",
    }
    words = {"conll2003", "conll2000", "wnut17", "ontonotes5", "conll", "conllu", "jsonl_tags", "demo_entities"}
    questions = {"squad", "squad_v2", "squad_json", "jsonl_questions", "demo_questions"}
    sentences = {"sentences", "csv_pairs", "jsonl_pairs", "nli", "demo_sentences"}
    assert glue | others | words | questions | sentences <= set(choices("dataset", FOLDERS))
    assert {"bert", "roberta", "xlnet", "gpt2", "distilbert", "electra", "deberta_v3", "modernbert"} <= set(
        choices("backbone", FOLDERS)
    )


def test_a_users_own_folder_of_groups(tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "mine.yaml").write_text("# Mine\ndefaults: [demo_reviews]\nsize: 50\n")
    assert compose(["dataset=mine"], config_dir=str(tmp_path))["dataset"]["size"] == 50


def test_the_run_id_depends_on_the_seed_but_not_on_bookkeeping():
    base = run_id(compose([]))
    assert run_id(compose(["output_dir=elsewhere", "logger=[wandb]", "trainer.accelerator=cpu"])) == base
    assert run_id(compose(["seed=2"])) != base


def test_the_default_values_are_valid_overrides():
    words = ["dataset=demo_reviews", "backbone=bert", "backbone.name=google-bert/bert-base-uncased"]
    composed = compose(words)
    leaves = {
        f"{group}.{key}": value
        for group in ("dataset", "backbone", "optimizer", "scheduler", "trainer")
        for key, value in composed[group].items()
        if isinstance(value, int | float | str) and value != ""
    }
    assert "trainer.precision" in leaves and len(leaves) > 20
    assert compose([*words, *(f"{key}={value}" for key, value in leaves.items())]) == composed
