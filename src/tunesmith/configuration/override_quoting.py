"""Quotes in overrides: adds those that Hydra requires where the meaning is clear, and shows those that other values need."""

import re
import shlex

from tunesmith.configuration.nesting import levels
from tunesmith.errors import UserError

_UNCLEAR = re.compile(r"[\[\]{}()'\"\\]")  # of a list, a function or a quoted text
_UNUSUAL = re.compile(r"[^A-Za-z0-9_/+.$%*@?| :-]")  # characters that Hydra reads in quotes only

_QUOTED = re.compile(r"""("[^"\\]*"|'[^'\\]*')(\s*:)?""")  # a text, or the key of a mapping
_ESCAPED = re.compile(r"[][(){}:=, ]")  # characters that Hydra reads in such a key after a backslash

_LONGEST, _DIGITS, _BRACKETS = 10_000, 400, 20  # Hydra's parser needs about a second for as many characters
_BRACKET = re.compile(r"[\[({})\]]")
_LONG_NUMBER = re.compile(rf"[0-9_]{{{_DIGITS + 1}}}")


def readable(word: str) -> str:
    """An override with the quotes that Hydra requires: `backbone.after=[demo/dapt,seed=2]`, `dataset.train=~/données.csv`.

    Quotes around the keys of a mapping, `{"*.layer.0.*": 0.1}`, become backslashes where there is need, for Hydra takes none.

    Raises:
        UserError: for one that is too long to be parsed, or has a number that is.
    """
    if len(word) > _LONGEST or _LONG_NUMBER.search(word) or levels(word, _BRACKET) > _BRACKETS:
        raise UserError(
            f"{word[:40]!r}... has {len(word):,} characters; expected at most {_LONGEST:,}, {_DIGITS} digits of a "
            f"number and {_BRACKETS} brackets in one another"
        )
    key, equals, value = word.partition("=")
    if key.lstrip("+") != "backbone.after":
        value = _QUOTED.sub(_as_key, value) if "{" in value else value
        word = key + equals + value
        clear = equals and not word.startswith("~") and not _UNCLEAR.search(value)
        parts = [as_text(part) if _UNUSUAL.search(part) else part for part in value.split(",")]
        return key + equals + ",".join(parts) if clear else word
    return key + equals + ",".join(map(_quoted, _parts(value)))


def _as_key(found: re.Match[str]) -> str:
    text, colon = found[1], found[2]
    return text if colon is None else _ESCAPED.sub(r"\\\g<0>", text[1:-1]) + colon


def quoted_form(word: str) -> str:
    """The end of a message about an override: how its value is typed as one text; empty if it has no value."""
    key, equals, value = word.partition("=")
    if not equals or not value:
        return ""
    return f"; the value as one text: {in_a_shell(f'{key}={as_text(value)}')}"


def in_a_shell(word: str) -> str:
    """A word as it is typed in a shell."""
    return shlex.quote(word) if any(character in word for character in '"$`\\!') else f'"{word}"'


def as_text(value: str) -> str:
    """A text in the quotes that let Hydra read it unchanged."""
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(value, Quote.single).with_quotes()


def is_text(word: str) -> bool:
    """Whether an override is UTF-8; other bytes of a command line arrive as halves of surrogate pairs."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def _quoted(part: str) -> str:
    part = part.strip()
    if part.startswith("[") and part.endswith("]"):
        return "[" + ",".join(map(_quoted, _parts(part[1:-1]))) + "]"
    override = "=" in part or part.startswith("~")
    unchanged = part[:1] in ("'", '"') or part.endswith(")")  # already quoted, or a Hydra function such as choice(...)
    return f"'{part}'" if override and not unchanged else part


def _parts(text: str) -> list[str]:
    """Split a text at the commas outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        depth += (character in "[({") - (character in "])}")
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts
