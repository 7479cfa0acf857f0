"""Overrides as typed, `group=choice` and `key=value`, parsed by Hydra's grammar; what cannot be read has one message."""

from collections.abc import Iterable
from typing import Any

from tunesmith.configuration.bare_words import set_apart
from tunesmith.configuration.override_quoting import is_text, quoted_form, readable
from tunesmith.configuration.suggestions import for_distribution
from tunesmith.errors.messages import first_line


def parsed(words: Iterable[str], *, expected: str) -> tuple[list[Any], list[str]]:
    """Hydra's `Override` of each word, whose `input_line` has the quotes that Hydra needs; and the mistakes in the others.

    Args:
        words: as typed.
        expected: the form of a word, for messages.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser, found = OverridesParser.create(), []
    overrides, mistakes = set_apart(list(words), expected=expected)
    for text in map(readable, overrides):
        if not is_text(text):
            mistakes.append(
                f"{text!r} is not valid UTF-8; rename the file, or type the name in the terminal's encoding"
            )
            continue
        key = text.partition("=")[0]
        if not key.strip("+~ ") or not _parses(parser, f"{key}=x"):
            mistakes.append(
                f"{text!r} cannot be parsed: {key!r} is no key; expected {expected}, where a key has names of letters a-z, "
                "digits, _ and -, with dots between them"
            )
            continue
        try:
            found.append(parser.parse_override(text))
        except HydraException as error:
            mistakes.append(
                f"{text!r} cannot be parsed: {first_line(error)}; expected {expected}{for_distribution(text) or quoted_form(text)}"
            )
    return found, mistakes


def _parses(parser: Any, word: str) -> bool:
    from hydra.errors import HydraException

    try:
        parser.parse_override(word)
    except HydraException:
        return False
    return True
