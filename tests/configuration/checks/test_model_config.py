"""Model limits read from a folder's config.json, against transformers' own configs."""

import json
from typing import Any

import pytest
import torch
from transformers import (
    AlbertConfig,
    AutoModel,
    BertConfig,
    CamembertConfig,
    Data2VecTextConfig,
    DebertaConfig,
    DebertaV2Config,
    GPT2Config,
    IBertConfig,
    LongformerConfig,
    LukeConfig,
    MPNetConfig,
    RobertaConfig,
    RobertaPreLayerNormConfig,
    XLMRobertaConfig,
    XLMRobertaXLConfig,
    XLNetConfig,
    XmodConfig,
)

from tests.conftest import checked
from tunesmith.configuration.checks.model_config import family_of, positions
from tunesmith.errors import UserError

LIMITS = [  # from the papers: RoBERTa's table of positions has two rows that only padding uses, XLNet has none
    (BertConfig(), "bert", 512),
    (RobertaConfig(max_position_embeddings=514), "roberta", 512),
    (GPT2Config(), "gpt2", 1024),
    (XLNetConfig(), "xlnet", None),
]


SMALL: dict[str, Any] = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 16, "max_position_embeddings": 20}
FAMILIES = [
    (BertConfig, {}),
    (RobertaConfig, {}),
    (RobertaConfig, {"pad_token_id": 0}),
    (RobertaPreLayerNormConfig, {}),
    (CamembertConfig, {}),
    (XLMRobertaConfig, {}),
    (XLMRobertaXLConfig, {}),
    (XmodConfig, {"languages": ["en_XX"], "default_language": "en_XX"}),
    (Data2VecTextConfig, {}),
    (IBertConfig, {}),
    (LongformerConfig, {"attention_window": 4}),
    (LukeConfig, {"entity_vocab_size": 5, "entity_emb_size": 4}),
    (MPNetConfig, {}),
    (MPNetConfig, {"pad_token_id": 0}),
    (DebertaConfig, {}),
    (DebertaV2Config, {"position_biased_input": False, "relative_attention": True, "position_buckets": 8}),
    (AlbertConfig, {"embedding_size": 8}),
]


@pytest.mark.parametrize("kind,settings", FAMILIES)
def test_the_limit_is_that_of_the_model_itself(kind, settings, tmp_path):
    config = kind(**SMALL | settings)
    config.save_pretrained(tmp_path)
    model = AutoModel.from_config(config).eval()

    def takes(length):
        try:
            model(torch.full((1, length), 7), attention_mask=torch.ones(1, length, dtype=torch.long))
        except (IndexError, RuntimeError):
            return False
        return True

    limit = positions({"name": str(tmp_path), "max_positions": 7})
    assert takes(64) if limit is None else takes(limit) and not takes(limit + 1)


def test_the_limit_of_a_hub_model_is_that_of_the_setting():
    words = ["backbone=roberta", "backbone.name=someone/long", "dataset.max_length=4096", "dataset.size=96"]
    with pytest.raises(UserError, match=r"but someone/long allows 512 tokens by backbone\.max_positions; set dataset"):
        checked(words)
    checked([*words, "backbone.max_positions=null"])


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
