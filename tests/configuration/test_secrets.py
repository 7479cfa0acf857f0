"""What looks like a key is found by its form or its name, and nothing else is."""

import shlex

import pytest

from tunesmith.configuration.secrets import is_secret, recorded_command, without_secrets

KEYS = [  # forms as their services document them
    "wandb_v1_0123456789abcdef",
    "hf_abcdefghijklmnopqrst",
    "sk-proj-0123456789abcdef",
    "ghp_0123456789abcdef0123",
    "github_pat_0123456789abcdef_x",
    "AKIAIOSFODNN7EXAMPLE",
]


@pytest.mark.parametrize("key", KEYS)
def test_forms(key):
    assert without_secrets(f"failed with {key}: x") == "failed with ***: x" and is_secret("DATA", key)
    assert key not in recorded_command(["train", f"name={key}", key, f"dataset.labels=[a,{key}]"])


@pytest.mark.parametrize(
    "words,recorded",
    [
        ("a.api_key=x a.token=y --password z --secret=q", "a.api_key=*** a.token=*** --password *** --secret=***"),
        (f"x={'0' * 40} backbone.revision={'0' * 40}", f"x=*** backbone.revision={'0' * 40}"),
        ("x=https://me:pw@host/a x=https://host/a", "x=https://***@host/a x=https://host/a"),
        ("backbone.after=[demo/a,b.secret=c,seed=2]", "backbone.after=[demo/a,b.secret=***,seed=2]"),
    ],
)
def test_commands(words, recorded):
    assert shlex.split(recorded_command(words.split())) == ["tunesmith", *recorded.split()]


@pytest.mark.parametrize(
    "word",
    ["dataset.token_column=0", "dataset.max_tokens=8", "dataset.tokens=words", "name=monkey", "dataset.text=password"],
)
def test_no_secret(word):
    assert recorded_command([word]) == f"tunesmith {word}" and without_secrets(word) == word


def test_names_of_variables():
    secret = "WANDB_API_KEY HF_TOKEN AWS_SECRET_ACCESS_KEY DB_PASSWORD MYSECRETS GOOGLE_APPLICATION_CREDENTIALS".split()
    plain = "TUNESMITH_DATA TOKENIZERS_PARALLELISM MAX_TOKENS MONKEY KEYBOARD HOME".split()
    assert all(is_secret(name, "") for name in secret) and not any(is_secret(name, "") for name in plain)
