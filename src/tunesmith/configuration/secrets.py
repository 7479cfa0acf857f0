"""Keys, tokens and passwords: never part of a config, and blanked in what a run records about how it was started.

A value is a secret by the name of its key or variable (`WANDB_API_KEY`, `--token`), or by its form (`hf_...`).
"""

import os
import re
import shlex
from collections.abc import Sequence

from tunesmith.errors import UserError

BLANK = "***"
_WORD = r"(?:api|access|auth|private|secret)?[_-]?(?:keys?|token)|secrets?|passw(?:or)?d|passphrase|credentials?"
_NAME = re.compile(  # not MONKEY, TOKENIZERS_PARALLELISM, MAX_TOKENS
    rf"secret|passw|credential|(?<![a-z])(?:{_WORD})(?![a-z])", re.IGNORECASE
)
_FORMS = (
    r"wandb_v1_[\w-]{10,}",
    r"hf_[A-Za-z0-9]{16,}",
    r"sk-[\w-]{16,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_\w{16,}",
    r"glpat-[\w-]{16,}",
    r"xox[abprs]-[\w-]{10,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"AIza[\w-]{30,}",
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+",  # a JSON web token
)
_FORM = re.compile(rf"(?<![\w/])(?:{'|'.join(_FORMS)})(?![\w])")
_HEXADECIMAL = re.compile(r"(?<![\w/])(?:local-)?[0-9a-f]{40}(?![\w/])")  # a W&B key, but also a git commit
_COMMIT = re.compile(r"(?:revision|commit)\W*$")
_IN_URL = re.compile(r"(\w+://)[^/\s@]+@")  # https://user:password@host
_NAMED = re.compile(  # api_key=...; in free text only values that look random, for `pad_token: [PAD]` is none
    rf"""((?<![a-z])(?:{_WORD}|signature)["']?\s*[=:]\s*["']?)(?=[\w+/.-]*[0-9])[\w+/.-]{{16,}}""", re.IGNORECASE
)
_OF_A_COMMAND = re.compile(rf"([\w./-]*(?<![a-z])(?:{_WORD}))([=:]\s*)(?!\*)[^,\]}}\s]+", re.IGNORECASE)
_ENDS = re.compile(rf"(?<![a-z])(?:{_WORD})$", re.IGNORECASE)


def is_secret(name: str, value: str) -> bool:
    """Whether an environment variable is probably a secret, by its name or its value."""
    return bool(_NAME.search(name)) or without_secrets(value) != value


def without_secrets(text: str) -> str:
    """Any text, with the values blanked that look like keys."""
    text = _IN_URL.sub(rf"\1{BLANK}@", _FORM.sub(BLANK, text))
    return _NAMED.sub(rf"\1{BLANK}", text)


def recorded_command(arguments: Sequence[str]) -> str:
    """A command line as it is recorded: `tunesmith train logger.wandb.api_key=***`."""
    words = []
    for number, word in enumerate(arguments):
        before = arguments[number - 1] if number else ""
        words.append(BLANK if before.startswith("-") and _ENDS.search(before) else _recorded_word(word))
    return shlex.join(["tunesmith", *words])


def _recorded_word(word: str) -> str:
    key, equals, value = word.partition("=")
    if equals and value and _ENDS.search(key):
        return f"{key}={BLANK}"
    word = _OF_A_COMMAND.sub(rf"\1\2{BLANK}", without_secrets(word))  # in a list, such as backbone.after=[...]
    return _HEXADECIMAL.sub(lambda found: found[0] if _COMMIT.search(word[: found.start()]) else BLANK, word)


def refuse_secret_variables() -> None:
    """Let `${oc.env:NAME}` refuse secrets: what it gives becomes part of config.yaml, of W&B's config and of messages."""
    from omegaconf import OmegaConf

    OmegaConf.register_resolver("oc.env", _variable, replace=True, annotation_validation="off")


def _variable(name: str, *default: object) -> str | None:
    """As OmegaConf's own resolver."""
    from omegaconf.resolvers import oc

    if is_secret(name, os.environ.get(name, "")):
        raise UserError(
            f"the environment variable {name} looks like a secret, and a config is written to files; leave it out: libraries "
            "read such variables themselves"
        )
    found: str | None = oc.env(name, *default)
    return found
