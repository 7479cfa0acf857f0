"""Model limits read from a folder's config.json, against transformers' own configs."""

import json

import pytest
from transformers import BertConfig, GPT2Config, RobertaConfig, XLNetConfig

from tunesmith.configuration.checks.model_config import family_of, positions
from tunesmith.errors import UserError

LIMITS = [  # from the papers: RoBERTa's table of positions has two rows that only padding uses, XLNet has none
    (BertConfig(), "bert", 512),
    (RobertaConfig(max_position_embeddings=514), "roberta", 512),
    (GPT2Config(), "gpt2", 1024),
    (XLNetConfig(), "xlnet", None),
]


@pytest.mark.parametrize("config,family,limit", LIMITS)
def test_the_file_takes_precedence_over_the_yaml(config, family, limit, tmp_path):
    config.save_pretrained(tmp_path)
    backbone = {"name": str(tmp_path), "max_positions": 7}
    assert family_of(backbone) == family and positions(backbone) == limit


def test_a_hub_model_is_not_looked_up():
    backbone = {"name": "google-bert/bert-base-uncased", "max_positions": 512}
    assert family_of(backbone) is None and positions(backbone) == 512


@pytest.mark.parametrize(
    "content,expected",
    [
        (None, "contains no config.json; expected a folder written by save_pretrained"),
        ('{"model_type": ', "config.json is not valid JSON"),
        (json.dumps(["bert"]), r"config.json contains \['bert'\]; expected a model config"),
    ],
)
@pytest.mark.parametrize("ask", [family_of, positions])
def test_a_folder_without_a_model_is_rejected(ask, content, expected, tmp_path):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=expected):
        ask({"name": str(tmp_path), "max_positions": 512})


@pytest.mark.parametrize("name", ["./gone", "/gone", "~/gone", "a/b/c"])
def test_a_missing_folder_is_rejected(name):
    with pytest.raises(UserError, match="neither a folder nor a hub id"):
        positions({"name": name, "max_positions": 512})
