"""The words of a command that takes places and keys of its own: `tunesmith report runs/sweeps/ID output=DIR`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors.messages import did_you_mean


@dataclass(frozen=True)
class KeyValues:
    """Words of a command line, sorted.

    Attributes:
        places: words without `=`, and files and folders with one in their name, such as `runs/lr=0.1`.
        values: by key, of the command's own keys.
        others: `key=value` with other keys.
        mistakes: a sentence for each of its own keys that is empty, or is given twice.
    """

    places: list[str]
    values: dict[str, str]
    others: list[str]
    mistakes: list[str]

    @classmethod
    def of(cls, arguments: Sequence[str], keys: Sequence[str]) -> "KeyValues":
        """Sort the words behind a command.

        Args:
            arguments: the words.
            keys: the command's own.
        """
        own = [word for word in arguments if "=" in word and key_of(word) in keys]
        places = [
            word for word in arguments if "=" not in word or (word not in own and Path(word).expanduser().exists())
        ]
        values = dict(word.split("=", 1) for word in own)
        given = [key_of(word) for word in own]
        mistakes = [f"{key} is empty; expected {key}=..." for key, text in values.items() if not text]
        mistakes += [
            f"{key} is given {given.count(key)} times; expected it once" for key in values if given.count(key) > 1
        ]
        return cls(places, values, [word for word in arguments if word not in own and word not in places], mistakes)


def unknown_keys(words: Iterable[str], keys: Sequence[str]) -> list[str]:
    """A sentence for each key that a command does not take.

    Args:
        words: `key=value`, none with a key that it takes.
        keys: that it takes.
    """
    return [f"unknown key {key}{did_you_mean(key, keys)}" for key in dict.fromkeys(map(key_of, words))]


def key_of(word: str) -> str:
    """The key of `key=value`."""
    return word.partition("=")[0]
